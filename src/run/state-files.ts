/** `zerogpu state`: what is kept between runs, to look at, to carry elsewhere, and to begin anew. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { localQuota } from '../allocator/core/accounts.js';
import { createState, encodeState } from '../allocator/core/index.js';
import { moveQuotaClock } from '../allocator/core/quota-clock.js';
import type { AllocatorState } from '../allocator/core/types.js';
import {
  exportState,
  importState,
  ledgerPath,
  lockLedger,
  openLedger,
  parseExportedState,
  readLedger,
} from '../allocator/store/index.js';
import { loadProfile } from '../platform/index.js';
import { systemClock } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import { sharedLedgerDir, spaceLedgerDir } from './run-folder.js';

/** Which ledger is meant: `serve`'s, or that of the runs of one Space. */
export interface LedgerChoice {
  readonly stateDir: string;
  /** Folder of a Space, absolute; null for the one that there is. */
  readonly space: string | null;
}

/**
 * The folder of the ledger that is meant. Without a Space: `serve`'s, else the only one there is.
 *
 * @throws UserError E_USAGE when that is not one
 */
export function chooseLedger({ stateDir, space }: LedgerChoice): string {
  if (space !== null) return spaceLedgerDir(stateDir, space);
  const shared = sharedLedgerDir(stateDir);
  if (existsSync(ledgerPath(shared))) return shared;
  const dirs = listLedgers(stateDir);
  if (dirs.length === 1 && dirs[0]) return dirs[0];
  throw new UserError(
    'E_USAGE',
    dirs.length === 0 ? 'nothing is kept yet' : `${dirs.length} Spaces have a ledger`,
    {
      why: dirs.length === 0 ? `There is no ledger in ${stateDir}.` : dirs.join('\n'),
      fix: dirs.length === 0 ? 'zerogpu run DIR' : 'zerogpu state … --space DIR',
    },
  );
}

/** Folders of all ledgers of a state folder. */
export function listLedgers(stateDir: string): readonly string[] {
  const parent = join(stateDir, 'ledgers');
  try {
    return readdirSync(parent)
      .map((name) => join(parent, name))
      .filter((dir) => existsSync(ledgerPath(dir)))
      .sort();
  } catch {
    return [];
  }
}

/** What the ledger says of every visitor, as JSON text. Reads along while an allocator writes. */
export function exportLedger(dir: string): string {
  const path = ledgerPath(dir);
  const { state } = existsSync(path) ? readLedger(path) : { state: null };
  const exported = exportState(state ?? emptyState('h200'), systemClock.now());
  return `${JSON.stringify(exported, null, 2)}\n`;
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
      why: error instanceof Error ? error.message : String(error),
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
      const known = [...state.accounts.keys()].sort().slice(0, 20).join(', ') || 'nobody';
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
 * Begins anew. What was there is kept aside, damaged or not.
 *
 * @returns where it is kept; null when there was nothing
 * @throws UserError E_STATE_LOCKED while an allocator writes the ledger
 */
export async function resetLedger(dir: string): Promise<string | null> {
  const path = ledgerPath(dir);
  if (!existsSync(path)) return null;
  const lock = await lockLedger(dir);
  try {
    const aside = `${path}.${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    return aside;
  } finally {
    await lock.release();
  }
}

async function changeLedger(
  dir: string,
  platform: string,
  change: (state: AllocatorState) => void,
): Promise<void> {
  const opened = await openLedger(dir);
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
