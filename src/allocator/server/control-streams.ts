import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../shared/clock.js';
import { MOST_REPLAYED } from '../client/protocol.js';
import type { Snapshot } from '../client/snapshot.js';
import type { CallRecord } from '../core/types.js';
import { openEventStream } from './event-stream.js';
import type { SnapshotSize } from './snapshot.js';

/** A record with its function's name. */
export type NamedCallRecord = CallRecord & { readonly function: string };

export interface EventStreamOptions {
  readonly everyMs: number;
  readonly records: 'none' | 'only' | 'too';
  /** How many of the newest records come first, in one event. */
  readonly replay: number;
  readonly size: SnapshotSize;
}

/** A reader that is this far behind gets no further snapshot until it has read. */
const MOST_BUFFERED_BYTES = 1_048_576;
/** A reader of records that is this far behind is let go: more than the longest `history`. */
const MOST_UNREAD_BYTES = 8 * 1_048_576;
/** A quiet stream of records says now and then that it lives. */
const PING_EVERY_MS = 10_000;

export interface EventStreams {
  open(response: ServerResponse, options: EventStreamOptions): void;
  record(record: NamedCallRecord): void;
  close(): void;
}

/**
 * The live streams of the control API: `event: snapshot` in time with each reader, `event: record` for each change of a
 * call, and first, for those who ask for it, `event: history` with the newest records. A record costs nothing but its
 * place in a ring while there are no readers.
 */
export function createEventStreams(
  clock: Clock,
  takeSnapshot: (size: SnapshotSize) => Snapshot,
): EventStreams {
  const readers = new Map<ServerResponse, { records: boolean; stop: () => void }>();
  /** A ring: the oldest is overwritten. */
  const recent: NamedCallRecord[] = [];
  let recorded = 0;

  function newest(count: number): NamedCallRecord[] {
    const start = recorded % MOST_REPLAYED;
    const inOrder =
      recorded <= MOST_REPLAYED ? recent : [...recent.slice(start), ...recent.slice(0, start)];
    return count === 0 ? [] : inOrder.slice(-count);
  }

  function open(response: ServerResponse, options: EventStreamOptions): void {
    openEventStream(response);
    if (options.records !== 'none' && options.replay > 0) {
      response.write(`event: history\ndata: ${JSON.stringify(newest(options.replay))}\n\n`);
    }
    const stop =
      options.records === 'only'
        ? repeat(clock, PING_EVERY_MS, () => response.write('event: ping\n\n'))
        : repeat(clock, options.everyMs, () => sendSnapshot(response, options.size));
    readers.set(response, { records: options.records !== 'none', stop });
    response.on('close', () => {
      stop();
      readers.delete(response);
    });
  }

  function sendSnapshot(response: ServerResponse, size: SnapshotSize): void {
    if (response.writableLength > MOST_BUFFERED_BYTES) return;
    response.write(`event: snapshot\ndata: ${JSON.stringify(takeSnapshot(size))}\n\n`);
  }
  return {
    open,
    record(record) {
      recent[recorded % MOST_REPLAYED] = record;
      recorded += 1;
      let text: string | null = null;
      for (const [response, { records }] of readers) {
        if (!records) continue;
        text ??= `event: record\ndata: ${JSON.stringify(record)}\n\n`;
        // Records are never skipped.
        if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
        else response.write(text);
      }
    },
    close() {
      for (const [response, { stop }] of readers) {
        stop();
        response.end();
      }
      readers.clear();
    },
  };
}

/** At once, and then again and again. */
function repeat(clock: Clock, everyMs: number, act: () => void): () => void {
  let timer: Timer | null = null;
  let stopped = false;
  const turn = () => {
    if (stopped) return;
    act();
    timer = clock.after(everyMs, turn);
  };
  turn();
  return () => {
    stopped = true;
    timer?.cancel();
  };
}
