import type { Clock } from '../../shared/clock.js';

/**
 * A clock whose wall time runs `speed` times faster, for `--speed`: quota windows pass in minutes,
 * while deadlines, charges and time-outs (monotonic) stay as they are.
 */
export function quotaClock(clock: Clock, speed: number): Clock {
  if (speed === 1) return clock;
  const start = clock.now();
  return {
    now() {
      const { monotonicMs } = clock.now();
      const passedMs = (monotonicMs - start.monotonicMs) * speed;
      return { wallMs: start.wallMs + passedMs, monotonicMs };
    },
    after: clock.after,
    speed,
  };
}
