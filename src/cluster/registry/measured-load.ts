/** The load of each Space of a host, measured from the records of its calls. */
import type { CallRecord } from '../../allocator/core/types.js';
import { type Load, NO_LOAD } from '../placement/index.js';

/** A call of this age counts 1/e as much as one of now. */
const MEMORY_SECONDS = 600;
/** So that the first call of a Space does not count as one in every second. */
const LEAST_SECONDS = 60;

interface Sums {
  readonly sinceMs: number;
  atMs: number;
  /** Calls that wanted a slice, those that left the queue without one included. */
  asked: number;
  ended: number;
  heldSeconds: number;
  heldSquared: number;
}

export interface MeasuredLoads {
  add(record: CallRecord): void;
  /** @param space as records name it */
  of(space: string): Load;
  /** Forgets the Spaces that are not among these. */
  keep(spaces: ReadonlySet<string>): void;
}

/**
 * @param nowMs monotonic milliseconds
 * @param slicesOf slices that one call of a size holds
 */
export function measureLoads(
  nowMs: () => number,
  slicesOf: (size: CallRecord['size']) => number,
): MeasuredLoads {
  const spaces = new Map<string, Sums>();

  function sumsOf(space: string): Sums {
    const now = nowMs();
    const fresh = { sinceMs: now, atMs: now, asked: 0, ended: 0, heldSeconds: 0, heldSquared: 0 };
    const sums = spaces.get(space) ?? fresh;
    spaces.set(space, sums);
    fade(sums, now);
    return sums;
  }

  return {
    add(record) {
      switch (record.event) {
        case 'ended': {
          const sums = sumsOf(record.space);
          const slices = slicesOf(record.size);
          sums.asked += 1;
          sums.ended += 1;
          sums.heldSeconds += slices * record.usedSeconds;
          sums.heldSquared += slices * record.usedSeconds ** 2;
          return;
        }
        case 'timed-out':
        case 'abandoned':
          sumsOf(record.space).asked += 1;
      }
    },
    of(space) {
      const sums = spaces.get(space);
      if (!sums || sums.ended === 0) return NO_LOAD;
      fade(sums, nowMs());
      const seconds = (sums.atMs - sums.sinceMs) / 1_000;
      const window = Math.max(
        LEAST_SECONDS,
        MEMORY_SECONDS * (1 - Math.exp(-seconds / MEMORY_SECONDS)),
      );
      // A call that got no slice would have held one as long as the others.
      const all = sums.asked / sums.ended / window;
      return {
        callsPerSecond: sums.asked / window,
        busySlices: sums.heldSeconds * all,
        squaredSeconds: sums.heldSquared * all,
      };
    },
    keep(running) {
      for (const space of spaces.keys()) if (!running.has(space)) spaces.delete(space);
    },
  };
}

function fade(sums: Sums, nowMs: number): void {
  const kept = Math.exp(-Math.max(0, nowMs - sums.atMs) / 1_000 / MEMORY_SECONDS);
  sums.atMs = nowMs;
  sums.asked *= kept;
  sums.ended *= kept;
  sums.heldSeconds *= kept;
  sums.heldSquared *= kept;
}
