import type { PlatformProfile, TierFacts } from './schema.js';
import { TIERS, type Tier } from './tiers.js';

/** The tiers that this edition of the platform has, the smallest quota first. */
export function tiersOf({ tiers }: Pick<PlatformProfile, 'tiers'>): readonly Tier[] {
  return TIERS.filter((tier) => tiers[tier] !== undefined);
}

/**
 * What a tier is entitled to. On an edition without Team and Enterprise a member of such an organisation has
 * what their own account has: the page gives members a quota only since 2026-04-03.
 */
export function tierFacts({ tiers }: Pick<PlatformProfile, 'tiers'>, tier: Tier): TierFacts {
  return tiers[tier] ?? tiers.free;
}
