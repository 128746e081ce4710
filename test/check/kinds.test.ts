/**
 * Kinds of faults and of false alarms, as small Spaces in test/fixtures/check-kinds: all rules are asked, and what
 * they find has to be what is written there, no more and no less. Infos and advice count where a Space lists some.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSpace } from '../../src/check/check-space.js';
import { rules } from '../../src/check/rules/index.js';
import { filesInMemory } from '../../src/space/index.js';
import { readKinds } from '../support/check/kinds.js';

const root = resolve(import.meta.dirname, '../fixtures/check-kinds');
const asked = rules.filter(
  ({ asksHub, asksResolver, asksEstimate }) => !asksHub && !asksResolver && !asksEstimate,
);

describe.each(readdirSync(root))('%s', (page) => {
  const kinds = readKinds(readFileSync(join(root, page), 'utf8'));
  it.each(kinds.map((kind) => [kind.name, kind] as const))('%s', async (_, kind) => {
    const { platform, files, expected } = kind;
    const report = await checkSpace('demo', filesInMemory(files), {
      platform,
      rules: asked,
      hosting: null,
    });
    const listed = new Set(expected.map((line) => line.split(' ')[1]));
    const found = report.findings
      .filter(({ severity }) => /^(?:error|warning)$/.test(severity) || listed.has(severity))
      .map(({ file, range, severity, rule }) => `${file}:${range?.line ?? 1} ${severity} ${rule}`);
    expect(report.failures).toEqual([]);
    expect(found.sort()).toEqual([...expected].sort());
  });
});
