/**
 * A second opinion on the allocator: a bookkeeper that hears the effects and keeps its own simple
 * books, with none of the core's structures. `complaints` is empty as long as the laws hold.
 */
import type { CallRecord, Effect } from '../../../src/allocator/core/types.js';
import type { Instant } from '../../../src/shared/clock.js';

const DAY_MS = 86_400_000;

interface CallBook {
  readonly key: string;
  readonly acceptedAtMs: number;
  granted: boolean;
  /** Monotonic start of the charge, and the window that pays. */
  startedMs: number | null;
  windowStartMs: number | null;
  chargedMs: number;
  ends: number;
  index: number | null;
  size: string;
}

export class Bookkeeper {
  readonly complaints: string[] = [];
  readonly calls = new Map<number, CallBook>();
  private readonly windows = new Map<string, number>();
  /** Requests by what they received: an answer once, then the end of a stream once. */
  private readonly told = new Map<string, string[]>();
  /** Processes that live on a slice, as far as the core may know. */
  private readonly onSlice = new Map<number, Set<number>>();
  private readonly watched = new Set<number>();
  private isRestarting = false;
  private quotaMs = 0;
  private advancedMs = 0;
  private heardMs: number | null = null;

  constructor(private readonly slicesOf: (index: number, size: string) => readonly number[]) {}

  /**
   * Quota time by its definition: wall time, moved on by hand; while the wall clock is behind, it goes
   * on by the monotonic clock, which restarts after a reboot.
   */
  hearTime(at: Instant, advanceSeconds: number, rebooted = false): void {
    const passedMs = rebooted || this.heardMs === null ? 0 : at.monotonicMs - this.heardMs;
    this.quotaMs = Math.max(this.quotaMs + passedMs, at.wallMs + this.advancedMs);
    this.heardMs = at.monotonicMs;
    this.quotaMs += advanceSeconds * 1000;
    this.advancedMs += advanceSeconds * 1000;
  }

  /**
   * The allocator is up again: processes are watched again, and for a worker that died meanwhile
   * the time that it had the GPU is unknown.
   */
  hearRestart(effects: readonly Effect[], at: Instant): void {
    this.watched.clear();
    this.isRestarting = true;
    this.hear(effects, at);
    this.isRestarting = false;
  }

  hearDeath(pid: number): void {
    for (const pids of this.onSlice.values()) pids.delete(pid);
  }

  hear(effects: readonly Effect[], at: Instant): void {
    for (const effect of effects) {
      if (effect.type === 'record') this.hearRecord(effect.record, at);
      else if (effect.type === 'watch') this.hearWatch(effect.process.pid);
      else if ('requestId' in effect && effect.type !== 'status') {
        this.told.set(effect.requestId, [...(this.told.get(effect.requestId) ?? []), effect.type]);
      }
    }
  }

  /** Quota milliseconds that the visitor's open window has paid so far. */
  usedMs(key: string): number {
    const start = this.windows.get(key);
    if (start === undefined || this.quotaMs >= start + DAY_MS) return 0;
    return [...this.calls.values()]
      .filter((call) => call.key === key && call.windowStartMs === start)
      .reduce((sum, call) => sum + call.chargedMs, 0);
  }

  /** To be called when everything has ended. */
  close(): void {
    for (const [number, call] of this.calls) {
      if (call.ends !== 1) this.complain(`call ${number} has ended ${call.ends} times`);
    }
    for (const [requestId, answers] of this.told) {
      const story = answers.join(' ');
      if (!/^(grant|refuse|queue( stream-grant| stream-fail)?)$/.test(story)) {
        this.complain(`${requestId} was told: ${story}`);
      }
    }
  }

