/** From what a call took on the weightless device to what an author has to know. Pure. */
import {
  costFactor,
  declaredSecondsFor,
  durationFactorOf,
  quotaSecondsFor,
} from '../platform/durations.js';
import type { PlatformProfile } from '../platform/schema.js';
import { tiersOf } from '../platform/tier-facts.js';
import { GPU_SIZES, type GpuSize, type Tier } from '../platform/tiers.js';
import type { CallRecord, CallTimes } from './records.js';

/** At least and at most. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What the card lacks once PyTorch runs on it (spaces 0.51.3, spaces/zero/torch/static.py). */
export const CONTEXT_BYTES = 309_002_240;

/**
 * Bytes a second at which a new worker gets its weights from the Space's disk: an assumption, as no page
 * and no measurement has it. NVMe disks read 1.5 to 6 GB/s.
 */
export const LOADING_BYTES_PER_SECOND: Range = { low: 1.5e9, high: 6e9 };

/** `TIGHT`: what is allocated fits, what the allocator reserves for it does not. */
export type Verdict = 'FITS' | 'TIGHT' | 'DOES NOT FIT' | 'INCOMPLETE';

/** One endpoint on one edition of the platform. */
export interface Figures {
  readonly verdict: Verdict;
  /** The smallest size that it fits in; null for none. */
  readonly size: GpuSize | null;
  /** What was missing, for `INCOMPLETE`. */
  readonly missing: readonly string[];
  readonly memory: {
    readonly weightBytes: number;
    readonly peakBytes: number;
    readonly reservedBytes: number;
    readonly contextBytes: number;
    readonly workspaceBytes: number;
    /** What a call of that size, or of the largest one, may hold. */
    readonly limitBytes: number;
  };
  readonly peakAt: CallRecord['peakAt'];
  /** Of all GPU calls of the endpoint together, in a worker that has its weights. */
  readonly seconds: Range | null;
  /** The same, were the model compiled ahead of time. */
  readonly compiledSeconds: Range | null;
  /** Both with FlashAttention-3 in place of its predecessor; null where the card does not run it. */
  readonly flash3: { readonly seconds: Range; readonly compiledSeconds: Range | null } | null;
  /** What the first call of a worker takes besides. */
  readonly loadingSeconds: Range;
  readonly declare: { readonly seconds: number; readonly nowSeconds: number | null } | null;
  /** Calls a day that a tier's quota is enough for, by tier; 0 where the duration is refused. */
  readonly callsADay: Readonly<Partial<Record<Tier, Range>>>;
  readonly gpuCalls: number;
  readonly madeUp: CallRecord['madeUp'];
  readonly notModelled: Readonly<Record<string, number>>;
}

/** How an endpoint was called, and what its GPU calls said. */
export interface Observation {
  readonly records: readonly CallRecord[];
  /** Seconds that were asked for, where it was seen. */
  readonly declaredSeconds: number | null;
  /** What the visitor would read, when the call failed. */
  readonly failure: string | null;
}

/** What is said of an endpoint that has used the GPU. @param records at least one */
export function figuresOf(seen: Observation, profile: PlatformProfile): Figures {
  const { records } = seen;
  const most = records.reduce((a, b) => (b.peakBytes > a.peakBytes ? b : a));
  const missing = missingIn(seen);
  const sizes = GPU_SIZES.filter((size) => profile.sizes[size] !== null);
  const fitting = sizes.find((size) => fits(most, limitOf(profile, size)) !== 'DOES NOT FIT');
  const largest = sizes.at(-1) ?? 'large';
  const size = fitting ?? null;
  const limitBytes = limitOf(profile, size ?? largest);
  const seconds = secondsOf(records, 'times', size ?? largest, plain);
  const compiledSeconds = secondsOf(records, 'compiledTimes', size ?? largest, plain);
  const loadingSeconds = {
    low: most.weightBytes / LOADING_BYTES_PER_SECOND.high,
    high: most.weightBytes / LOADING_BYTES_PER_SECOND.low,
  };
  const memory = fits(most, limitBytes);
  const declared =
    seconds && size !== null ? declareFor(seconds, loadingSeconds, profile, size) : null;
  return {
    verdict: memory === 'DOES NOT FIT' ? memory : missing.length > 0 ? 'INCOMPLETE' : memory,
    size,
    missing,
    memory: {
      weightBytes: most.weightBytes,
      peakBytes: most.peakBytes,
      reservedBytes: most.reservedBytes,
      contextBytes: CONTEXT_BYTES,
      workspaceBytes: most.workspaceBytes,
      limitBytes,
    },
    peakAt: most.peakAt,
    seconds,
    compiledSeconds,
    flash3: flash3Of(records, size ?? largest),
    loadingSeconds,
    declare: declared === null ? null : { seconds: declared, nowSeconds: nowOf(seen, profile) },
    callsADay:
      declared === null || seconds === null || size === null
        ? {}
        : callsADay(declared, { seconds, loadingSeconds, gpuCalls: records.length }, profile, size),
    gpuCalls: records.length,
    madeUp: records.flatMap(({ madeUp }) => madeUp),
    notModelled: Object.assign({}, ...records.map(({ notModelled }) => notModelled)),
  };
}

