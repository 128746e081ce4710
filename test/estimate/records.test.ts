import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRecords } from '../../src/estimate/records.js';
import { record } from './support.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'zerogpu-records-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('reads what is new, in the order of the calls', () => {
  for (const name of ['7-10.json', '7-9.json', '7-1.json', '.7-11.json']) {
    writeFileSync(join(dir, name), JSON.stringify(record({ function: name })));
  }
  const records = readRecords(dir, new Set(['7-1.json']));
  expect([...records.keys()]).toEqual(['7-9.json', '7-10.json']);
  expect(records.get('7-9.json')?.times.large?.[1].seconds).toBe(2);
});
