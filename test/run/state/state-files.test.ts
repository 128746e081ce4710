/** Where an export may go. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockLedger } from '../../../src/allocator/store/index.js';
import { sharedLedgerDir, spaceLedgerDir } from '../../../src/run/state/run-folder.js';
import {
  acceptLedgerOf,
  chooseLedger,
  importIntoLedger,
  resetLedger,
  writeExport,
} from '../../../src/run/state/state-files.js';
import { temporaryFolder } from '../../support/supervise.js';

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

it('is reported when it is impossible, and leaves nothing', () => {
  const dir = temporaryFolder();
  mkdirSync(join(dir, 'folder'));
  for (const path of [join(dir, 'folder'), join(dir, 'no/such/file')]) {
    expect(() => writeExport(path, 'text')).toThrow(/^the export can't be written to /);
  }
  expect(readdirSync(dir)).toEqual(['folder']);
  expect(existsSync(join(dir, 'no'))).toBe(false);
});

describe('which ledger is meant', () => {
  const EMPTY =
    '{"kind":"zerogpu-state","version":1,"exportedAt":"2026-01-01T00:00:00Z","platform":"h200","visitors":[]}';
  const choose = (stateDir: string, how: Partial<Parameters<typeof chooseLedger>[0]> = {}) =>
    chooseLedger({ stateDir, space: null, serve: false, mayBeNew: false, ...how });

  /** A state folder in which these Spaces, and maybe `serve`, have kept something. */
  async function kept(spaces: readonly string[], serve: boolean) {
    const stateDir = temporaryFolder();
    const file = join(stateDir, 'empty.json');
    writeFileSync(file, EMPTY);
    const folders = spaces.map((name) => join(stateDir, name));
    for (const folder of folders) {
      mkdirSync(folder);
      await importIntoLedger(spaceLedgerDir(stateDir, folder), file);
    }
    if (serve) await importIntoLedger(sharedLedgerDir(stateDir), file);
    return { stateDir, folders, file };
  }

  it('is that of serve, by itself and by name, also among those of Spaces', async () => {
    const { stateDir } = await kept(['a', 'b'], true);
    expect(choose(stateDir)).toBe(sharedLedgerDir(stateDir));
    expect(choose(stateDir, { serve: true })).toBe(sharedLedgerDir(stateDir));
  });

  it('has to be named among several; that of serve can be, before it keeps anything', async () => {
    const { stateDir } = await kept(['a', 'b'], false);
    expect(() => choose(stateDir)).toThrow('2 Spaces have a ledger, and none is named');
    expect(() => choose(stateDir, { serve: true })).toThrow('zerogpu serve keeps no quotas yet');
    const forImport = { serve: true, mayBeNew: true };
    expect(choose(stateDir, forImport)).toBe(sharedLedgerDir(stateDir));
  });

  it('is an error for a folder that is not there, and for a Space that has kept nothing', async () => {
    const { stateDir } = await kept(['a'], false);
    const fresh = join(stateDir, 'fresh');
    mkdirSync(fresh);
    expect(() => choose(stateDir, { space: '/nope' })).toThrow(
      '--space is /nope, but there is no such folder',
    );
    expect(() => choose(stateDir, { space: fresh })).toThrow('no runs of it were kept');
    expect(choose(stateDir, { space: fresh, mayBeNew: true })).toBe(
      spaceLedgerDir(stateDir, fresh),
    );
    expect(() => choose(stateDir, { space: '/nope', mayBeNew: true })).toThrow('no such folder');
  });

  it('is not accepted when it is the one that was written last', async () => {
    const { stateDir } = await kept([], true);
    const dir = sharedLedgerDir(stateDir);
    const before = readFileSync(join(dir, 'ledger.db'));
    const accepted = acceptLedgerOf(dir, () => {});
    await expect(accepted).rejects.toMatchObject({
      code: 'E_USAGE',
      message: `the ledger in ${dir} is the one that was written last`,
    });
    expect(readFileSync(join(dir, 'ledger.db'))).toEqual(before);
  });

  it('is not changed while an allocator writes it, which is to be stopped', async () => {
    const { stateDir, file } = await kept([], true);
    const dir = sharedLedgerDir(stateDir);
    const lock = await lockLedger(dir);
    for (const change of [() => resetLedger(dir), () => importIntoLedger(dir, file)]) {
      await expect(change()).rejects.toMatchObject({
        code: 'E_STATE_LOCKED',
        fix: [expect.stringContaining(`kill ${process.pid}`)],
      });
    }
    await lock.release();
    expect(await resetLedger(dir)).toContain('ledger.db.');
    expect(() => choose(stateDir, { serve: true })).toThrow('keeps no quotas yet');
  });
});