  private hearRecord(record: CallRecord, at: Instant): void {
    if (record.event === 'refused') {
      if (this.calls.has(record.call)) this.complain(`call ${record.call} refused after all`);
      return;
    }
    const call = this.bookOf(record, at);
    switch (record.event) {
      case 'granted':
        this.hearGrant(record.call, call, record, at);
        return;
      case 'allowed':
        this.start(call, at);
        for (const slice of this.slicesOf(call.index ?? -1, call.size)) {
          this.pidsOn(slice).add(record.process.pid);
        }
        return;
      case 'ended':
        this.hearEnd(call, record, at);
        return;
      case 'timed-out':
      case 'abandoned':
        if (call.granted) this.complain(`call ${record.call} ${record.event} after its grant`);
        call.ends += 1;
        return;
      case 'queued':
      case 'killing':
        if (call.ends > 0) this.complain(`call ${record.call} ${record.event} after its end`);
    }
  }

  private hearGrant(
    number: number,
    call: CallBook,
    record: Extract<CallRecord, { event: 'granted' }>,
    at: Instant,
  ): void {
    if (call.granted) this.complain(`call ${number} was granted twice`);
    call.granted = true;
    call.index = record.nvidiaIndex;
    for (const slice of this.slicesOf(record.nvidiaIndex, call.size)) {
      const alive = this.pidsOn(slice).size;
      if (alive > (record.warm ? 1 : 0)) this.complain(`slice ${slice} given while in use`);
    }
    if (record.warm) this.start(call, at);
  }

  private hearEnd(
    call: CallBook,
    record: Extract<CallRecord, { event: 'ended' }>,
    at: Instant,
  ): void {
    call.ends += 1;
    if (!call.granted) this.complain(`call ${record.call} ended before its grant`);
    const heldMs = call.startedMs === null ? 0 : at.monotonicMs - call.startedMs;
    const factor = record.size === 'xlarge' ? 2 : 1;
    const mostMs =
      call.startedMs === null ? 0 : Math.ceil((record.askedSeconds + 0.1) * factor * 1000 - 1e-6);
    const isPaid = record.end !== 'undelivered';
    const rightMs = isPaid ? Math.min(mostMs, Math.ceil(heldMs * factor - 1e-6)) : 0;
    call.chargedMs = Math.round(record.chargedSeconds * 1000);
    if (!isPaid) this.takeBack(call);
    if (this.isRestarting) {
      if (call.chargedMs < 0 || call.chargedMs > mostMs) {
        this.complain(`call ${record.call} was charged ${call.chargedMs} ms of ${mostMs} ms`);
      }
    } else if (call.chargedMs !== rightMs) {
      this.complain(`call ${record.call} was charged ${call.chargedMs} ms, held ${rightMs} ms`);
    }
  }

  /** The charge begins, and with it the visitor's window if none is open. */
  private start(call: CallBook, at: Instant): void {
    if (call.startedMs !== null) return;
    call.startedMs = at.monotonicMs;
    const open = this.windows.get(call.key);
    const isOpen = open !== undefined && this.quotaMs < open + DAY_MS;
    call.windowStartMs = isOpen ? open : this.quotaMs;
    this.windows.set(call.key, call.windowStartMs);
  }

  /** A window that this call alone had opened was never opened. */
  private takeBack(call: CallBook): void {
    const { key, windowStartMs: start } = call;
    call.windowStartMs = null;
    if (start === null || start !== this.windows.get(key)) return;
    const others = [...this.calls.values()].filter((other) => other.key === key);
    if (!others.some(({ windowStartMs }) => windowStartMs === start)) this.windows.delete(key);
  }

  private bookOf(record: CallRecord, at: Instant): CallBook {
    const known = this.calls.get(record.call);
    if (known) return known;
    const book: CallBook = {
      key: record.visitor.key,
      acceptedAtMs: at.monotonicMs,
      granted: false,
      startedMs: null,
      windowStartMs: null,
      chargedMs: 0,
      ends: 0,
      index: null,
      size: record.size,
    };
    this.calls.set(record.call, book);
    return book;
  }

  private hearWatch(pid: number): void {
    if (this.watched.has(pid)) this.complain(`process ${pid} is watched twice`);
    this.watched.add(pid);
  }

  private pidsOn(slice: number): Set<number> {
    const pids = this.onSlice.get(slice) ?? new Set();
    this.onSlice.set(slice, pids);
    return pids;
  }

  private complain(what: string): void {
    this.complaints.push(what);
  }
}
