/**
 * How long each waiter waits at most, if every call uses all the seconds that it asked for and
 * no waiter with a better place arrives. Concurrency limits and the queue's time-out are left out: it says
 * when slices fall free, as the queue view shows it. Where only cards that are gone could serve it,
 * that is the time-out.
 */
import type { Instant } from '../../shared/clock.js';
import { latestEndMs } from './lease.js';
import { openPool } from './pool.js';
import { slicesNeeded } from './sizes.js';
import type { AllocatorState, Waiter } from './types.js';

/**
 * @returns a function to call for each waiter in service order: seconds until its slices are free
 */
export function createForecast(state: AllocatorState, at: Instant): (waiter: Waiter) => number {
  const freeIn = new Map(state.slices.map((slice) => [slice.index, 0]));
  for (const lease of state.leases.values()) {
    const seconds = Math.max(0, (latestEndMs(state, lease) - at.monotonicMs) / 1000);
    for (const index of lease.slices) freeIn.set(index, seconds);
  }
  for (const index of state.lost) freeIn.set(index, Number.POSITIVE_INFINITY);
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
    if (soonest.slices.length === 0) return state.rules.profile.queue.timeoutSeconds;
    for (const index of soonest.slices) freeIn.set(index, soonest.start + waiter.askedSeconds);
    return soonest.start;
  };
}
