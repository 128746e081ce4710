/** `zerogpu state`: shows, exports, imports and resets what is kept between runs. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { localQuota } from '../../allocator/core/accounts.js';
import { createState, encodeState } from '../../allocator/core/index.js';
import { moveQuotaClock } from '../../allocator/core/quota-clock.js';
import type { AllocatorState } from '../../allocator/core/types.js';
import {
  acceptLedger,
  exportState,
  importState,
  ledgerFiles,
  ledgerPath,
  lockLedger,
  openLedger,
  parseExportedState,
  readLedger,
} from '../../allocator/store/index.js';
import { loadProfile } from '../../platform/index.js';
import { systemClock } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { whyUnwritable } from '../../shared/unwritable.js';
import { sharedLedgerDir, spaceLedgerDir } from './run-folder.js';

/** Which ledger is meant. */
export interface LedgerChoice {
  readonly stateDir: string;
  /** Folder of a Space, absolute: the ledger of its runs. */
  readonly space: string | null;
  /** The ledger of `zerogpu serve`. */
  readonly serve: boolean;
  /** Whether the command makes a ledger where there is none. */
  readonly mayBeNew: boolean;
}

/**
 * The folder of the ledger that is meant: the one that is named, else `serve`'s, else the only one there is.
 *
 * @throws UserError E_USAGE when there is none, or when several could be meant
 */
export function chooseLedger(choice: LedgerChoice): string {
  const { stateDir, space, serve, mayBeNew } = choice;
  // A folder that can't be looked into has not nothing in it.
  listLedgers(stateDir);
  const shared = sharedLedgerDir(stateDir);
  if (space !== null && serve) {
    throw new UserError('E_USAGE', '--space and --serve name two ledgers', {
      fix: 'zerogpu state export - --serve',
    });
  }
  if (space !== null) return spaceLedger(stateDir, space, mayBeNew);
  if (serve && !mayBeNew && ledgerFiles(shared).length === 0) {
    throw noLedger('zerogpu serve keeps no quotas yet', shared, 'zerogpu serve');
  }
  if (serve || ledgerFiles(shared).length > 0) return shared;
  const dirs = listLedgers(stateDir);
  if (dirs.length === 1 && dirs[0]) return dirs[0];
  if (dirs.length === 0) throw noLedger('no quotas are kept yet', stateDir, 'zerogpu run DIR');
  throw new UserError('E_USAGE', `${dirs.length} Spaces have a ledger, and none is named`, {
    why: dirs.join('\n'),
    fix: ['zerogpu state … --space DIR', 'zerogpu state … --serve   (that of zerogpu serve)'],
  });
}

function spaceLedger(stateDir: string, space: string, mayBeNew: boolean): string {
  const dir = spaceLedgerDir(stateDir, space);
  if (ledgerFiles(dir).length > 0) return dir;
  if (mayBeNew && statSync(space, { throwIfNoEntry: false })?.isDirectory()) return dir;
  const known = listLedgers(stateDir);
  const why = known.length === 0 ? `There is no ledger in ${stateDir}.` : known.join('\n');
  const what = existsSync(space) ? 'no runs of it were kept' : 'there is no such folder';
  throw new UserError('E_USAGE', `--space is ${space}, but ${what}`, {
    why,
    fix: 'zerogpu state … --space DIR   (the folder that zerogpu run was given)',
  });
}

function noLedger(message: string, where: string, fix: string): UserError {
  return new UserError('E_USAGE', message, { why: `There is no ledger in ${where}.`, fix });
}

/** Folders of all ledgers of a state folder. @throws UserError E_STATE_DIR when it can't be read */
export function listLedgers(stateDir: string): readonly string[] {
  const parent = join(stateDir, 'ledgers');
  try {
    return readdirSync(parent)
      .map((name) => join(parent, name))
      .filter((dir) => ledgerFiles(dir).length > 0)
      .sort();
  } catch (error) {
    if (isAbsence(error)) return [];
    throw unreadable(parent, error);
  }
}

/**
 * What the ledger says of every visitor, as JSON text. Reads along while an allocator writes.
 *
 * @param warn called with what is lost of the ledger
 */
export function exportLedger(dir: string, warn: (message: string) => void): string {
  const { state, repairs } = readAnywhere(dir);
  for (const repair of repairs) warn(repair);
  const exported = exportState(state ?? emptyState('h200'), systemClock.now());
  return `${JSON.stringify(exported, null, 2)}\n`;
}

