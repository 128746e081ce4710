/**
 * From the file back to the state: the newest snapshot, and every event after it through `step`.
 * Nothing damaged is ever taken for good: a row that does not match its checksum, or is missing in
 * the middle, ends the start with the place where it is.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { EXIT, UserError } from '../../shared/errors.js';
import { decodeState, type StoredState, step } from '../core/index.js';
import type { AllocatorEvent, AllocatorState } from '../core/types.js';
import { isThisBoot } from './boot.js';
import { compare, compareCopy, notesOn, refuseOlder, stateCommand } from './compare.js';
import { type Database, openDatabase, problemOf } from './database.js';
import { checksum, MIGRATIONS, migrate, PRAGMAS, versionOf } from './format.js';
import { readLastWritten, removeLastWritten } from './last-written.js';
import { hasLostLog, logPath, SUFFIXES, unmarkOpen } from './open-mark.js';
import { inspectWal } from './wal.js';
import { takeInLog } from './writer.js';

export interface Recovered {
  /** Null for a ledger with nothing in it. */
  readonly state: AllocatorState | null;
  /** Of the last event in it; 0 for none. */
  readonly seq: number;
  readonly snapshotSeq: number;
  /** Of the machine's run in which the last snapshot was written. */
  readonly bootId: string | null;
  /** What was repaired on the way, as sentences. */
  readonly repairs: readonly string[];
}

interface EventRow {
  readonly seq: number;
  readonly body: string;
  readonly crc: number;
}

interface SnapshotRow extends EventRow {
  readonly boot_id: string;
}

/**
 * Opens the file for writing, repairs what a crash may leave, migrates it, and reads it.
 *
 * @param takesAny also a ledger that is not the one that was written last
 * @throws UserError E_LEDGER_DAMAGED, E_LEDGER_NEWER, E_LEDGER_OLDER, E_STATE_DIR
 */
export function recover(path: string, takesAny = false): Recovered {
  return guarded(path, () => {
    refuseForeign(path);
    refuseOrphanedLog(path);
    const isLogLost = hasLostLog(path);
    const last = readLastWritten(path);
    const early = takesAny ? null : compareCopy(path, last);
    if (early) refuseOlder(path, early, isLogLost);
    // SQLite gives its other files the mode of this one.
    closeSync(openSync(path, 'a', 0o600));
    const repairs = repairWal(path);
    const database = openDatabase(path);
    try {
      refuseNewer(path, versionOf(database));
      const found = compare(database, last);
      if (!takesAny) refuseOlder(path, found, isLogLost);
      database.exec(PRAGMAS);
      // From here on this one counts, also when the next start comes before the next commit.
      if (found.verdict === 'gone' || isLogLost) removeLastWritten(path);
      migrate(database);
      const read = readState(path, database);
      const notes =
        isLogLost && found.verdict !== 'gone' ? [lostLog(path, database)] : notesOn(path, found);
      // Closing removes the log, and a mark without one would say that it was deleted.
      takeInLog(path, database);
      return { ...read, repairs: [...repairs, ...notes] };
    } finally {
      database.close();
    }
  });
}

/**
 * Reads a ledger that an allocator may be writing, and changes nothing of what it says.
 *
 * @throws UserError E_LEDGER_DAMAGED, E_LEDGER_NEWER, E_STATE_DIR
 */
export function readLedger(path: string): Recovered {
  return guarded(path, () => {
    refuseForeign(path);
    refuseOrphanedLog(path);
    const isLogLost = hasLostLog(path);
    // First: what is written meanwhile makes the ledger newer, never older.
    const last = readLastWritten(path);
    const database = openDatabase(path, true);
    try {
      refuseNewer(path, versionOf(database));
      database.exec('BEGIN');
      const found = compare(database, last);
      const repairs =
        isLogLost && found.verdict !== 'gone' ? [lostLog(path, database)] : notesOn(path, found);
      return { ...readState(path, database), repairs };
    } finally {
      database.close();
      // Where no allocator writes, SQLite takes the log into the file and removes it.
      if (!isLogLost && !existsSync(logPath(path))) unmarkOpen(path);
    }
  });
}

