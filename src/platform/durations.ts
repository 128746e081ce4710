/** What a declared duration becomes: on the wire, in quota, in calls of a window. Pure. */
import type { PlatformProfile, TierFacts } from './schema.js';
import type { GpuSize } from './tiers.js';

type DurationFacts = Pick<PlatformProfile, 'gpu' | 'sizes'>;

/**
 * What the `spaces` package multiplies declared seconds by: the card's factor for every size but `xlarge`, which
 * pays by its cost instead (spaces 0.51.3, zero/client.py and zero/gpu.py).
 */
export function durationFactorOf({ gpu }: Pick<DurationFacts, 'gpu'>, size: GpuSize): number {
  return size === 'xlarge' ? 1 : gpu.durationFactor;
}

/** Whole seconds that the package asks the allocator for. */
export function sentSeconds(
  facts: Pick<DurationFacts, 'gpu'>,
  size: GpuSize,
  declaredSeconds: number,
): number {
  return Math.round(declaredSeconds * durationFactorOf(facts, size));
}

/**
 * What an author most likely declared where the package sent this many seconds: the whole number that gives them,
 * where one does.
 */
export function declaredSecondsFor(
  facts: Pick<DurationFacts, 'gpu'>,
  size: GpuSize,
  sent: number,
): number {
  const exact = sent / durationFactorOf(facts, size);
  const whole = Math.round(exact);
  return sentSeconds(facts, size, whole) === sent ? whole : exact;
}

/** Quota seconds for each second held; a size that the platform lacks counts as `large`. */
export function costFactor({ sizes }: Pick<DurationFacts, 'sizes'>, size: GpuSize): number {
  return (sizes[size] ?? sizes.large).costFactor;
}

/** Quota seconds that admission compares with what is left. */
export function quotaSecondsFor(
  facts: DurationFacts,
  size: GpuSize,
  declaredSeconds: number,
): number {
  return sentSeconds(facts, size, declaredSeconds) * costFactor(facts, size);
}

/**
 * Calls that one window's quota admits when each uses all that it declares: a lower bound, since the seconds used
 * are charged. 0 where the tier never admits such a call.
 *
 * @param quotaSeconds of one call, see `quotaSecondsFor`
 */
export function callsInWindow(
  tier: Pick<TierFacts, 'quotaSeconds' | 'longestCallSeconds' | 'runsPerWindow'>,
  quotaSeconds: number,
): number {
  if (quotaSeconds <= 0 || quotaSeconds > tier.longestCallSeconds) return 0;
  const calls = Math.floor(tier.quotaSeconds / quotaSeconds);
  return Math.min(calls, tier.runsPerWindow ?? Number.POSITIVE_INFINITY);
}
