/**
 * A state as plain data, for the ledger's snapshots, and back. What can be drawn up from the rest
 * (indexes, due lists) is left out, so that there is nothing in it that could disagree.
 */
import { createFifo, pushLast } from './fifo.js';
import { createState } from './state.js';
import type {
  AllocatorRules,
  AllocatorState,
  Delivery,
  HostedSpace,
  Lease,
  QuotaAccount,
  Waiter,
  WarmWorker,
} from './types.js';

/** Raised when a field of the state changes its meaning; the ledger knows how to read old ones. */
export const STATE_FORMAT = 1;

const STARTED: Pick<HostedSpace, 'startup'> = { startup: { over: true, defaultSize: 'large' } };

export interface StoredState {
  readonly format: typeof STATE_FORMAT;
  readonly rules: AllocatorRules;
  readonly slices: AllocatorState['slices'];
  /** Not in what was written before there was any. */
  readonly lost?: readonly number[];
  /** Without `startup` in what was written before start-up was known. */
  readonly spaces: readonly (Omit<HostedSpace, 'startup'> & Partial<HostedSpace>)[];
  readonly leases: readonly Lease[];
  readonly warmWorkers: readonly WarmWorker[];
  /** In the order of service. */
  readonly queue: readonly Waiter[];
  readonly unanswered: readonly string[];
  readonly accounts: readonly QuotaAccount[];
  /** Not in what was written before quotas could be shared. */
  readonly deliveries?: readonly Delivery[];
  readonly released: {
    readonly recent: readonly (readonly [string, 200 | 204])[];
    readonly older: readonly (readonly [string, 200 | 204])[];
  };
  readonly nextCall: number;
  readonly quotaOffsetMs: number;
  readonly quotaTimeMs: number;
  /** Not in what was written before there was any. */
  readonly quotaMonotonicMs?: number | null;
}

/** Shares objects with the state: to be written down before the next step. O(state). */
export function encodeState(state: AllocatorState): StoredState {
  return {
    format: STATE_FORMAT,
    rules: state.rules,
    slices: state.slices,
    lost: [...state.lost],
    spaces: [...state.spaces.values()],
    leases: [...state.leases.values()],
    warmWorkers: state.warmWorkers,
    queue: state.queue,
    unanswered: [...state.unanswered],
    accounts: [...state.accounts.values()],
    deliveries: [...state.deliveries.values()],
    released: { recent: [...state.released.recent], older: [...state.released.older] },
    nextCall: state.nextCall,
    quotaOffsetMs: state.quotaOffsetMs,
    quotaTimeMs: state.quotaTimeMs,
    quotaMonotonicMs: state.quotaMonotonicMs,
  };
}

/** The state that continues where `stored` was taken. Takes over its objects. */
export function decodeState(stored: StoredState): AllocatorState {
  const state = createState(stored.rules, stored.slices, [], stored);
  for (const space of stored.spaces) state.spaces.set(space.id, { ...STARTED, ...space });
  for (const lease of stored.leases) {
    // Older ledgers do not name the request.
    state.leases.set(lease.allowToken, { ...lease, requestId: lease.requestId ?? null });
  }
  state.lost = new Set(stored.lost ?? []);
  state.warmWorkers = [...stored.warmWorkers];
  for (const account of stored.accounts) state.accounts.set(account.key, account);
  for (const delivery of stored.deliveries ?? []) {
    state.deliveries.set(delivery.reservation, delivery);
  }
  for (const requestId of stored.unanswered) state.unanswered.add(requestId);
  state.released.recent = new Map(stored.released.recent);
  state.released.older = new Map(stored.released.older);
  state.nextCall = stored.nextCall;
  restoreQueue(state, stored.queue);
  return state;
}

function restoreQueue(state: AllocatorState, queue: readonly Waiter[]): void {
  const { timeoutSeconds, ageingSecondsPerTier } = state.rules.profile.queue;
  const timeouts = createFifo<{ waiter: Waiter; dueMs: number }>();
  const ageing: { waiter: Waiter; dueMs: number }[] = [];
  for (const waiter of queue) {
    state.queue.push(waiter);
    state.waiting.set(waiter.requestId, waiter);
    const counts = state.waitingInSpace.get(waiter.space) ?? { large: 0, xlarge: 0 };
    counts[waiter.size] += 1;
    state.waitingInSpace.set(waiter.space, counts);
  }
  for (const waiter of [...queue].sort((a, b) => a.call - b.call)) {
    const arrivedMs = waiter.arrivedAt.monotonicMs;
    pushLast(timeouts, { waiter, dueMs: arrivedMs + timeoutSeconds * 1000 });
    const nextLift = (waiter.agedTiers + 1) * ageingSecondsPerTier * 1000;
    ageing.push({ waiter, dueMs: arrivedMs + nextLift });
  }
  ageing.sort((a, b) => a.dueMs - b.dueMs);
  Object.assign(state.timeouts, timeouts);
  for (const due of ageing) pushLast(state.ageing, due);
}
