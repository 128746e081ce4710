/**
 * Quota time: what the quota windows are measured in.
 *
 * It is wall time plus an offset, so that windows go on while the allocator is down. It never goes
 * back: when the wall clock jumps back, quota time goes on from the highest value seen, and nobody
 * gets seconds twice. A jump forward moves it along, and ends at most the windows it has passed.
 */
import type { Instant } from '../../shared/clock.js';
import type { AllocatorState } from './types.js';

/** Quota time at `at`, in milliseconds, without moving the clock. */
export function quotaTimeAt(state: AllocatorState, at: Instant): number {
  return Math.max(state.quotaTimeMs, at.wallMs + state.quotaOffsetMs);
}

/** Moves the clock to `at` and returns quota time there. */
export function moveQuotaClock(state: AllocatorState, at: Instant): number {
  const shownMs = at.wallMs + state.quotaOffsetMs;
  if (shownMs < state.quotaTimeMs) state.quotaOffsetMs += state.quotaTimeMs - shownMs;
  state.quotaTimeMs = Math.max(state.quotaTimeMs, shownMs);
  return state.quotaTimeMs;
}
