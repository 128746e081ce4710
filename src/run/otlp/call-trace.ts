/** One call as a trace. Pure. */
import { isStartupCall } from '../../allocator/core/startup.js';
import type { NamedRecord } from '../console/index.js';

export type SpanValue = string | number | boolean;

/** A span before it has an identity; times are milliseconds since 1970. */
export interface CallSpan {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, SpanValue>>;
  /** Why it did not end well; null when it did. */
  readonly error: string | null;
}

/** The visitor's call, and its phases in the order of their start. */
export interface CallTrace extends CallSpan {
  readonly phases: readonly CallSpan[];
  /** From the visitor's request at the gateway to the end of the call; null for a call without one. */
  readonly gateway: CallSpan | null;
  /** The visitor's own span, as W3C Trace Context has it; null without one. */
  readonly traceparent: string | null;
}

type Of<E extends NamedRecord['event']> = NamedRecord & { readonly event: E };
type Last = Of<'refused' | 'ended' | 'timed-out' | 'abandoned'>;

/** Records of a call whose end does not come: the oldest are forgotten. */
const MOST_OPEN_CALLS = 10_000;

/** Passes on the records of each call together, once the last one of it is there. */
export function collectCalls(
  onCall: (records: readonly NamedRecord[]) => void,
): (record: NamedRecord) => void {
  const open = new Map<number, NamedRecord[]>();
  return (record) => {
    const records = [...(open.get(record.call) ?? []), record];
    open.delete(record.call);
    if (isLast(record)) return onCall(records);
    open.set(record.call, records);
    const [oldest] = open.keys();
    if (open.size > MOST_OPEN_CALLS && oldest !== undefined) open.delete(oldest);
  };
}

/**
 * The trace of a call that is over. Neither the visitor's name nor the Space's path in the allocator is in it:
 * the tier is all that it says of the visitor.
 *
 * @param records of one call, the last one included
 * @param space its name, where one process has several
 * @param offsetMs of the wall clock to the monotonic one. A record's own wall time is quota time, which runs
 *   ahead under `--speed`.
 */
export function traceOf(
  records: readonly NamedRecord[],
  offsetMs: number,
  space: string | null = null,
): CallTrace | null {
  const last = records.find(isLast);
  if (!last) return null;
  const startMs = Math.min(startOf(records, last), ...records.map(atOf));
  const shift = (span: CallSpan): CallSpan => ({
    ...span,
    startMs: span.startMs + offsetMs,
    endMs: span.endMs + offsetMs,
  });
  const root = span(
    'zerogpu.call',
    startMs,
    atOf(last),
    { ...attributesOf(records, last), ...(space === null ? {} : { 'zerogpu.space': space }) },
    errorOf(last),
  );
  const call = shift(root);
  return {
    ...call,
    phases: phasesOf(records, last, startMs).map(shift),
    gateway: gatewayOf(last, call),
    traceparent: last.visitor.request?.traceparent ?? null,
  };
}

/** Its start is on the wall clock already. A page may make a second call with the token of its first request. */
function gatewayOf({ visitor }: Last, call: CallSpan): CallSpan | null {
  if (!visitor.request) return null;
  const startMs = Math.min(visitor.request.atMs, call.startMs);
  return { ...span('gateway', startMs, call.endMs), error: call.error };
}

/** When `/schedule` arrived, on the monotonic clock. */
function startOf(records: readonly NamedRecord[], last: Last): number {
  // Before the queue: a request may wait unanswered for a process to end.
  const waited = first(records, 'granted') ?? last;
  if (waited.event === 'refused') return atOf(waited);
  const seconds = waited.event === 'ended' ? waited.usedSeconds : waited.waitedSeconds;
  return atOf(waited) - seconds * 1_000;
}

