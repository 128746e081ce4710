/**
 * Beside a ledger stands what was written to it last: which ledger it is, and how far it had come. A ledger
 * that is behind is an older copy, which would give back what was charged since. The ledger is on the disk
 * before its position is written here, so a crash between the two leaves a ledger that is ahead, never behind.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import type { Database } from './database.js';
import { versionOf } from './format.js';

const positionSchema = z.object({
  /** Random, from the day the ledger was made or accepted. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** How often the state was written whole: `import` and `reset --visitor` add no event. */
  generation: z.int().nonnegative(),
  /** Number of the last event. */
  seq: z.int().nonnegative(),
  /** When, by the wall clock, in ms: for messages alone. */
  at: z.number().nonnegative().max(8.64e15),
});

/** How far a ledger has come. */
export type Position = z.infer<typeof positionSchema>;

/**
 * `last`: the ledger that was written last, or nothing says otherwise. `older`: an earlier state of it.
 * `other`: another ledger. `gone`: there was one, and now there is none. `unknown`: there is no record.
 */
export type Verdict = 'last' | 'older' | 'other' | 'gone' | 'unknown';

/** @param found null for a ledger without an identity: of version 1, or (`isEmpty`) with nothing in it */
export function judge(found: Position | null, isEmpty: boolean, last: Position | null): Verdict {
  // The first commit of a new ledger may be the last thing that a crash left.
  if (last === null) return found !== null && found.generation > 1 ? 'unknown' : 'last';
  if (isEmpty) return 'gone';
  if (found === null) return 'older';
  if (found.id !== last.id) return 'other';
  return found.generation < last.generation || found.seq < last.seq ? 'older' : 'last';
}

/** Which ledger a file is, and how often its state was written whole. */
type Identity = Pick<Position, 'id' | 'generation'>;

/** How far the ledger in a file has come; null where it has no identity yet. @throws Error without one */
export function positionOf(database: Database): Position | null {
  if (versionOf(database) < 2) return null;
  const { id, generation } = identityOf(database);
  const newest = (table: string, columns: string) =>
    database.prepare(`SELECT ${columns} FROM ${table} ORDER BY seq DESC LIMIT 1`).get() as
      | { seq: number; wall_ms?: number }
      | undefined;
  const event = newest('events', 'seq, wall_ms');
  const seq = Math.max(event?.seq ?? 0, newest('snapshots', 'seq')?.seq ?? 0);
  return { id, generation, seq, at: event?.wall_ms ?? 0 };
}

/** Of a file of version 2 or later. @throws Error when it was removed */
export function identityOf(database: Database): Identity {
  const row = database.prepare('SELECT id, generation FROM identity').get() as Identity | undefined;
  if (!row) throw new SyntaxError('its identity is missing');
  return row;
}

export function lastWrittenPath(path: string): string {
  return `${path}-last`;
}

/** What is recorded beside a ledger; null when it is missing or no record. */
export function readLastWritten(path: string): Position | null {
  try {
    return positionSchema.parse(JSON.parse(readFileSync(lastWrittenPath(path), 'utf8')));
  } catch {
    return null;
  }
}

/** Always as long: it is written over in place, which takes no room on a full disk. */
const RECORD_BYTES = 160;

/**
 * After each commit. It is not waited for by an fsync: what a power cut takes of it makes it older, and then
 * it proves less. So a disk that does not take it is not a failure.
 */
export function writeLastWritten(path: string, position: Position): void {
  const file = lastWrittenPath(path);
  const text = `${JSON.stringify(position).padEnd(RECORD_BYTES - 1)}\n`;
  try {
    writeFileSync(file, text, { flag: existsSync(file) ? 'r+' : 'wx', mode: 0o600 });
  } catch {
    // An older record stays, or none.
  }
}

/** Before a file gets another identity: what a crash leaves then is a ledger without a record. */
export function removeLastWritten(path: string): void {
  rmSync(lastWrittenPath(path), { force: true });
}
