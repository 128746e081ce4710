import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { snapshotSchema } from '../src/allocator/client/snapshot.js';
import { rules } from '../src/check/rules/index.js';
import { spaceConfigSchema } from '../src/config/space-config.js';
import { accountSchema } from '../src/tui/account/view.js';
import { HELP } from '../src/tui/help.js';
import { renderErrors, renderRule, renderRuleIndex } from './support/check/pages.js';
import { zerogpuIn } from './support/check/space.js';
import { renderCommandReference, renderExitCodes } from './support/command-reference.js';
import { renderPlatformFacts } from './support/platform-facts.js';

const docs = resolve(import.meta.dirname, '../docs');
const page = resolve(docs, 'platform-facts.md');

/** Holds a page against what it is made from; ZEROGPU_REWRITE=1 makes it anew. */
function expectPage(path: string, wanted: string): void {
  const file = resolve(docs, path);
  if (process.env['ZEROGPU_REWRITE']) writeFileSync(file, wanted);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(wanted);
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

  it('docs/schema/account.json is the schema of the account in `quota --account --json`', () => {
    const schema = z.toJSONSchema(accountSchema, { io: 'input' });
    const head = { title: 'account of zerogpu quota --account --json, version 1', ...schema };
    expectPage('schema/account.json', `${JSON.stringify(head, null, 2)}\n`);
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

  it('docs/cli.md lists every command, flag and exit code', () => {
    const page = readFileSync(resolve(docs, 'cli.md'), 'utf8');
    const wanted = [
      ['commands', renderCommandReference()] as const,
      ['exit-codes', renderExitCodes()] as const,
    ].reduce((text, [name, content]) => {
      const block = new RegExp(`<!-- ${name} -->[\\s\\S]*?<!-- /${name} -->`);
      return text.replace(block, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`);
    }, page);
    expectPage('cli.md', wanted);
  });

  it('docs/schema/zerogpu.json is the schema of zerogpu.json', () => {
    const schema = z.toJSONSchema(spaceConfigSchema, { io: 'input' });
    expectPage('schema/zerogpu.json', `${JSON.stringify(schema, null, 2)}\n`);
  });
});
