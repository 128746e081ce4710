/** What the console keeps of each call: from the allocator's records, its snapshots and the visitor's words. Pure. */
import type { Snapshot } from '../../allocator/client/snapshot.js';
import type { GpuSize, Tier } from '../../platform/tiers.js';

/** Device memory of a call's worker at one time. */
export interface MemorySample {
  readonly atMs: number;
  readonly bytes: number;
}

/** One call, as far as it has come. Times are of this machine's clock, when they were reported. */
export interface ConsoleCall {
  readonly call: number;
  /** Id of its Space. */
  readonly space: string;
  readonly function: string;
  /** Whose quota pays: `free:ada`. */
  readonly visitor: string;
  readonly tier: Tier;
  readonly askedSeconds: number;
  readonly size: GpuSize;
  readonly phase:
    | 'queued'
    | 'granted'
    | 'running'
    | 'killing'
    | 'ended'
    | 'refused'
    | 'timed-out'
    | 'abandoned';
  readonly seenMs: number;
  readonly grantedMs: number | null;
  readonly startedMs: number | null;
  readonly killedMs: number | null;
  readonly endedMs: number | null;
  readonly slice: number | null;
  readonly warm: boolean | null;
  readonly waitedSeconds: number | null;
  /** How it ended: `released`, `deadline`, …; the kind of a refusal; why it left the queue. */
  readonly why: string | null;
  readonly usedSeconds: number | null;
  readonly chargedSeconds: number | null;
  readonly leftSeconds: number | null;
  readonly peakVramBytes: number | null;
  readonly memory: readonly MemorySample[];
}

/** What a visitor's client showed, in the package's own words. */
export interface Told {
  readonly id: number;
  readonly atMs: number;
  readonly visitor: string;
  readonly message: string;
  /** The call that it is about; null where none is known yet. */
  readonly call: number | null;
}

export interface History {
  /** In the order in which they came. */
  readonly calls: readonly ConsoleCall[];
  readonly told: readonly Told[];
}

export const NO_HISTORY: History = { calls: [], told: [] };

/** Calls and messages that are kept: the newest. */
export const MOST_CALLS = 1_000;
const MOST_TOLD = 200;
const MOST_SAMPLES = 240;
/** A message and the record of its call are this close, milliseconds: they come by two ways. */
const CLOSE_MS = 5_000;

/** Whether a call has come to its end. */
export const isOver = ({ phase }: Pick<ConsoleCall, 'phase'>): boolean =>
  phase === 'ended' || phase === 'refused' || phase === 'timed-out' || phase === 'abandoned';

/** Whether its visitor read an error. */
export const hasFailed = (call: Pick<ConsoleCall, 'phase' | 'why'>): boolean =>
  isOver(call) && !(call.phase === 'ended' && call.why === 'released');

/** The history after a call has changed, or has come. */
export function withCall(history: History, call: ConsoleCall): History {
  const index = history.calls.findLastIndex((one) => one.call === call.call);
  const before = history.calls[index];
  const after = before ? { ...call, memory: before.memory } : call;
  const calls =
    index < 0 ? [...history.calls, after].slice(-MOST_CALLS) : history.calls.with(index, after);
  return { calls, told: hasFailed(call) ? named(history.told, call) : history.told };
}

/** A message may come before the record of the call that it is about. */
function named(told: readonly Told[], { call, visitor, endedMs }: ConsoleCall): readonly Told[] {
  const isAbout = (one: Told) =>
    one.call === null && one.visitor === visitor && Math.abs(one.atMs - (endedMs ?? 0)) <= CLOSE_MS;
  return told.some(isAbout) ? told.map((one) => (isAbout(one) ? { ...one, call } : one)) : told;
}

/** The history after a visitor has read something. */
export function withTold(history: History, told: Omit<Told, 'call'>): History {
  const own = history.calls.filter(({ visitor }) => visitor === told.visitor);
  const failed = own.findLast(
    (call) => hasFailed(call) && told.atMs - (call.endedMs ?? 0) <= CLOSE_MS,
  );
  // A notice while the call waits is about that call.
  const about = failed ?? own.findLast((call) => !isOver(call));
  const one = { ...told, call: about?.call ?? null };
  return { ...history, told: [...history.told, one].slice(-MOST_TOLD) };
}

/** What the worker of each running call holds, by number of the call. */
export function samplesOf(snapshot: Snapshot, atMs: number): ReadonlyMap<number, MemorySample> {
  const samples = new Map<number, MemorySample>();
  for (const { call, memory } of snapshot.slices) {
    if (call && memory) samples.set(call.call, { atMs, bytes: memory.allocatedBytes });
  }
  return samples;
}

/** The history after a snapshot: what each running worker holds. */
export function withMemory(history: History, snapshot: Snapshot, atMs: number): History {
  const samples = samplesOf(snapshot, atMs);
  if (samples.size === 0) return history;
  const calls = history.calls.map((call) => {
    const sample = isOver(call) ? undefined : samples.get(call.call);
    return sample ? { ...call, memory: withSample(call.memory, sample) } : call;
  });
  return { ...history, calls };
}

/** With one more; half of them go where they are too many for the width of a page, but the last one stays. */
export function withSample(
  samples: readonly MemorySample[],
  sample: MemorySample,
): readonly MemorySample[] {
  const all = [...samples, sample];
  if (all.length <= MOST_SAMPLES) return all;
  return all.filter((_, index) => (all.length - 1 - index) % 2 === 0);
}