/** SQLite needs a file of its own beside a ledger, where it may make none: then a copy is read. */
function readAnywhere(dir: string): ReturnType<typeof readLedger> {
  if (whyUnwritable(dir) === null) return readLedger(ledgerPath(dir));
  const copy = mkdtempSync(join(tmpdir(), 'zerogpu-state-'));
  try {
    for (const file of ledgerFiles(dir)) copyFileSync(file, join(copy, basename(file)));
    return readLedger(ledgerPath(copy));
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(dir, error);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const isAbsence = (error: unknown) =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

function unreadable(path: string, error: unknown): UserError {
  return new UserError('E_STATE_DIR', `${path} can't be read`, {
    why: error instanceof Error ? error.message : String(error),
    fix: 'zerogpu state … --state-dir DIR   (a state folder that you may read)',
    exitCode: EXIT.cannot,
    cause: error,
  });
}

/** @throws UserError E_STATE_DIR with what is in the way, before anything of it is changed */
function assertChangeable(dir: string): void {
  const why = whyUnwritable(dir);
  if (why === null) return;
  throw new UserError('E_STATE_DIR', `the ledger in ${dir} can't be changed`, {
    why,
    fix: [
      'zerogpu state export -   (reads it all the same)',
      'zerogpu state … --state-dir DIR   (a folder that you may write to)',
    ],
    exitCode: EXIT.cannot,
  });
}

/**
 * Writes an export for the user alone, whole or not at all. A pipe or a device is written to, never
 * replaced by a file.
 *
 * @throws UserError E_STATE_EXPORT
 */
export function writeExport(path: string, text: string): void {
  const half = `${path}.${process.pid}.tmp`;
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    const isSpecial = there !== undefined && !there.isFile();
    writeFileSync(isSpecial ? path : half, text, { mode: 0o600 });
    if (!isSpecial) renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw new UserError('E_STATE_EXPORT', `the export can't be written to ${path}`, {
      why: whyUnwritable(dirname(path)) ?? (error instanceof Error ? error.message : String(error)),
      fix: 'zerogpu state export -   (to standard output)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

/**
 * Takes over the visitors of an exported file.
 *
 * @returns how many
 * @throws UserError E_STATE_IMPORT; E_STATE_LOCKED while an allocator writes the ledger
 */
export async function importIntoLedger(dir: string, file: string): Promise<number> {
  const exported = parseExportedState(readText(file), file);
  await changeLedger(dir, exported.platform, (state) =>
    importState(state, exported, systemClock.now()),
  );
  return exported.visitors.length;
}

/** All of one visitor's quota and runs again. @throws UserError E_STATE_LOCKED, E_USAGE */
export async function resetVisitor(dir: string, visitor: string): Promise<void> {
  await changeLedger(dir, 'h200', (state) => {
    if (!state.accounts.has(visitor)) {
      const known = [...state.accounts.keys()].sort().slice(0, 20).join(', ') || 'none';
      throw new UserError('E_USAGE', `no visitor is called "${visitor}"`, {
        why: `Known are: ${known}.`,
        fix: 'zerogpu state export -   (shows all)',
      });
    }
    const quotaNowMs = moveQuotaClock(state, systemClock.now());
    localQuota(state.rules.profile, state.accounts, quotaNowMs).reset(visitor);
  });
}

/**
 * Starts with an empty ledger. What was there is kept aside, damaged or not.
 *
 * @returns where it is kept
 * @throws UserError E_STATE_LOCKED while an allocator writes the ledger
 */
export async function resetLedger(dir: string): Promise<string> {
  const path = ledgerPath(dir);
  assertChangeable(dir);
  const lock = await lockLedger(dir, 'change');
  try {
    const aside = `${path}.${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    for (const file of ledgerFiles(dir)) renameSync(file, aside + file.slice(path.length));
    return aside;
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, error);
  } finally {
    await lock.release();
  }
}

/**
 * Goes on with a ledger that is not the one that was written last: a backup that was put in its place.
 *
 * @param warn called with what the ledger is, and what was repaired
 * @returns number of its last event
 * @throws UserError E_USAGE when it is the one that was written last; E_STATE_LOCKED while an allocator writes the
 *   ledger; E_STATE_DIR, E_LEDGER_DAMAGED, E_LEDGER_NEWER
 */
export async function acceptLedgerOf(
  dir: string,
  warn: (message: string) => void,
): Promise<number> {
  assertChangeable(dir);
  const lock = await lockLedger(dir, 'change');
  try {
    if (readLedger(ledgerPath(dir)).repairs.length === 0) {
      throw new UserError('E_USAGE', `the ledger in ${dir} is the one that was written last`, {
        why: 'There is nothing to accept. Without --space it is the ledger of zerogpu serve, or the only one.',
        fix: 'zerogpu state accept --space DIR   (the folder that zerogpu run was given)',
      });
    }
    const { seq, repairs } = acceptLedger(ledgerPath(dir));
    for (const repair of repairs) warn(repair);
    return seq;
  } finally {
    await lock.release();
  }
}

async function changeLedger(
  dir: string,
  platform: string,
  change: (state: AllocatorState) => void,
): Promise<void> {
  assertChangeable(dir);
  const opened = await openLedger(dir, 'change');
  try {
    const state = opened.recovered.state ?? emptyState(platform);
    change(state);
    let failure: string | null = null;
    const ledger = opened.start({
      clock: systemClock,
      encode: () => JSON.stringify(encodeState(state)),
      onDurable: () => {},
      onStatus: (_status, problem) => {
        failure = problem;
      },
      onFatal: (error) => {
        failure = error.message;
      },
    });
    await ledger.close();
    if (failure !== null) {
      throw new UserError('E_LEDGER_WRITE', `the ledger in ${dir} can't be written`, {
        why: failure,
        fix: 'make room on the disk, then again',
        exitCode: EXIT.cannot,
      });
    }
  } finally {
    await opened.release();
  }
}

/** For a ledger with nothing in it; the first run brings its own rules and slices. */
function emptyState(platform: string): AllocatorState {
  const profile = loadProfile(platform);
  return createState({ profile, longestCallSeconds: null, concurrencyPerSpace: null }, []);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError('E_STATE_IMPORT', `can't read ${file}`, {
      why: error instanceof Error ? error.message : String(error),
      fix: 'zerogpu state import FILE',
      cause: error,
    });
  }
}
