/** `zerogpu state` on a state folder that can't be written to: a bind mount that is read-only, as root too. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedLedgerDir } from '../../src/run/state/run-folder.js';
import { importIntoLedger } from '../../src/run/state/state-files.js';
import { whyUnwritable } from '../../src/shared/unwritable.js';
import { zerogpu } from '../support/cli.js';

const BIN = resolve(import.meta.dirname, '../../bin/zerogpu.js');
const state = mkdtempSync(join(tmpdir(), 'zerogpu-read-only-'));
const READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
const below = (...command: readonly string[]) =>
  spawnSync('unshare', ['-rm', 'sh', '-c', READ_ONLY, state, ...command], { encoding: 'utf8' });
const canMount = below('true').status === 0;
const stateOf = (...args: readonly string[]) =>
  below(process.execPath, BIN, 'state', ...args, '--state-dir', state);

const EXPORTED = {
  kind: 'zerogpu-state',
  version: 1,
  exportedAt: '2026-01-01T00:00:00.000Z',
  platform: 'h200',
  visitors: [],
};

describe.skipIf(!canMount)('a state folder that is read-only', () => {
  const file = join(state, 'quotas.json');
  beforeAll(async () => {
    await zerogpu(['--version']);
    writeFileSync(file, JSON.stringify(EXPORTED));
    await importIntoLedger(sharedLedgerDir(state), file);
  });
  afterAll(() => rmSync(state, { recursive: true, force: true }));

  it('is read by export', () => {
    const { status, stdout, stderr } = stateOf('export', '-');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'zerogpu-state', platform: 'h200' });
  });

  it.each([
    [['reset']],
    [['reset', '--visitor', 'free:ada']],
    [['import', file]],
    [['export', join(state, 'more.json')]],
  ])('names the file system and changes nothing: %j', (args) => {
    const before = readdirSync(sharedLedgerDir(state));
    const { status, stderr } = stateOf(...args);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^error {2}.*E_STATE_(DIR|EXPORT)$/m);
    expect(stderr).toContain('is on a read-only file system (EROFS).');
    expect(stderr).toMatch(/fix {4}zerogpu state/);
    expect(stderr).not.toMatch(/\bat .*\.js:/);
    expect(readdirSync(sharedLedgerDir(state))).toEqual(before);
  });

  it('is named by run, with the reason', () => {
    const { status, stderr } = below(process.execPath, BIN, 'run', '--state-dir', state);
    expect(status).not.toBe(0);
    expect(stderr).not.toContain('ENOENT');
  });
});

describe('why nothing can be written', () => {
  it('is nothing for a folder that is there, or can be made', () => {
    expect(whyUnwritable(tmpdir())).toBeNull();
    expect(whyUnwritable(join(tmpdir(), 'none', 'below'))).toBeNull();
  });

  it('is a file on the way', () => {
    expect(whyUnwritable(join(BIN, 'below'))).toContain('is a file');
  });
});
