/** The names that every part of zerogpu shares: who calls, and how much of a GPU a call takes. */

/** Tiers of visitors, the smallest quota first; `tiersOf` has those of one edition of the platform. */
export const TIERS = ['anonymous', 'free', 'pro', 'team', 'enterprise'] as const;
export type Tier = (typeof TIERS)[number];

/** Tiers that an account of the Hub can have. */
export const ACCOUNT_TIERS = ['free', 'pro', 'team', 'enterprise'] as const;
export type AccountTier = (typeof ACCOUNT_TIERS)[number];

/** As Hugging Face writes them. */
export const TIER_TITLES: Readonly<Record<Tier, string>> = {
  anonymous: 'anonymous',
  free: 'free',
  pro: 'PRO',
  team: 'Team',
  enterprise: 'Enterprise',
};

/** Stands in the place of a visitor for calls before `launch()`: they are charged to no quota. */
export const STARTUP_KEY = 'start-up';

/** Sizes that `@spaces.GPU(size=…)` takes (spaces 0.51.3, spaces/zero/api.py), the default first. */
export const GPU_SIZES = ['large', 'xlarge'] as const;
export type GpuSize = (typeof GPU_SIZES)[number];

/** What a Space's owner is to the hosting limits: an account, or an organisation. */
export const OWNER_KINDS = ['free', 'pro', 'organization'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];
