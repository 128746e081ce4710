import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { clusterSnapshotSchema } from '../src/allocator/client/cluster-snapshot.js';
import { snapshotSchema } from '../src/allocator/client/snapshot.js';
import { rules } from '../src/check/rules/index.js';
import { spaceConfigSchema } from '../src/config/space-config.js';
import { accountSchema } from '../src/tui/account/view.js';
import { HELP } from '../src/tui/help.js';
import { renderErrors, renderRule, renderRuleIndex } from './support/check/pages.js';
import { zerogpuIn } from './support/check/space.js';
import {
  documentedCommands,
  renderCommandList,
  renderExitCodes,
  renderFlags,
  renderVariables,
} from './support/command-reference.js';
import { renderControlSchema, renderControlTable } from './support/control-protocol.js';
import { renderPlatformFacts } from './support/platform-facts.js';

const docs = resolve(import.meta.dirname, '../docs');
const page = resolve(docs, 'platform-facts.md');

/** Holds a page against what it is made from; ZEROGPU_REWRITE=1 writes it again. */
function expectPage(path: string, wanted: string): void {
  const file = resolve(docs, path);
  if (process.env['ZEROGPU_REWRITE']) writeFileSync(file, wanted);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(wanted);
}

/** A new command's page under ZEROGPU_REWRITE=1; the test fails until somebody writes what it is for. */
const EMPTY_PAGE = (name: string) => `# zerogpu ${name}\n\n<!-- flags -->\n<!-- /flags -->\n`;

/** Holds the marked blocks of a page against what they are made from. @returns the page's text */
function expectBlocks(
  path: string,
  blocks: Readonly<Record<string, string>>,
  missing?: string,
): string {
  const file = resolve(docs, path);
  const before = existsSync(file) || !missing ? readFileSync(file, 'utf8') : missing;
  const wanted = Object.entries(blocks).reduce((text, [name, content]) => {
    const block = new RegExp(`<!-- ${name} -->[\\s\\S]*?<!-- /${name} -->`);
    expect(text).toMatch(block);
    return text.replace(block, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`);
  }, before);
  expectPage(path, wanted);
  return wanted;
}

describe('generated docs', () => {
  it('docs/platform-facts.md is what the profiles say', () => {
    const wanted = renderPlatformFacts();
    if (process.env['ZEROGPU_REWRITE']) writeFileSync(page, wanted);
    expect(readFileSync(page, 'utf8')).toBe(wanted);
  });

  it.each(rules.map((rule) => [rule.id, rule] as const))('docs/rules/%s.md', (id, rule) => {
    expectPage(`rules/${id}.md`, renderRule(rule));
  });

  it('docs/schema/quota-snapshot.json is the schema of `quota --json`', () => {
    const schema = z.toJSONSchema(snapshotSchema, { io: 'input' });
    const head = { title: 'zerogpu quota --json, version 1', ...schema };
    expectPage('schema/quota-snapshot.json', `${JSON.stringify(head, null, 2)}\n`);
  });

  it('docs/schema/cluster-snapshot.json is the schema of `quota --cluster --json`', () => {
    const schema = z.toJSONSchema(clusterSnapshotSchema, { io: 'input', reused: 'ref' });
    const head = { title: 'zerogpu quota --cluster --json, version 1', ...schema };
    expectPage('schema/cluster-snapshot.json', `${JSON.stringify(head, null, 2)}\n`);
  });

  it('docs/schema/account.json is the schema of the account in `quota --account --json`', () => {
    const schema = z.toJSONSchema(accountSchema, { io: 'input' });
    const head = { title: 'account of zerogpu quota --account --json, version 1', ...schema };
    expectPage('schema/account.json', `${JSON.stringify(head, null, 2)}\n`);
  });

  it('docs/control-api.md and docs/schema/control-api.json list every request of the control API', () => {
    expectBlocks('control-api.md', { control: renderControlTable() });
    expectPage('schema/control-api.json', renderControlSchema());
  });

  it('docs/quota.md lists every key of the view', () => {
    const page = readFileSync(resolve(docs, 'quota.md'), 'utf8');
    for (const [keys, what] of HELP) expect(page).toContain(`| \`${keys}\` | ${what} |`);
  });

  it('docs/rules/README.md and docs/errors.md list all of them, and no page is left over', () => {
    expectPage('rules/README.md', renderRuleIndex(rules));
    expectPage('errors.md', renderErrors());
    const pages = readdirSync(resolve(docs, 'rules')).filter((name) => name.startsWith('ZG'));
    expect(pages.sort()).toEqual(rules.map(({ id }) => `${id}.md`).sort());
  });

  it('docs/check.md shows what `zerogpu check` prints', async () => {
    const cwd = resolve(import.meta.dirname, 'fixtures/readme');
    const { stdout } = await zerogpuIn(cwd, ['check', 'demo']);
    const text = stdout.trimEnd().replace(/ in \d+ ms/, ' in 90 ms');
    const wanted = `<!-- check:demo -->\n\`\`\`text\n$ zerogpu check demo\n${text}\n\`\`\`\n<!-- /check:demo -->`;
    const page = readFileSync(resolve(docs, 'check.md'), 'utf8');
    const block = /<!-- check:demo -->[\s\S]*?<!-- \/check:demo -->/;
    expectPage(
      'check.md',
      page.replace(block, () => wanted),
    );
  });

  it('docs/cli.md lists every command, exit code and variable', () => {
    expectBlocks('cli.md', {
      commands: renderCommandList(),
      'exit-codes': renderExitCodes(),
      variables: renderVariables(),
    });
  });

  it.each([...documentedCommands()])('docs/commands/%s.md', (name, command) => {
    const path = `commands/${name}.md`;
    const text = expectBlocks(path, { flags: renderFlags(command) }, EMPTY_PAGE(name));
    expect(text.startsWith(`# zerogpu ${name}\n\n`)).toBe(true);
    // What the command is for and an example are written by hand.
    expect(text.slice(0, text.indexOf('<!-- flags -->'))).toMatch(/```sh\n/);
  });

  it('docs/commands has no page of a command that is gone', () => {
    const pages = readdirSync(resolve(docs, 'commands'));
    expect(pages.sort()).toEqual(
      [...documentedCommands().keys()].map((name) => `${name}.md`).sort(),
    );
  });

  it('docs/schema/zerogpu.json is the schema of zerogpu.json', () => {
    const schema = z.toJSONSchema(spaceConfigSchema, { io: 'input' });
    expectPage('schema/zerogpu.json', `${JSON.stringify(schema, null, 2)}\n`);
  });
});
