/**
 * What a Space asks of a node, as sums that add up: the load of a node is the sum of the loads of its
 * Spaces. Calls of any kind of service time fit, since a wait depends on their first two moments alone.
 */

export interface Load {
  /** Calls that want a slice, per second. */
  readonly callsPerSecond: number;
  /** Slices that these calls keep busy on average: the seconds that calls hold a slice, per second. */
  readonly busySlices: number;
  /** The squares of these seconds, summed, per second. */
  readonly squaredSeconds: number;
}

export const NO_LOAD: Load = { callsPerSecond: 0, busySlices: 0, squaredSeconds: 0 };

export function addLoads(...loads: readonly Load[]): Load {
  return loads.reduce(
    (sum, load) => ({
      callsPerSecond: sum.callsPerSecond + load.callsPerSecond,
      busySlices: sum.busySlices + load.busySlices,
      squaredSeconds: sum.squaredSeconds + load.squaredSeconds,
    }),
    NO_LOAD,
  );
}
