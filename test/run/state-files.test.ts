/** Where an export may go. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeExport } from '../../src/run/state-files.js';
import { temporaryFolder } from '../support/supervise.js';

it('is a file for the user alone, whole or not there', () => {
  const dir = temporaryFolder();
  writeExport(join(dir, 'quotas.json'), 'text');
  expect(readFileSync(join(dir, 'quotas.json'), 'utf8')).toBe('text');
  expect(statSync(join(dir, 'quotas.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['quotas.json']);
});

it('is a device, which stays what it is', () => {
  const dir = temporaryFolder();
  symlinkSync('/dev/null', join(dir, 'null'));
  writeExport(join(dir, 'null'), 'text');
  expect(lstatSync(join(dir, 'null')).isSymbolicLink()).toBe(true);
});

it('is told when it can not be, and leaves nothing', () => {
  const dir = temporaryFolder();
  mkdirSync(join(dir, 'folder'));
  for (const path of [join(dir, 'folder'), join(dir, 'no/such/file')]) {
    expect(() => writeExport(path, 'text')).toThrow(/^the export can't be written to /);
  }
  expect(readdirSync(dir)).toEqual(['folder']);
  expect(existsSync(join(dir, 'no'))).toBe(false);
});
