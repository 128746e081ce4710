import {
  callsInWindow,
  type GpuSize,
  type PlatformProfile,
  quotaSecondsFor,
  type Tier,
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
    const askedSeconds = quotaSecondsFor(profile, size, seconds);
    const calls = Object.fromEntries(
      tiersOf(profile).map((tier) => [tier, callsInWindow(tierFacts(profile, tier), askedSeconds)]),
    );
    return [{ name, askedSeconds, declaredSeconds: seconds, isDefault, calls }];
  });
}
