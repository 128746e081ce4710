/**
 * Who is served first. One pure comparator, and the words for what it decided by.
 *
 * In this order:
 *  1. the tier: PRO, free, anonymous (`queueRank` of the profile), less the tiers that waiting has
 *     lifted a waiter by: one per `ageingSecondsPerTier`. The lift has no floor, so whoever waits
 *     long enough comes before every newcomer, of whatever tier: no waiter starves;
 *  2. the share of the quota that was left on arrival, in `quotaClasses` coarse steps, so that a
 *     few seconds used don't outweigh a much shorter call;
 *  3. the shorter declared duration;
 *  4. the earlier arrival. Call numbers grow with arrival and never tie: the order is total.
 *
 * Everything but the lift is frozen on arrival. The order therefore changes only when somebody
 * arrives, leaves or is lifted, and the queue is kept sorted instead of being sorted.
 */
import type { Balance } from './balance.js';

/** What decides the order: the fields of a waiter that count. */
export interface Rank {
  readonly call: number;
  readonly tierRank: number;
  readonly agedTiers: number;
  readonly quotaClass: number;
  readonly askedSeconds: number;
}

/** Why one waiter is served before another. */
export type AheadBecause = 'tier' | 'waited-longer' | 'quota' | 'duration' | 'arrival';

/** Negative when `a` is served before `b`, as `Array.sort` has it. */
export function compareRank(a: Rank, b: Rank): number {
  return (
    levelOf(a) - levelOf(b) ||
    b.quotaClass - a.quotaClass ||
    a.askedSeconds - b.askedSeconds ||
    a.call - b.call
  );
}

/** Says by what `ahead` comes before `behind`. */
export function whyAhead(ahead: Rank, behind: Rank): AheadBecause {
  if (levelOf(ahead) !== levelOf(behind)) {
    return ahead.tierRank < behind.tierRank ? 'tier' : 'waited-longer';
  }
  if (ahead.quotaClass !== behind.quotaClass) return 'quota';
  return ahead.askedSeconds !== behind.askedSeconds ? 'duration' : 'arrival';
}

/** Coarse share of the quota left: 0 for none, `classes` for all of it. */
export function quotaClassOf(balance: Balance, classes: number): number {
  return Math.ceil((balance.leftMs / balance.limitMs) * classes);
}

function levelOf(rank: Rank): number {
  return rank.tierRank - rank.agedTiers;
}
