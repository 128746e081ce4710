/** How long a call waits for a slice, on average. Pure. */
import type { Load } from './load.js';

/**
 * The mean wait for one of `slices` under a load, in seconds: M/G/c after Lee and Longton (1959), which is
 * exact for one slice (Pollaczek and Khinchine) and for exponential service times.
 *
 * It does not decrease when a load is added, nor increase with the slices.
 *
 * @returns Infinity for a node that gets as much work as it can do, or more
 */
export function meanWaitSeconds({ busySlices, squaredSeconds }: Load, slices: number): number {
  if (busySlices <= 0) return 0;
  if (busySlices >= slices) return Number.POSITIVE_INFINITY;
  const untilOneEnds = squaredSeconds / (2 * busySlices);
  return (waitingShare(busySlices, slices) * untilOneEnds) / (slices - busySlices);
}

/**
 * The share of the calls that wait at all (Erlang C).
 *
 * @param busySlices below `slices`
 */
export function waitingShare(busySlices: number, slices: number): number {
  let blocked = 1;
  for (let count = 1; count <= slices; count += 1) {
    blocked = (busySlices * blocked) / (count + busySlices * blocked);
  }
  return (slices * blocked) / (slices - busySlices * (1 - blocked));
}
