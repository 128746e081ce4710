/**
 * The console's side of the allocator: its records and snapshots, kept as a history, for as many pages as look. The
 * records are read while a page looks, and those from before it come first; without a page a call costs nothing here.
 */
import type { HostClient } from '../../allocator/client/index.js';
import type { Snapshot } from '../../allocator/client/snapshot.js';
import type { Clock, Timer } from '../../shared/clock.js';
import { type History, NO_HISTORY, withCall, withTold } from '../model/calls.js';
import { type LogLine, type Message, MOST_LINES, type SpaceAddress } from '../model/messages.js';
import { createMemoryLog } from './memory-log.js';
import { callAfter, parseRecord, parseRecords } from './records.js';

/** How often a page gets a snapshot, seconds. */
const PAGE_EVERY = 1;
/** How often memory is read while no page looks, seconds. */
const MEMORY_EVERY = 0.5;
/** The most that a page lists; totals are always known. */
const LISTED = { queue: 1_000, visitors: 5_000 };
const SPACES_EVERY_MS = 2_000;
/** Lines that come together are sent together, milliseconds. */
const LOG_EVERY_MS = 100;
/** More of a line is in the run's own log. */
const LONGEST_LINE_CHARS = 2_000;

export type FeedClient = Pick<HostClient, 'watch' | 'records' | 'addresses'>;

export interface FeedOptions {
  readonly client: FeedClient;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** The one Space of a run; null to ask the allocator for those that are there. */
  readonly space: SpaceAddress | null;
}

export interface Feed {
  /** What a page has to know first, and everything from then on, until the result is called. */
  subscribe(send: (message: Message) => void): () => void;
  history(): History;
  log(): readonly LogLine[];
  told(message: string, visitor: string): void;
  /** @param atMs when it was printed; now when left out */
  line(text: string, from: string | null, atMs?: number): void;
  close(): void;
}

/** The same list with one more line, without its oldest: in blocks, as a line that moves all others costs too much. */
function withLine(lines: LogLine[], line: LogLine): LogLine[] {
  lines.push(line);
  return lines.length > 2 * MOST_LINES ? lines.slice(-MOST_LINES) : lines;
}

/** A copy of its beginning: a slice would keep all of a long text in memory. */
function shortened(text: string): string {
  if (text.length <= LONGEST_LINE_CHARS) return text;
  return `${Buffer.from(text.slice(0, LONGEST_LINE_CHARS)).toString()}…`;
}

export function createFeed({ client, clock, space }: FeedOptions): Feed {
  const pages = new Set<(message: Message) => void>();
  /** Without the memory of its calls, which is in `memory`. */
  let history: History = NO_HISTORY;
  let lines: LogLine[] = [];
  let unsent: LogLine[] = [];
  let snapshot: Snapshot | null = null;
  let spaces: readonly SpaceAddress[] = space ? [space] : [];
  let why: string | null = 'it has not answered yet';
  let nextTold = 1;
  const memory = createMemoryLog();
  let watch: { readonly forPage: boolean; readonly close: () => void } | null = null;
  let records: { close(): void } | null = null;
  let flush: Timer | null = null;
  let look: Timer | null = null;
  let isClosed = false;

  const nowMs = () => clock.now().wallMs;
  const send = (message: Message) => {
    for (const page of pages) page(message);
  };
  function setWhy(next: string | null): void {
    if (why === next) return;
    why = next;
    send({ type: 'allocator', why });
  }

  const whole = (): History => ({ ...history, calls: history.calls.map(memory.withSamples) });

  /** The call of one record, which has changed or has come. */
  function take(record: NonNullable<ReturnType<typeof parseRecord>>) {
    const before = history.calls.findLast(({ call }) => call === record.call);
    const call = callAfter(before, record);
    history = withCall(history, call);
    return call;
  }
  /** What came before the page did, and after a connection was lost. */
  function begin(data: string): void {
    const told = history.told.map((one) => ({ ...one, call: null }));
    history = { ...NO_HISTORY, told };
    for (const record of parseRecords(data)) take(record);
    send({ type: 'history', nowMs: nowMs(), history: whole() });
  }
  function openRecords() {
    return client.records({
      connected: () => setWhy(null),
      disconnected: (reason) => setWhy(reason),
      history: begin,
      record(data) {
        const record = parseRecord(data);
        if (!record) return;
        send({ type: 'call', nowMs: nowMs(), call: take(record) });
      },
    });
  }

  /** Snapshots are taken for the pages, and without one for the memory of the calls that run. */
  function watchAsNeeded(): void {
    const forPage = pages.size > 0;
    if (isClosed || watch?.forPage === forPage) return;
    watch?.close();
    watch = { forPage, ...openSnapshots(forPage) };
    if (forPage) records ??= openRecords();
    else {
      records?.close();
      records = null;
    }
  }
  function openSnapshots(forPage: boolean) {
    const [every, limits] = forPage
      ? [PAGE_EVERY, LISTED]
      : [MEMORY_EVERY, { queue: 0, visitors: 0 }];
    return client.watch(every, limits, {
      connected: () => setWhy(null),
      disconnected: (reason) => setWhy(reason),
      snapshot(next) {
        memory.note(next, nowMs());
        if (!forPage) return;
        snapshot = next;
        send({ type: 'snapshot', nowMs: nowMs(), snapshot: next });
      },
    });
  }
  /** Spaces come and go with their runs. */
  function lookForSpaces(): void {
    look = null;
    if (isClosed || space !== null || pages.size === 0) return;
    client
      .addresses()
      .then((found) => {
        const next = found.map(({ spaceId: name, url }) => ({ name, url }));
        if (JSON.stringify(next) === JSON.stringify(spaces)) return;
        spaces = next;
        send({ type: 'spaces', spaces });
      })
      // Reported by the streams.
      .catch(() => {})
      .finally(() => {
        look ??= clock.after(SPACES_EVERY_MS, lookForSpaces);
      });
  }

  watchAsNeeded();
  return {
    subscribe(page) {
      pages.add(page);
      page({ type: 'allocator', why });
      page({ type: 'spaces', spaces });
      if (snapshot) page({ type: 'snapshot', nowMs: nowMs(), snapshot });
      watchAsNeeded();
      if (look === null) lookForSpaces();
      return () => {
        pages.delete(page);
        if (pages.size === 0) snapshot = null;
        watchAsNeeded();
      };
    },
    history: whole,
    log: () => lines,
    told(message, visitor) {
      const told = { id: nextTold++, atMs: nowMs(), visitor, message };
      history = withTold(history, told);
      send({ type: 'told', nowMs: nowMs(), told });
    },
    line(text, from, atMs = nowMs()) {
      const line = { atMs, from, text: shortened(text) };
      lines = withLine(lines, line);
      if (pages.size === 0) return;
      unsent = withLine(unsent, line);
      flush ??= clock.after(LOG_EVERY_MS, () => {
        flush = null;
        send({ type: 'log', nowMs: nowMs(), lines: unsent.slice(-MOST_LINES) });
        unsent = [];
      });
    },
    close() {
      isClosed = true;
      flush?.cancel();
      look?.cancel();
      records?.close();
      watch?.close();
      pages.clear();
    },
  };
}