function readState(path: string, database: Database): Omit<Recovered, 'repairs'> {
  const snapshot = database
    .prepare('SELECT seq, boot_id, body, crc FROM snapshots ORDER BY seq DESC LIMIT 1')
    .get() as SnapshotRow | undefined;
  const snapshotSeq = snapshot?.seq ?? 0;
  const events = database
    .prepare('SELECT seq, body, crc FROM events WHERE seq > ? ORDER BY seq')
    .all(snapshotSeq) as EventRow[];
  if (!snapshot) {
    if (events.length > 0) throw damaged(path, 'it has events, but no snapshot to begin with');
    return { state: null, seq: 0, snapshotSeq: 0, bootId: null };
  }
  const state = decodeState(contentOf<StoredState>(path, snapshot, 'snapshot'));
  if (!isThisBoot(snapshot.boot_id)) state.quotaMonotonicMs = null;
  let seq = snapshotSeq;
  for (const row of events) {
    if (row.seq !== seq + 1) throw damaged(path, `event ${seq + 1} is missing`);
    step(state, contentOf<AllocatorEvent>(path, row, 'event'));
    seq = row.seq;
  }
  return { state, seq, snapshotSeq, bootId: snapshot.boot_id };
}

/** The row's content. Its checksum is the border: what passes was written by this program. */
function contentOf<T>(path: string, row: EventRow, what: string): T {
  if (checksum(row.seq, row.body) !== row.crc) {
    throw damaged(path, `${what} ${row.seq} does not match its checksum`);
  }
  return JSON.parse(row.body) as T;
}

/**
 * SQLite would wait for a pipe for ever, and follow a link: the log is beside the link, and it would look
 * beside the file.
 */
function refuseForeign(path: string): void {
  for (const file of [path, ...SUFFIXES.map((suffix) => path + suffix)]) {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (!stats || stats.isFile()) continue;
    const what = stats.isDirectory() ? 'a folder' : stats.isSymbolicLink() ? 'a link' : 'no file';
    throw damaged(path, `${file} is ${what}`);
  }
}

/** SQLite would begin a new file, or go on with an empty one, and destroy the log. */
function refuseOrphanedLog(path: string): void {
  const log = statSync(logPath(path), { throwIfNoEntry: false });
  if (!log || log.size === 0) return;
  const file = statSync(path, { throwIfNoEntry: false });
  if (file && file.size > 0) return;
  const what = file ? 'is empty' : 'is missing';
  throw damaged(path, `the file ${what}, but its log ${logPath(path)} is there`);
}

/** Says up to when the state is known. */
function lostLog(path: string, database: Database): string {
  const last = database.prepare('SELECT wall_ms FROM events ORDER BY seq DESC LIMIT 1').get() as
    | { wall_ms?: number }
    | undefined;
  const since = last?.wall_ms === undefined ? '' : ` after ${new Date(last.wall_ms).toISOString()}`;
  return (
    `the log ${logPath(path)} was deleted: what was charged${since} may be lost, and quotas are` +
    ' those of an older state'
  );
}

/** A torn end is kept aside before SQLite cuts it; damage before that is not touched. */
function repairWal(path: string): readonly string[] {
  const wal = `${path}-wal`;
  if (!existsSync(wal)) return [];
  const verdict = inspectWal(readFileSync(wal));
  if (verdict.kind === 'whole') return [];
  if (verdict.kind === 'damaged') {
    throw damaged(wal, `the frame at byte ${verdict.offset} does not match its checksum`);
  }
  const aside = `${wal}.torn`;
  copyFileSync(wal, aside);
  return [
    `the ledger ended in the middle of a write (byte ${verdict.offset}); that end, which was never` +
      ` acknowledged, is truncated and backed up as ${aside}`,
  ];
}

function refuseNewer(path: string, version: number): void {
  if (version <= MIGRATIONS.length) return;
  throw new UserError('E_LEDGER_NEWER', `the ledger ${path} is of version ${version}`, {
    why: `This zerogpu knows versions up to ${MIGRATIONS.length}. The file is untouched.`,
    fix: [
      'npm install -g zerogpu@latest',
      `${stateCommand('reset', path)}   (starts with full quotas, backs it up)`,
    ],
    exitCode: EXIT.cannot,
  });
}

function damaged(path: string, what: string, cause?: unknown): UserError {
  return new UserError('E_LEDGER_DAMAGED', `the ledger ${path} is damaged`, {
    why: `${capital(what)}. Quotas that can't be trusted are not used; the file is untouched.`,
    fix: `${stateCommand('reset', path)}   (starts with full quotas, backs up the damaged file)`,
    exitCode: EXIT.cannot,
    cause,
  });
}

function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (problemOf(error) === 'damaged' || error instanceof SyntaxError) {
      throw damaged(path, why, error);
    }
    throw new UserError('E_STATE_DIR', `the ledger ${path} can't be opened`, {
      why: capital(why),
      fix: 'zerogpu run --state-dir DIR   (a folder that you may write to, with room on its disk)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
