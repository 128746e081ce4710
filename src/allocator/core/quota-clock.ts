/**
 * Quota time: what the quota windows are measured in.
 *
 * It is wall time plus what operators have added, so that windows go on while the allocator is down or
 * the machine sleeps. It never goes back: while the wall clock is behind, because it was set back, quota
 * time continues with the monotonic clock until the wall clock has caught up. So a clock that goes back
 * and forth, however often, gives nothing; a jump beyond any time seen before moves quota time along,
 * and ends at most the windows that it has passed.
 */
import type { Instant } from '../../shared/clock.js';
import type { AllocatorState } from './types.js';

/** NTP slews a clock by at most 500 ppm (adjtimex(2)): a difference within that is not a clock that was set. */
const SLEWED_SHARE = 0.001;
/** The wall clock is read in whole milliseconds, and a moment after the other. */
const READING_MS = 2;

type QuotaTime = Pick<
  AllocatorState,
  'quotaTimeMs' | 'quotaOffsetMs' | 'quotaMonotonicMs' | 'rules'
>;

/** Quota time at `at`, in milliseconds, without moving the clock. */
export function quotaTimeAt(state: QuotaTime, at: Instant): number {
  const shownMs = at.wallMs + state.quotaOffsetMs;
  const passedMs = passedSince(state, at);
  const isSetBack =
    shownMs < state.quotaTimeMs + passedMs * (1 - SLEWED_SHARE) - READING_MS * speedOf(state);
  return isSetBack ? state.quotaTimeMs + passedMs : Math.max(state.quotaTimeMs, shownMs);
}

/** Moves the clock to `at` and returns quota time there. */
export function moveQuotaClock(state: QuotaTime, at: Instant): number {
  state.quotaTimeMs = quotaTimeAt(state, at);
  state.quotaMonotonicMs = at.monotonicMs;
  return state.quotaTimeMs;
}

/** Adds to quota time, as if so much had passed, and returns it. */
export function advanceQuotaClock(state: QuotaTime, ms: number): number {
  state.quotaOffsetMs += ms;
  state.quotaTimeMs += ms;
  return state.quotaTimeMs;
}

/** Quota milliseconds since the clock was last moved, by the monotonic clock alone. */
function passedSince(state: QuotaTime, { monotonicMs }: Instant): number {
  // After a reboot the monotonic clock counts from another start.
  if (state.quotaMonotonicMs === null) return 0;
  return Math.max(0, monotonicMs - state.quotaMonotonicMs) * speedOf(state);
}

function speedOf({ rules }: QuotaTime): number {
  return rules.speed ?? 1;
}
