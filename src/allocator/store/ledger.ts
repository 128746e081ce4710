/**
 * The ledger as its allocator sees it: events go in, and come back as durable, in order. While one
 * commit is on its way to the disk the next batch gathers (group commit).
 */

import type { Clock } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import type { AllocatorEvent } from '../core/types.js';
import type { Batch, WriteResult } from './writer.js';

export type LedgerStatus = 'ok' | 'memory' | 'failing';

export interface LedgerPorts {
  readonly clock: Clock;
  /** Everything up to this event is on disk. */
  readonly onDurable: (seq: number) => void;
  /** It can't be written (or can again); `problem` says why. Tried again until it works. */
  readonly onStatus: (status: LedgerStatus, problem: string | null) => void;
  /** A failed fsync: what the disk has is unknown, and only a new start can tell. */
  readonly onFatal: (error: UserError) => void;
  /** The state after the last event handed in, as text. */
  readonly encode: () => string;
}

export interface Ledger {
  /** Null for one in memory only. */
  readonly path: string | null;
  readonly status: LedgerStatus;
  readonly problem: string | null;
  /** Takes an event that the core has been given; `onDurable` follows. Returns its number. */
  append(event: AllocatorEvent): number;
  /** Resolves when all events so far are on disk, or when they can't be for now. */
  flush(): Promise<void>;
  /** Writes what is left with a last snapshot, and ends. */
  close(): Promise<void>;
}

/** Where batches go: the writer's thread, or (in tests of the source) the writer itself. */
export interface BatchSink {
  write(batch: Batch): Promise<WriteResult>;
  close(): Promise<void>;
}

const RETRY_MS = 250;
/**
 * When the state is written down whole: a start has to replay what came since. Often while the state
 * is small; a large one (every visitor is in it) first when the events since weigh more than it.
 */
const FEWEST_EVENTS_BETWEEN_SNAPSHOTS = 400;
const MOST_EVENTS_BETWEEN_SNAPSHOTS = 4_000;

/** Nothing is kept, so there is nothing to wait for: `path` is null, and `onDurable` never comes. */
export function createMemoryLedger(): Ledger {
  let seq = 0;
  return {
    path: null,
    status: 'memory',
    problem: null,
    append() {
      seq += 1;
      return seq;
    },
    flush: async () => {},
    close: async () => {},
  };
}

/** @param start the number of the last event in the file */
export function createLedger(
  path: string,
  sink: BatchSink,
  bootId: string,
  start: number,
  ports: LedgerPorts,
): Ledger {
  let seq = start;
  let durable = start;
  let gathering: Batch['events'][number][] = [];
  let sinceSnapshot = { events: 0, characters: 0 };
  let snapshotCharacters = 0;
  let wantsSnapshot = true;
  let writing: Promise<void> | null = null;
  let scheduled = false;
  let status: LedgerStatus = 'ok';
  let problem: string | null = null;
  let closed = false;

  function append(event: AllocatorEvent): number {
    seq += 1;
    gathering.push({ wallMs: event.at.wallMs, type: event.type, body: JSON.stringify(event) });
    if (!scheduled && !writing) {
      scheduled = true;
      // Everything that this turn of the event loop brings goes in one commit.
      setImmediate(() => {
        scheduled = false;
        pump();
      });
    }
    return seq;
  }

  function pump(): void {
    if (writing || closed || gathering.length + Number(wantsSnapshot) === 0) return;
    void write().then(() => {
      if (gathering.length > 0) pump();
    });
  }

  /** The only way to the sink, which takes one batch at a time. */
  function write(): Promise<void> {
    writing = writeAll().finally(() => {
      writing = null;
    });
    return writing;
  }

  async function writeAll(): Promise<void> {
    while (gathering.length > 0 || wantsSnapshot) {
      const batch = nextBatch();
      const result = await sink.write(batch);
      if (result.done) {
        acknowledge(batch);
        continue;
      }
      keep(batch, result);
      if (closed || result.problem === 'fsync') return;
      if (result.problem !== 'lost') await pause(ports.clock, RETRY_MS);
    }
  }

  function nextBatch(): Batch {
    const events = gathering;
    gathering = [];
    sinceSnapshot = added(sinceSnapshot, events, 1);
    const due = wantsSnapshot || isSnapshotDue(sinceSnapshot, snapshotCharacters);
    // The state is the one after the last event handed in: nothing may be left gathering.
    const snapshot = due ? { seq, bootId, body: ports.encode() } : null;
    return { firstSeq: seq - events.length + 1, events, snapshot };
  }

  function acknowledge(batch: Batch): void {
    if (batch.snapshot) {
      sinceSnapshot = { events: 0, characters: 0 };
      snapshotCharacters = batch.snapshot.body.length;
      wantsSnapshot = false;
    }
    durable = batch.firstSeq + batch.events.length - 1;
    setStatus('ok', null);
    ports.onDurable(durable);
  }

  /** What was not written comes first next time. */
  function keep(batch: Batch, result: Extract<WriteResult, { done: false }>): void {
    gathering = [...batch.events, ...gathering];
    sinceSnapshot = added(sinceSnapshot, batch.events, -1);
    if (result.problem === 'lost') {
      // A new file begins with the state as it is: the events before it are in there.
      durable = seq;
      gathering = [];
      wantsSnapshot = true;
      setStatus('failing', 'the ledger file was deleted while it was in use; it is written again');
      return;
    }
    setStatus('failing', result.message);
    if (result.problem === 'fsync') ports.onFatal(fsyncFailed(path, result.message));
  }

  function setStatus(next: LedgerStatus, why: string | null): void {
    if (next === status && why === problem) return;
    status = next;
    problem = why;
    ports.onStatus(next, why);
  }

  async function flush(): Promise<void> {
    while ((gathering.length > 0 || writing) && status === 'ok') {
      pump();
      await writing;
    }
  }
  return {
    path,
    get status() {
      return status;
    },
    get problem() {
      return problem;
    },
    append,
    flush,
    async close() {
      await flush();
      closed = true;
      await writing;
      wantsSnapshot = true;
      if (status === 'ok') await write();
      await sink.close();
    },
  };
}

/** Whether the state is to be written down whole, after so much since it last was. */
export function isSnapshotDue(
  since: { readonly events: number; readonly characters: number },
  snapshotCharacters: number,
): boolean {
  if (since.events >= MOST_EVENTS_BETWEEN_SNAPSHOTS) return true;
  return (
    since.events >= FEWEST_EVENTS_BETWEEN_SNAPSHOTS && since.characters >= 2 * snapshotCharacters
  );
}

function added(
  since: { readonly events: number; readonly characters: number },
  events: Batch['events'],
  sign: 1 | -1,
) {
  const characters = events.reduce((sum, { body }) => sum + body.length, 0);
  return {
    events: since.events + sign * events.length,
    characters: since.characters + sign * characters,
  };
}

function fsyncFailed(path: string, why: string): UserError {
  return new UserError('E_LEDGER_WRITE', `the disk did not take what was written to ${path}`, {
    why: `${why}. What it holds now is unknown until the ledger is read again.`,
    fix: 'look after the disk, then start again: nothing that was answered is lost',
    exitCode: EXIT.cannot,
  });
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise<void>((resolve) => void clock.after(ms, resolve));
}
