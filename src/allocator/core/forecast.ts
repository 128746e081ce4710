/**
 * How long each waiter waits at most, if every call uses all the seconds that it asked for and
 * nobody better placed arrives. Concurrency limits and the queue's time-out are left out: it says
 * when slices fall free, as the queue view shows it.
 */
import type { Instant } from '../../shared/clock.js';
import { openPool, slicesNeeded } from './pool.js';
import type { AllocatorState, Lease, Waiter } from './types.js';

/**
 * @returns a function to call for each waiter in service order: seconds until its slices are free
 */
export function createForecast(state: AllocatorState, at: Instant): (waiter: Waiter) => number {
  const freeIn = new Map(state.slices.map((slice) => [slice.index, 0]));
  for (const lease of state.leases.values()) {
    for (const index of lease.slices) freeIn.set(index, secondsHeld(state, lease, at));
  }
  const { gpus } = openPool(state);
  return (waiter) => {
    const need = slicesNeeded(state, waiter.size);
    let soonest = { start: Number.POSITIVE_INFINITY, slices: [] as readonly number[] };
    for (const slices of gpus.values()) {
      const inOrder = slices
        .map((index) => ({ index, start: freeIn.get(index) ?? 0 }))
        .sort((a, b) => a.start - b.start)
        .slice(0, need);
      const start = Math.max(...inOrder.map((slice) => slice.start));
      if (inOrder.length === need && start < soonest.start) {
        soonest = { start, slices: inOrder.map((slice) => slice.index) };
      }
    }
    for (const index of soonest.slices) freeIn.set(index, soonest.start + waiter.askedSeconds);
    return soonest.start;
  };
}

/** Until the call's deadline; its whole request when it has not begun; nothing once it is killed. */
function secondsHeld(state: AllocatorState, lease: Lease, at: Instant): number {
  if (lease.killing) return 0;
  if (!lease.startedAt) return lease.askedSeconds;
  const elapsed = (at.monotonicMs - lease.startedAt.monotonicMs) / 1000;
  return Math.max(0, lease.askedSeconds + state.rules.profile.lease.graceSeconds - elapsed);
}
