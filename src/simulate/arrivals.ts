/** When visits begin: a Poisson process whose rate follows the hours of a day. Pure. */
import type { RandomStream } from './random.js';

const HOUR_MS = 3_600_000;

export interface Arrivals {
  /** Milliseconds from the start of the day of the next visit; Infinity when none comes any more. */
  next(): number;
}

/**
 * Visits by time change: unit-rate gaps are stretched by the rate of the hour that they fall in, so that
 * more visits a day move the same visits closer together.
 *
 * @param hourly rate of each hour relative to the mean of the day
 */
export function createArrivals(
  perDay: number,
  hourly: readonly number[],
  random: RandomStream,
): Arrivals {
  const perMs = perDay / (24 * HOUR_MS);
  let timeMs = 0;
  let visit = 0;
  return {
    next() {
      if (perMs <= 0) return Number.POSITIVE_INFINITY;
      let left = -Math.log(random.at(visit, 0));
      visit += 1;
      for (;;) {
        const hour = Math.floor(timeMs / HOUR_MS);
        const rate = perMs * (hourly[hour % 24] ?? 0);
        const toHourEnd = (hour + 1) * HOUR_MS - timeMs;
        if (rate > 0 && left <= rate * toHourEnd) {
          timeMs += left / rate;
          return timeMs;
        }
        left -= rate * toHourEnd;
        timeMs = (hour + 1) * HOUR_MS;
      }
    },
  };
}