function missingIn({ records, failure }: Observation): readonly string[] {
  const errors = records.flatMap(({ error, function: name }) =>
    error === null || isMemoryError(error) ? [] : [`${name ?? 'the function'} raised ${error}`],
  );
  const operators = records.flatMap(({ notModelled }) => Object.keys(notModelled));
  return [
    ...errors,
    ...(failure !== null && errors.length === 0 && !records.some(ranOut) ? [failure] : []),
    ...[...new Set(operators)].map(
      (name) => `${name} has no model${name.includes('::') ? ': shapes of zeros were taken' : ''}`,
    ),
  ];
}

const isMemoryError = (error: string) => error === 'OutOfMemoryError';

/** Whether a call ended for want of memory. */
export const ranOut = ({ error }: CallRecord): boolean => error !== null && isMemoryError(error);

/** Memory of a slice of that size, the context's included. */
export const limitOf = (profile: PlatformProfile, size: GpuSize) =>
  (profile.sizes[size] ?? profile.sizes.large).vramBytes;

function fits(record: CallRecord, limitBytes: number): Verdict {
  const room = limitBytes - CONTEXT_BYTES;
  if (record.reservedBytes <= room && !(ranOut(record) && record.limitBytes >= limitBytes)) {
    return 'FITS';
  }
  return record.peakBytes <= room && !ranOut(record) ? 'TIGHT' : 'DOES NOT FIT';
}

/** Seconds of a call on one machine; `which` is 0 for the slowest and 1 for the fastest. */
type SecondsOf = (times: CallTimes, which: 0 | 1) => number;

const plain: SecondsOf = ({ seconds }) => seconds;

function secondsOf(
  records: readonly CallRecord[],
  kind: 'times' | 'compiledTimes',
  size: GpuSize,
  secondsIn: SecondsOf,
): Range | null {
  const range = { low: 0, high: 0 };
  for (const record of records) {
    const pair = record[kind][size];
    if (!pair) return null;
    range.high += secondsIn(pair[0], 0);
    range.low += secondsIn(pair[1], 1);
  }
  return range;
}

/** Attention takes less, and the host is what it was. */
function flash3Of(records: readonly CallRecord[], size: GpuSize): Figures['flash3'] {
  const speedups = records[0]?.flash3Speedups ?? null;
  if (speedups === null) return null;
  const faster: SecondsOf = ({ seconds, hostSeconds, byKind }, which) => {
    const saved = (byKind['attention'] ?? 0) * (1 - 1 / speedups[which]);
    return Math.max(Math.min(hostSeconds, seconds), seconds - saved);
  };
  const eager = secondsOf(records, 'times', size, faster);
  if (eager === null) return null;
  return { seconds: eager, compiledSeconds: secondsOf(records, 'compiledTimes', size, faster) };
}

/** The longest of what may be needed, in the seconds that an author writes: the package multiplies them. */
function declareFor(seconds: Range, loading: Range, profile: PlatformProfile, size: GpuSize) {
  return roundUp((seconds.high + loading.high) / durationFactorOf(profile, size));
}

/** What the author wrote: the package has multiplied it for a call of the default size. */
function nowOf({ records, declaredSeconds }: Observation, profile: PlatformProfile) {
  const isLarge = records.every(({ size }) => size === 'large');
  if (declaredSeconds === null) return null;
  return declaredSecondsFor(profile, isLarge ? 'large' : 'xlarge', declaredSeconds);
}

/** To durations that a person would write. */
export function roundUp(seconds: number): number {
  const step = seconds <= 60 ? 5 : seconds <= 300 ? 15 : 60;
  return Math.max(step, Math.ceil(seconds / step) * step);
}

/** How often a visitor of each tier may call: what is asked for has to be left, what is used is charged. */
function callsADay(
  declared: number,
  used: {
    readonly seconds: Range;
    readonly loadingSeconds: Range;
    readonly gpuCalls: number;
  },
  profile: PlatformProfile,
  size: GpuSize,
): Partial<Record<Tier, Range>> {
  const cost = costFactor(profile, size);
  const asked = quotaSecondsFor(profile, size, declared);
  const entries = tiersOf(profile).flatMap((tier) => {
    const facts = profile.tiers[tier];
    if (!facts) return [];
    const { quotaSeconds, longestCallSeconds, runsPerWindow } = facts;
    const count = (seconds: number) => {
      if (asked > longestCallSeconds || asked > quotaSeconds) return 0;
      const byQuota = Math.floor((quotaSeconds - asked) / Math.max(seconds * cost, 0.01)) + 1;
      const byRuns = Math.floor((runsPerWindow ?? Number.POSITIVE_INFINITY) / used.gpuCalls);
      return Math.min(byQuota, byRuns);
    };
    const range = {
      low: count(used.seconds.high + used.loadingSeconds.high),
      high: count(used.seconds.low),
    };
    return [[tier, range] as const];
  });
  return Object.fromEntries(entries);
}
