/**
 * What time alone does. It is looked at before every event, so that a late or missing `tick`
 * changes when something happens, never whether.
 */
import { killLease, leaseDueMs } from './lease.js';
import { liftWaiters, nextTimedOut, nextTimeoutMs } from './queue.js';
import type { Turn } from './turn.js';
import type { AllocatorState, CallEnd, Lease } from './types.js';
import { nextUnansweredMs, timeOut } from './waiting.js';

/** Deadlines, missing /allow calls, queue time-outs and lifts that are due. */
export function expire(turn: Turn): void {
  const { state, at } = turn;
  const nowMs = at.monotonicMs;
  for (const lease of state.leases.values()) {
    const dueMs = leaseDueMs(state, lease);
    if (dueMs !== null && dueMs <= nowMs) killLease(turn, lease, endOf(lease));
  }
  for (let late = nextTimedOut(state, nowMs); late; late = nextTimedOut(state, nowMs)) {
    timeOut(turn, late);
  }
  liftWaiters(state, nowMs);
}

/**
 * When time alone will do something next, on the monotonic clock. Lifts need no tick of their own:
 * they count when a slice falls free, and are looked at then. O(leases).
 */
export function nextTickMs(state: AllocatorState): number | null {
  let next = earlier(nextTimeoutMs(state), nextUnansweredMs(state));
  for (const lease of state.leases.values()) next = earlier(next, leaseDueMs(state, lease));
  return next;
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function endOf(lease: Lease): CallEnd {
  if (!lease.startedAt) return 'allow-timeout';
  return lease.process ? 'deadline' : 'worker-died';
}
