export {
  callsInWindow,
  costFactor,
  durationFactorOf,
  quotaSecondsFor,
  sentSeconds,
} from './durations.js';
export {
  DEFAULT_PROFILE,
  loadProfile,
  movedOn,
  NEWEST_PROFILE,
  profileNames,
} from './load-profile.js';
export type { PlatformProfile, TierFacts } from './schema.js';
export { tierFacts, tiersOf } from './tier-facts.js';
export {
  ACCOUNT_TIERS,
  type AccountTier,
  GPU_SIZES,
  type GpuSize,
  OWNER_KINDS,
  type OwnerKind,
  STARTUP_KEY,
  TIER_TITLES,
  TIERS,
  type Tier,
} from './tiers.js';
