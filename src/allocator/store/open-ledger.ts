/** The ledger: every event that the core was given, durable before anybody hears of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, UserError } from '../../shared/errors.js';
import { makeFolder } from '../../shared/make-folder.js';
import { whyUnwritable } from '../../shared/unwritable.js';
import { isThisBoot, readBootId } from './boot.js';
import { createLedger, type Ledger, type LedgerPorts } from './ledger.js';
import { type StateLock, takeLock } from './lock.js';
import { SUFFIXES } from './open-mark.js';
import { type Recovered, recover } from './recover.js';
import { createSink } from './sink.js';

/** A ledger that is ours to write, with what was in it. */
export interface OpenedLedger {
  readonly recovered: Recovered;
  /** False after a reboot: no earlier process is alive, and monotonic times start at 0. */
  readonly sameBoot: boolean;
  /** Begins to write. Called once, when the state continues. */
  start(ports: LedgerPorts): Ledger;
  /** Lets the next one have it; after the ledger was closed, or instead of `start`. */
  release(): Promise<void>;
}

export function ledgerPath(dir: string): string {
  return join(dir, 'ledger.db');
}

/** Files of a folder's ledger that are there; none where no ledger was ever kept. */
export function ledgerFiles(dir: string): readonly string[] {
  const path = ledgerPath(dir);
  return [path, ...SUFFIXES.map((suffix) => path + suffix)].filter((file) => existsSync(file));
}

/**
 * Takes a ledger's folder for writing and reads what is in it. The folder is made when it is missing.
 *
 * @throws UserError E_STATE_LOCKED, E_STATE_DIR, E_LEDGER_DAMAGED, E_LEDGER_NEWER, E_LEDGER_OLDER
 */
export async function openLedger(
  dir: string,
  purpose: 'run' | 'change' = 'run',
): Promise<OpenedLedger> {
  const lock = await lockLedger(dir, purpose);
  const path = ledgerPath(dir);
  try {
    const recovered = recover(path);
    return {
      recovered,
      sameBoot: isThisBoot(recovered.bootId),
      start: (ports) => createLedger(path, createSink(path), readBootId(), recovered.seq, ports),
      release: () => lock.release(),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Keeps everybody else from writing the ledger of a folder, which is made when it is missing.
 *
 * @param purpose `change`: for a command that changes what is kept, which has to wait until the owner ends
 * @throws UserError E_STATE_LOCKED, E_STATE_DIR
 */
export async function lockLedger(
  dir: string,
  purpose: 'run' | 'change' = 'run',
): Promise<StateLock> {
  makeLedgerFolder(dir);
  const taken = await takeLock(dir).catch((error: unknown) => {
    throw unusable(dir, error);
  });
  if ('ownerPid' in taken) throw locked(dir, taken.ownerPid, purpose);
  return taken.lock;
}

function makeLedgerFolder(dir: string): void {
  try {
    makeFolder(dir, 0o700);
  } catch (error) {
    throw unusable(dir, error);
  }
}

function unusable(dir: string, error: unknown): UserError {
  return new UserError('E_STATE_DIR', `the state folder ${dir} can't be used`, {
    why: whyUnwritable(dir) ?? (error instanceof Error ? error.message : String(error)),
    fix: '--state-dir DIR   (a folder that you may write to)',
    exitCode: EXIT.cannot,
    cause: error,
  });
}

function locked(dir: string, ownerPid: number | null, purpose: 'run' | 'change'): UserError {
  const who = ownerPid === null ? 'another zerogpu' : `another zerogpu (pid ${ownerPid})`;
  return new UserError('E_STATE_LOCKED', `${who} is writing the ledger in ${dir}`, {
    ...(purpose === 'change'
      ? {
          why: 'What it writes next would undo the change.',
          fix: `kill ${ownerPid ?? 'PID'}   (ends it as Ctrl-C does; then the same command again)`,
        }
      : {
          why: 'Two allocators with one ledger would charge every call twice.',
          fix: [
            'zerogpu serve       (one allocator, which every run joins)',
            'zerogpu run --fresh (quotas of this run alone, in memory)',
          ],
        }),
    exitCode: EXIT.cannot,
  });
}
