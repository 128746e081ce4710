/** Which host each Space of a workload lives on. Pure. */
import { addLoads, type Load, NO_LOAD, placeSpaces } from '../cluster/placement/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { meanOf, type Sampler } from './distribution.js';
import type { PlannedFunction } from './plan.js';
import type { Workload } from './workload.js';

/** Points at which a distribution is read for its mean and its mean square. */
const POINTS = 512;
const DAY_SECONDS = 86_400;

/** A function before its Space has a host, and its share of all calls. */
export interface OfferedFunction extends Omit<PlannedFunction, 'host'> {
  readonly callShare: number;
}

/** GPUs of each host: `hosts: 3` are three alike, `hosts: [2, 1]` has twice the GPUs on the first. */
export function gpusOfHosts({ hosts, gpus }: Workload): readonly number[] {
  return typeof hosts === 'number'
    ? Array.from({ length: hosts }, () => gpus)
    : hosts.map((factor) => factor * gpus);
}

/**
 * @param peak visits in the busiest hour, relative to the mean hour: waits are made there
 * @returns the index of the host of each Space, in the order of the file
 */
export function hostsOfSpaces(
  workload: Workload,
  profile: PlatformProfile,
  functions: readonly OfferedFunction[],
  peak: number,
): ReadonlyMap<string, number> {
  const spaces = Object.keys(workload.spaces);
  const gpus = gpusOfHosts(workload);
  if (workload.placement === 'round-robin') {
    return new Map(spaces.map((space, index) => [space, index % gpus.length]));
  }
  const slicesPerGpu = workload.slices ?? profile.gpu.slicesPerGpu;
  const nodes = gpus.map((count, index) => ({
    name: String(index),
    slices: count * slicesPerGpu,
    ...{ load: NO_LOAD, spaces: 0, isDraining: false },
  }));
  const callsPerSecond = (peak * callsPerDay(workload)) / DAY_SECONDS;
  const loads = spaces.map((id) => {
    const own = functions.filter(({ space }) => space === id);
    return { id, load: addLoads(...own.map((fn) => loadOf(fn, profile, callsPerSecond))) };
  });
  const placed = placeSpaces(nodes, loads, profile.queue.timeoutSeconds);
  return new Map(spaces.map((space) => [space, Number(placed.get(space) ?? 0)]));
}

function callsPerDay({ visitors }: Workload): number {
  return Object.values(visitors).reduce(
    (sum, { per_day, calls }) => sum + per_day * Math.max(1, meanOf(calls)),
    0,
  );
}

/** Of warm calls, killed at what they declare: how often a worker is cold depends on the placement. */
function loadOf(fn: OfferedFunction, profile: PlatformProfile, allCallsPerSecond: number): Load {
  const callsPerSecond = allCallsPerSecond * fn.callShare;
  const slices = profile.sizes[fn.size]?.slices ?? 1;
  const cap = fn.declaredSeconds ?? profile.defaultDurationSeconds;
  const { mean, meanSquare } = moments(fn.real, cap);
  return {
    callsPerSecond,
    busySlices: callsPerSecond * slices * mean,
    squaredSeconds: callsPerSecond * slices * meanSquare,
  };
}

function moments(sample: Sampler, cap: number): { mean: number; meanSquare: number } {
  let [sum, squares] = [0, 0];
  for (let point = 0; point < POINTS; point += 1) {
    const value = Math.min(cap, sample((point + 0.5) / POINTS));
    sum += value;
    squares += value * value;
  }
  return { mean: sum / POINTS, meanSquare: squares / POINTS };
}
