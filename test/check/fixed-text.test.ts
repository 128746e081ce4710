/** What each fix of the fixtures makes of its Space: the finding is gone, and the files can be read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSpace } from '../../src/check/check-space.js';
import { planFixes } from '../../src/check/fix/apply.js';
import { encode } from '../../src/check/fix/write.js';
import type { Finding } from '../../src/check/rule.js';
import { rules } from '../../src/check/rules/index.js';
import { filesInMemory } from '../../src/space/index.js';
import type { ExpectedFindings } from '../support/check/expected.js';

const root = resolve(import.meta.dirname, '../fixtures/check');
const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('expected.json'),
);
const cases = pages.flatMap((page) => {
  const expected = JSON.parse(readFileSync(join(root, page), 'utf8')) as ExpectedFindings;
  const [rule = '', name = ''] = page.split('/');
  return expected.findings.some((one) => 'fix' in one) ? [{ rule, name, expected }] : [];
});
/** Nothing of these may come with a fix: the files would be broken. */
const BROKEN = ['ZG101', 'ZG116', 'ZG216', 'ZG344'];

function messageOf(finding: Finding): string | undefined {
  return rules.find(({ id }) => id === finding.rule)?.words(finding.data).message;
}

function filesOf(dir: string): Record<string, Uint8Array> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  const paths = entries.flatMap((entry) =>
    entry.isFile() && entry.name !== 'expected.json' ? [join(entry.parentPath, entry.name)] : [],
  );
  return Object.fromEntries(paths.map((path) => [relative(dir, path), readFileSync(path)]));
}

describe('the text that fixes make', () => {
  it.each(cases)('$rule $name', async ({ rule, name, expected }) => {
    const files = filesOf(join(root, rule, name));
    const options = {
      platform: expected.platform ?? 'h200',
      rules: rules.filter(({ id }) => id === rule || BROKEN.includes(id)),
      hosting: expected.hosting ?? null,
      measured: expected.measured ?? null,
    };
    const before = await checkSpace(name, filesInMemory(files), options);
    const count = (findings: readonly Finding[], id: string) =>
      findings.filter((one) => one.rule === id).length;
    const messages = (findings: readonly Finding[], message: string | undefined) =>
      findings.filter((one) => messageOf(one) === message).length;
    for (const finding of before.findings.filter((one) => one.rule === rule && one.fix)) {
      const plan = planFixes([finding], before.sources, true);
      const changed = Object.fromEntries(
        plan.files.map(({ file, before: text, after }) => [file, encode(text, after)]),
      );
      expect(Object.keys(changed)).not.toEqual([]);
      const after = await checkSpace(name, filesInMemory({ ...files, ...changed }), options);
      const message = messageOf(finding);
      expect(messages(after.findings, message)).toBeLessThan(messages(before.findings, message));
      for (const id of BROKEN) {
        expect(count(after.findings, id)).toBeLessThanOrEqual(count(before.findings, id));
      }
    }
  });

  it('docs/check.md says how many rules have a fix', () => {
    const page = readFileSync(resolve(root, '../../../docs/check.md'), 'utf8');
    const count = new Set(cases.map(({ rule }) => rule)).size;
    expect(count).toBeGreaterThanOrEqual(25);
    expect(page).toContain(`Findings of ${count} rules may have a fix`);
  });
});
