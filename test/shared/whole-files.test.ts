import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keepNewest, writeWhole } from '../../src/shared/whole-files.js';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'zerogpu-whole-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('a file that is written whole', () => {
  it('takes the place of the one before, for its owner alone', async () => {
    const dir = folder();
    const file = join(dir, 'a');
    await writeWhole(file, 'one');
    await writeWhole(file, Buffer.from('two'));
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['a']);
  });

  it('leaves no part behind when its place is a folder', async () => {
    const dir = folder();
    await expect(writeWhole(dir, 'text')).rejects.toThrow();
    expect(readdirSync(dir)).toEqual([]);
  });
});

it('keeps the newest files of a folder', async () => {
  const dir = folder();
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    await writeWhole(join(dir, name), name);
    utimesSync(join(dir, name), index, index);
  }
  await keepNewest(dir, 2);
  expect(readdirSync(dir).sort()).toEqual(['b', 'c']);
});
