/**
 * Drop-in cases: test/fixtures/check/ZGnnn/CASE/ is a Space, with `expected.json` beside its files. A
 * new folder is a new test. ZEROGPU_REWRITE=1 writes what is found; read the diff.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSpace } from '../../src/check/check-space.js';
import { rules } from '../../src/check/rules/index.js';
import { filesInFolder } from '../../src/space/index.js';
import { describeFinding, type ExpectedFindings } from '../support/check/expected.js';

const root = resolve(import.meta.dirname, '../fixtures/check');
const folders = (dir: string) =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
const cases = folders(root).flatMap((id) =>
  folders(join(root, id)).map((name) => [id, name] as const),
);

describe('fixtures of rules', () => {
  it.each(cases)('%s %s', async (id, name) => {
    const dir = join(root, id, name);
    const page = join(dir, 'expected.json');
    const expected = (
      existsSync(page) ? JSON.parse(readFileSync(page, 'utf8')) : { findings: [] }
    ) as ExpectedFindings;
    const { resolution } = expected;
    const report = await checkSpace(name, filesInFolder(dir), {
      platform: expected.platform ?? 'h200',
      // An ignore is used or not by what the others find.
      rules: id === 'ZG100' ? rules : rules.filter((rule) => rule.id === id),
      hosting: expected.hosting ?? null,
      hub: expected.hub ?? null,
      measured: expected.measured ?? null,
      estimated: expected.estimated ?? null,
      ...(resolution ? { resolve: async () => resolution } : {}),
    });
    const own = report.findings.filter(({ rule }) => rule === id);
    const wanted = { ...expected, findings: own.map(describeFinding) };
    if (process.env['ZEROGPU_REWRITE']) {
      writeFileSync(page, `${JSON.stringify(wanted, null, 2)}\n`);
    }
    expect(report.failures).toEqual([]);
    expect(wanted).toEqual(JSON.parse(readFileSync(page, 'utf8')));
  });

  it('there is a case that is found and one that is not for every rule', () => {
    const lacking = rules.filter(({ id }) => {
      const found = cases
        .filter(([rule]) => rule === id)
        .map(([rule, name]) => readFileSync(join(root, rule, name, 'expected.json'), 'utf8'))
        .map((text) => (JSON.parse(text) as ExpectedFindings).findings.length > 0);
      return !found.includes(true) || !found.includes(false);
    });
    expect(lacking.map(({ id }) => id)).toEqual([]);
  });
});
