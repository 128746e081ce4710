/** docs/reliability.md names a test for every fault: those tests have to exist. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(resolve(root, 'docs/reliability.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\|(?:---| fault )/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, fault = '', , test = '']) => [fault, test] as const);

describe('docs/reliability.md', () => {
  it.each(rows)('%s', (_, test) => {
    const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(test) ?? [];
    expect(existsSync(resolve(root, file))).toBe(true);
    expect(title).not.toBe('');
    expect(readFileSync(resolve(root, file), 'utf8')).toContain(title);
  });

  it('has a row for each fault', () => {
    expect(rows.length).toBeGreaterThan(45);
  });
});
