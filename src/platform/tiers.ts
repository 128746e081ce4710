/** The names that every part of zerogpu shares: who calls, and how much of a GPU a call takes. */

/** Tiers of visitors, the smallest quota first. */
export const TIERS = ['anonymous', 'free', 'pro'] as const;
export type Tier = (typeof TIERS)[number];

/** Stands in the place of a visitor for calls before `launch()`: they are charged to no quota. */
export const STARTUP_KEY = 'start-up';

/** Sizes that `@spaces.GPU(size=…)` takes (spaces 0.51.3, spaces/zero/api.py), the default first. */
export const GPU_SIZES = ['large', 'xlarge'] as const;
export type GpuSize = (typeof GPU_SIZES)[number];

/** What a Space's owner is to the hosting limits: an account, or an organisation. */
export const OWNER_KINDS = ['free', 'pro', 'organization'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];
