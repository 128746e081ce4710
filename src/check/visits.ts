import {
  type GpuSize,
  type PlatformProfile,
  type Tier,
  type TierFacts,
  tierFacts,
  tiersOf,
} from '../platform/index.js';

/** What a GPU function asks for at each call. */
export interface DeclaredCall {
  readonly name: string;
  /** As declared, or the platform's default; null when it is decided at each call. */
  readonly seconds: number | null;
  /** Nothing was declared: the platform takes its default. */
  readonly isDefault: boolean;
  readonly size: GpuSize;
}

/** How many calls of one function a visitor of each tier gets in a quota window. */
export interface Visits {
  readonly name: string;
  /** Seconds that a call asks for, by the clock of the quota: after the size's factor. */
  readonly askedSeconds: number;
  readonly declaredSeconds: number;
  readonly isDefault: boolean;
  /** Of each tier that the platform has; 0 where it refuses the call whatever is left. */
  readonly calls: Readonly<Partial<Record<Tier, number>>>;
}

/**
 * Calls a day from what is declared: admission compares the declared seconds with what is left of the
 * quota, whatever a call uses in the end.
 */
export function visitsOf(
  declared: readonly DeclaredCall[],
  profile: PlatformProfile,
): readonly Visits[] {
  return declared.flatMap(({ name, seconds, isDefault, size }) => {
    if (seconds === null || seconds <= 0) return [];
    const askedSeconds = askedFor(seconds, size, profile);
    const calls = Object.fromEntries(
      tiersOf(profile).map((tier) => [tier, callsIn(tierFacts(profile, tier), askedSeconds)]),
    );
    return [{ name, askedSeconds, declaredSeconds: seconds, isDefault, calls }];
  });
}

/** What the client sends for a call: the profile's factor, or for xlarge the size's cost. */
function askedFor(
  seconds: number,
  size: DeclaredCall['size'],
  { gpu, sizes }: PlatformProfile,
): number {
  if (size === 'xlarge' && sizes.xlarge) return Math.round(seconds) * sizes.xlarge.costFactor;
  // The client rounds to whole seconds.
  return Math.round(seconds * gpu.durationFactor) * sizes.large.costFactor;
}

function callsIn(
  { quotaSeconds, longestCallSeconds, runsPerWindow }: TierFacts,
  askedSeconds: number,
): number {
  if (askedSeconds <= 0 || askedSeconds > longestCallSeconds) return 0;
  return Math.min(
    Math.floor(quotaSeconds / askedSeconds),
    runsPerWindow ?? Number.POSITIVE_INFINITY,
  );
}
