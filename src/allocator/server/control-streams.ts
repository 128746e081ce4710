import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../shared/clock.js';
import type { Snapshot } from '../client/snapshot.js';
import type { CallRecord } from '../core/types.js';
import { openEventStream } from './event-stream.js';
import type { SnapshotSize } from './snapshot.js';

/** A record with its function's name. */
export type NamedCallRecord = CallRecord & { readonly function: string };

export interface EventStreamOptions {
  readonly everyMs: number;
  readonly records: 'none' | 'only' | 'too';
  readonly size: SnapshotSize;
}

/** A reader that is this far behind gets no further snapshot until it has read. */
const MOST_BUFFERED_BYTES = 1_048_576;
/** A quiet stream of records says now and then that it lives. */
const PING_EVERY_MS = 10_000;

export interface EventStreams {
  open(response: ServerResponse, options: EventStreamOptions): void;
  record(record: NamedCallRecord): void;
  /** False when no client wants records: then no app needs to be asked for names. */
  readonly wantsRecords: boolean;
  close(): void;
}

/** The live streams of the control API: `event: snapshot` in time with each reader, `event: record`. */
export function createEventStreams(
  clock: Clock,
  takeSnapshot: (size: SnapshotSize) => Snapshot,
): EventStreams {
  const readers = new Map<ServerResponse, { records: boolean; stop: () => void }>();

  function open(response: ServerResponse, options: EventStreamOptions): void {
    openEventStream(response);
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
    get wantsRecords() {
      return [...readers.values()].some(({ records }) => records);
    },
    record(record) {
      const text = `event: record\ndata: ${JSON.stringify(record)}\n\n`;
      for (const [response, { records }] of readers) {
        // Records are never skipped: a reader that does not read them is let go.
        if (!records) continue;
        if (response.writableLength > MOST_BUFFERED_BYTES) response.destroy();
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
