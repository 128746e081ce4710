/** docs/reliability.md and the attacks' page name a test for every fault: those tests have to exist. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
/** Rows of a page's tables of faults. */
const rowsOf = (page: string, heading: string) =>
  readFileSync(resolve(root, page), 'utf8')
    .split(heading)
    .at(-1)
    ?.split('\n')
    .filter((line) => line.startsWith('|') && /`test\/[^`]+`: /.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, fault = '', , test = '']) => [fault, test] as const) ?? [];
const faults = rowsOf('docs/reliability.md', '# Reliability');
const broken = rowsOf('test/adversary/README.md', '## What once broke');

describe('what is promised and what once broke', () => {
  it.each([...faults, ...broken])('%s', (_, test) => {
    const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(test) ?? [];
    expect(existsSync(resolve(root, file))).toBe(true);
    expect(title).not.toBe('');
    expect(readFileSync(resolve(root, file), 'utf8')).toContain(title);
  });

  it('has a row for each fault', () => {
    expect(faults.length).toBeGreaterThan(45);
    expect(broken.length).toBeGreaterThanOrEqual(25);
  });
});
