/** What a call of a size takes: slices of one GPU, and quota. */
import { costFactor } from '../../platform/durations.js';
import { costMs } from './balance.js';
import type { AllocatorState, GpuSize } from './types.js';

/** Slices of one GPU that a call of this size holds. */
export function slicesNeeded(state: AllocatorState, size: GpuSize): number {
  return factsOf(state, size).slices;
}

/** Quota seconds per second held. */
export function costFactorOf(state: AllocatorState, size: GpuSize): number {
  return costFactor(state.rules.profile, size);
}

/** What a call of this size and length holds back, in quota milliseconds. */
export function reservationMs(state: AllocatorState, askedSeconds: number, size: GpuSize): number {
  return costMs(askedSeconds * 1000, costFactorOf(state, size));
}

/** The size of a call that names none: the Space's default, `large` where the profile lacks that. */
export function defaultSizeOf(state: AllocatorState, space: string): GpuSize {
  const size = state.spaces.get(space)?.startup.defaultSize ?? 'large';
  return state.rules.profile.sizes[size] === null ? 'large' : size;
}

/** A size that the profile lacks is refused; until that is said it counts as `large`. */
function factsOf(state: AllocatorState, size: GpuSize) {
  const { sizes } = state.rules.profile;
  return sizes[size] ?? sizes.large;
}
