/**
 * What observers may ask of a state. Nothing here changes it, also not its clocks, so that a
 * question never alters an answer.
 */
import type { Instant } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import { readBalance } from './accounts.js';
import { createForecast } from './forecast.js';
import { heldSeconds, leaseDueMs } from './lease.js';
import { isAtConcurrencyLimit, openPool } from './pool.js';
import { type AheadBecause, compareRank, whyAhead } from './queue-order.js';
import { quotaTimeAt } from './quota-clock.js';
import { type Call, secondsSince } from './turn.js';
import type { AllocatorState, QueuingReason, Visitor, WarmWorker } from './types.js';

export interface QuotaView {
  readonly limitSeconds: number;
  readonly usedSeconds: number;
  /** Held back for calls that wait or run. */
  readonly reservedSeconds: number;
  readonly leftSeconds: number;
  /** Until the quota is full again; null when no window is open. */
  readonly resetsInSeconds: number | null;
  /** Calls that count against the runs limit. */
  readonly runs: number;
}

/** The visitor's quota at `at`. O(1). */
export function quotaOf(state: AllocatorState, visitor: Visitor, at: Instant): QuotaView {
  const now = quotaTimeAt(state, at);
  const balance = readBalance(state.rules.profile, state.accounts, visitor, now);
  return {
    limitSeconds: balance.limitMs / 1000,
    usedSeconds: balance.usedMs / 1000,
    reservedSeconds: balance.reservedMs / 1000,
    leftSeconds: balance.leftMs / 1000,
    resetsInSeconds: balance.resetsInMs === null ? null : balance.resetsInMs / 1000,
    runs: balance.runs,
  };
}

export interface QueueEntry extends Call {
  readonly requestId: string;
  /** From 1. */
  readonly position: number;
  readonly waitedSeconds: number;
  readonly reason: QueuingReason;
  /** The waiter next ahead and what put it there; null for the first. */
  readonly behind: { readonly call: number; readonly because: AheadBecause } | null;
  /** Until a slice is free for it if every call uses all that it asked for. */
  readonly waitsAtMostSeconds: number;
}

/** The queue as it would be served at `at`. O(n log n + n * slices), for people to look at. */
export function queueView(state: AllocatorState, at: Instant): readonly QueueEntry[] {
  const periodSeconds = state.rules.profile.queue.ageingSecondsPerTier;
  const ranked = state.queue.map((waiter) => {
    const agedTiers = Math.floor(secondsSince(waiter.arrivedAt, at) / periodSeconds);
    return { waiter, rank: { ...waiter, agedTiers } };
  });
  ranked.sort((a, b) => compareRank(a.rank, b.rank));
  const pool = openPool(state);
  const forecast = createForecast(state, at);
  return ranked.map(({ waiter, rank }, index) => {
    const ahead = ranked[index - 1]?.rank;
    const { requestId, call, space, taskId, visitor, askedSeconds, size } = waiter;
    return {
      ...{ requestId, call, space, taskId, visitor, askedSeconds, size },
      position: index + 1,
      waitedSeconds: secondsSince(waiter.arrivedAt, at),
      reason: isAtConcurrencyLimit(state, pool, waiter) ? 'concurrency' : 'node',
      behind: ahead ? { call: ahead.call, because: whyAhead(ahead, rank) } : null,
      waitsAtMostSeconds: forecast(waiter),
    };
  });
}

export type SliceUseView = 'free' | 'granted' | 'running' | 'killing' | 'warm' | 'evicting';

export interface SliceView {
  readonly index: number;
  readonly gpu: number;
  readonly uuid: string;
  readonly vramBytes: number;
  /** Its card is gone for now. */
  readonly lost: boolean;
  readonly use: SliceUseView;
  /** The call that holds the slice. */
  readonly call: Call | null;
  /** The task whose worker is warm here, or is being evicted. */
  readonly warm: { readonly space: string; readonly taskId: string } | null;
  readonly process: ProcessId | null;
  /** Since the call began, or since the worker went idle. */
  readonly forSeconds: number | null;
  /** Until the call is killed; null when none runs. */
  readonly deadlineInSeconds: number | null;
}

/** Every slice and who is on it. O(slices). */
export function sliceView(state: AllocatorState, at: Instant): readonly SliceView[] {
  return state.slices.map(({ index, gpu, uuid, vramBytes }) => {
    const spec = { index, gpu, uuid, vramBytes, lost: state.lost.has(index) };
    const lease = [...state.leases.values()].find((held) => held.slices.includes(index));
    if (!lease) return { ...spec, ...idleUse(state, index, at) };
    const dueMs = leaseDueMs(state, lease);
    const running = lease.startedAt !== null && dueMs !== null;
    const { call, space, taskId, visitor, askedSeconds, size } = lease;
    return {
      ...spec,
      use: lease.killing ? 'killing' : lease.startedAt ? 'running' : 'granted',
      call: { call, space, taskId, visitor, askedSeconds, size },
      warm: null,
      process: lease.process,
      forSeconds: lease.startedAt ? heldSeconds(lease, at) : null,
      deadlineInSeconds: running ? Math.max(0, (dueMs - at.monotonicMs) / 1000) : null,
    };
  });
}

function idleUse(
  state: AllocatorState,
  index: number,
  at: Instant,
): Omit<SliceView, 'index' | 'gpu' | 'uuid' | 'vramBytes' | 'lost'> {
  const worker = state.warmWorkers.find((other) => other.slices.includes(index));
  return {
    use: worker ? warmUse(worker) : 'free',
    call: null,
    warm: worker ? { space: worker.space, taskId: worker.taskId } : null,
    process: worker?.process ?? null,
    forSeconds: worker ? secondsSince(worker.since, at) : null,
    deadlineInSeconds: null,
  };
}

function warmUse(worker: WarmWorker): SliceUseView {
  return worker.evicting ? 'evicting' : 'warm';
}
