/**
 * The writing end of the ledger: batches in, commits out. It runs in a thread of its own, so that
 * no fsync ever holds up a deadline.
 */
import { chmodSync, existsSync, statSync } from 'node:fs';
import { systemClock } from '../../shared/clock.js';
import { type Database, openDatabase, problemOf, type Statement } from './database.js';
import { checksum, migrate, PRAGMAS } from './format.js';
import {
  identityOf,
  readLastWritten,
  removeLastWritten,
  writeLastWritten,
} from './last-written.js';
import { logPath, markOpen, unmarkOpen } from './open-mark.js';

/** One commit: events with consecutive numbers, and maybe the state after the last of them. */
export interface Batch {
  readonly firstSeq: number;
  readonly events: readonly {
    readonly wallMs: number;
    readonly type: string;
    readonly body: string;
  }[];
  readonly snapshot: {
    readonly seq: number;
    readonly bootId: string;
    readonly body: string;
  } | null;
}

export type WriteResult =
  | { readonly done: true }
  /** Not written, not even in part. `lost`: the file is gone; a new one waits for a snapshot. */
  | {
      readonly done: false;
      readonly problem: 'full' | 'damaged' | 'fsync' | 'unwritable' | 'other' | 'lost';
      readonly message: string;
    };

export interface LedgerWriter {
  write(batch: Batch): WriteResult;
  close(): void;
}

/** Events that are kept for people to look at; the state needs those after the snapshot alone. */
const KEPT_EVENTS = 100_000;
const KEPT_SNAPSHOTS = 2;

/** Opens the file at the first write, and again when it was lost. */
export function createWriter(path: string): LedgerWriter {
  let open: OpenFile | null = null;

  function write(batch: Batch): WriteResult {
    try {
      if (open && isLost(open) && !batch.snapshot) return failed('lost', `${path} was deleted`);
      if (!open) {
        open = openFile(path);
        commit(open, batch);
        mark(path);
      } else commit(open, batch);
      const { id, generation } = open;
      const seq = batch.firstSeq + batch.events.length - 1;
      writeLastWritten(path, { id, generation, seq, at: systemClock.now().wallMs });
      return { done: true };
    } catch (error) {
      rollBack(open);
      return failed(problemOf(error), error instanceof Error ? error.message : String(error));
    }
  }

  /** A file or a log that was deleted lives on as long as it is open: what can be saved is. */
  function isLost(file: OpenFile): boolean {
    if (!isStillThere(path, file.inode)) {
      close();
      return true;
    }
    // Without the log alone, closing takes all of it into the file.
    return !existsSync(logPath(path)) && !close();
  }

  /** @returns whether the file says it all by itself now */
  function close(): boolean {
    const isWhole = open !== null && takeInLog(path, open.database);
    open?.database.close();
    open = null;
    return isWhole;
  }
  return { write, close: () => void close() };
}

interface OpenFile {
  readonly database: Database;
  readonly inode: number;
  readonly id: string;
  /** Of the last snapshot in it. */
  generation: number;
  readonly insertEvent: Statement;
  readonly insertSnapshot: Statement;
}

/**
 * Takes the whole log into the file, which then says it all by itself and can be copied.
 *
 * @returns false when somebody reads along, or the disk is full: the log stays, and nothing is lost
 */
export function takeInLog(path: string, database: Database): boolean {
  try {
    const row = database.prepare('PRAGMA wal_checkpoint(FULL)').get() as { busy?: unknown };
    if (Number(row.busy) !== 0) return false;
    unmarkOpen(path);
    database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    return true;
  } catch {
    return false;
  }
}

function openFile(path: string): OpenFile {
  const database = openDatabase(path);
  database.exec(PRAGMAS);
  migrate(database);
  chmodSync(path, 0o600);
  return {
    database,
    ...identify(path, database),
    inode: statSync(path).ino,
    insertEvent: database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)'),
    insertSnapshot: database.prepare('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)'),
  };
}

/** Without it a log that is deleted is not missed. What was committed must not be tried again for that. */
function mark(path: string): void {
  try {
    markOpen(path);
  } catch {
    // A full disk.
  }
}

/** A file that has taken the place of the ledger while it was in use continues as the ledger. */
function identify(path: string, database: Database): { id: string; generation: number } {
  const { id, generation } = identityOf(database);
  const last = readLastWritten(path);
  if (last?.id === id) return { id, generation: Math.max(generation, last.generation) };
  removeLastWritten(path);
  return { id, generation };
}

function commit(file: OpenFile, batch: Batch): void {
  const { database, insertEvent, insertSnapshot } = file;
  const generation = file.generation + (batch.snapshot ? 1 : 0);
  database.exec('BEGIN IMMEDIATE');
  let seq = batch.firstSeq;
  for (const { wallMs, type, body } of batch.events) {
    insertEvent.run(seq, Math.round(wallMs), type, body, checksum(seq, body));
    seq += 1;
  }
  if (batch.snapshot) {
    const { snapshot } = batch;
    insertSnapshot.run(
      snapshot.seq,
      snapshot.bootId,
      snapshot.body,
      checksum(snapshot.seq, snapshot.body),
    );
    database
      .prepare(
        'DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?)',
      )
      .run(KEPT_SNAPSHOTS);
    database.prepare('DELETE FROM events WHERE seq <= ?').run(snapshot.seq - KEPT_EVENTS);
    database.prepare('UPDATE identity SET generation = ?').run(generation);
  }
  database.exec('COMMIT');
  file.generation = generation;
}

function rollBack(open: OpenFile | null): void {
  try {
    open?.database.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back already.
  }
}

function isStillThere(path: string, inode: number): boolean {
  try {
    return statSync(path).ino === inode;
  } catch {
    return false;
  }
}

function failed(
  problem: Extract<WriteResult, { done: false }>['problem'],
  message: string,
): WriteResult {
  return { done: false, problem, message };
}