function phasesOf(records: readonly NamedRecord[], last: Last, startMs: number): CallSpan[] {
  const [queued, granted] = [first(records, 'queued'), first(records, 'granted')];
  const [allowed, killing] = [first(records, 'allowed'), first(records, 'killing')];
  const phases: CallSpan[] = [];
  const answer = queued ?? granted ?? (last.event === 'refused' ? last : null);
  if (answer) phases.push(span('schedule', startMs, atOf(answer)));
  if (queued) {
    const { reason, position } = queued;
    const facts = { 'zerogpu.queue_reason': reason, 'zerogpu.queue_position': position };
    phases.push(span('queue', atOf(queued), atOf(granted ?? last), facts));
  }
  if (last.event !== 'ended') return phases;
  const endMs = atOf(last);
  const stopMs = killing ? atOf(killing) : endMs;
  // A warm worker may start without asking again.
  const unasked = last.usedSeconds > 0 ? Math.max(startMs, endMs - last.usedSeconds * 1_000) : null;
  const runMs = allowed ? atOf(allowed) : unasked;
  if (granted && (allowed || runMs === null)) {
    phases.push(span('allow', atOf(granted), runMs ?? stopMs));
  }
  if (runMs !== null) phases.push(span('run', runMs, stopMs, {}, errorOf(last)));
  if (killing) phases.push(span('kill', stopMs, endMs, { 'zerogpu.kill_reason': killing.reason }));
  else if (last.end === 'released' || last.end === 'failed') {
    phases.push(span('release', endMs, endMs));
  }
  return phases;
}

function attributesOf(records: readonly NamedRecord[], last: Last): Record<string, SpanValue> {
  const { call, visitor, size, askedSeconds, function: name } = last;
  const startup = isStartupCall(last);
  const common = {
    ...{ 'zerogpu.call': call, 'zerogpu.function': name, 'zerogpu.startup': startup },
    ...{ 'zerogpu.size': size, 'zerogpu.asked_seconds': askedSeconds },
    ...(startup ? {} : { 'zerogpu.tier': visitor.tier }),
    'zerogpu.outcome': last.event === 'ended' ? last.end : last.event,
    ...factsOfGrant(first(records, 'granted')),
  };
  switch (last.event) {
    case 'refused':
      return { ...common, 'zerogpu.refusal_reason': last.refusal.kind };
    case 'timed-out':
      return { ...common, 'zerogpu.waited_seconds': last.waitedSeconds };
    case 'abandoned': {
      const facts = { 'zerogpu.waited_seconds': last.waitedSeconds };
      return { ...common, ...facts, 'zerogpu.abandoned_because': last.why };
    }
    case 'ended':
      return { ...common, ...factsOfUse(last) };
  }
}

function factsOfGrant(granted: Of<'granted'> | undefined): Record<string, SpanValue> {
  if (!granted) return {};
  return {
    'zerogpu.waited_seconds': granted.waitedSeconds,
    'zerogpu.warm': granted.warm,
    'zerogpu.slice': granted.nvidiaIndex,
  };
}

function factsOfUse(ended: Of<'ended'>): Record<string, SpanValue> {
  const { usedSeconds, chargedSeconds, creditSeconds, gpuUsed, peakVramBytes } = ended;
  return {
    'zerogpu.used_seconds': usedSeconds,
    'zerogpu.charged_seconds': chargedSeconds,
    'zerogpu.credit_seconds': creditSeconds,
    'zerogpu.gpu_used': gpuUsed,
    ...(peakVramBytes === null ? {} : { 'zerogpu.peak_vram_bytes': peakVramBytes }),
  };
}

function errorOf(last: Last): string | null {
  switch (last.event) {
    case 'refused':
      return last.refusal.kind;
    case 'abandoned':
      return last.why;
    case 'timed-out':
      return last.event;
    case 'ended':
      return last.end === 'released' ? null : last.end;
  }
}

function span(
  name: string,
  startMs: number,
  endMs: number,
  attributes: Readonly<Record<string, SpanValue>> = {},
  error: string | null = null,
): CallSpan {
  return { name, startMs, endMs: Math.max(startMs, endMs), attributes, error };
}

function isLast(record: NamedRecord): record is Last {
  return ['refused', 'ended', 'timed-out', 'abandoned'].includes(record.event);
}

function first<E extends NamedRecord['event']>(
  records: readonly NamedRecord[],
  event: E,
): Of<E> | undefined {
  return records.find((record): record is Of<E> => record.event === event);
}

const atOf = (record: NamedRecord): number => record.at.monotonicMs;
