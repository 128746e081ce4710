/**
 * One visitor's account, as it reads at one moment of quota time. Nothing here changes it: that is the
 * quota law's (quota.ts).
 *
 * All amounts are whole quota milliseconds: milliseconds on the GPU times the size's cost factor.
 */

import type { PlatformProfile } from '../../platform/schema.js';
import { tierFacts } from '../../platform/tier-facts.js';
import type { Tier } from '../../platform/tiers.js';
import type { QuotaAccount, Visitor } from './types.js';

/** What quota and credits hold back for a call. */
export interface Held {
  readonly reservedMs: number;
  /** The part that credits cover; not in `reservedMs`. */
  readonly creditMs: number;
}

/** A window as it stands elsewhere; `resetsInMs` is null while none is open. */
export type WindowUse = Pick<Balance, 'usedMs' | 'runs' | 'resetsInMs'>;

/** An account as it stands at one moment of quota time. */
export interface Balance {
  readonly limitMs: number;
  readonly usedMs: number;
  readonly reservedMs: number;
  /** Never below zero: a call that overran until its kill may have used a bit more than it held. */
  readonly leftMs: number;
  /** Prepaid milliseconds that no call holds; 0 for a tier that can have none. */
  readonly creditLeftMs: number;
  /** Prepaid milliseconds that waiters and leases hold. */
  readonly creditHeldMs: number;
  /** Begun and pending calls of the window. */
  readonly runs: number;
  /** Until the window is over; null when none is open. */
  readonly resetsInMs: number | null;
}

/** All of a visitor's quota, unused. */
export function createAccount(visitor: Pick<Visitor, 'key' | 'tier'>): QuotaAccount {
  return {
    key: visitor.key,
    tier: visitor.tier,
    tierOverride: null,
    creditMs: 0,
    creditHeldMs: 0,
    windowStartMs: null,
    usedMs: 0,
    reservedMs: 0,
    begunMs: 0,
    runs: 0,
    pendingRuns: 0,
  };
}

/** The account as it is at that time: after its window, what has begun stays with the old one. */
export function accountAt(
  profile: PlatformProfile,
  account: QuotaAccount,
  quotaNowMs: number,
): QuotaAccount {
  const start = account.windowStartMs;
  if (start === null || quotaNowMs < start + windowMs(profile)) return account;
  return {
    ...account,
    windowStartMs: null,
    usedMs: 0,
    reservedMs: account.reservedMs - account.begunMs,
    begunMs: 0,
    runs: 0,
  };
}

/**
 * Reads an account without changing it.
 *
 * @param tier the one that counts for the visitor now
 */
export function balanceOf(
  profile: PlatformProfile,
  stored: QuotaAccount,
  tier: Tier,
  quotaNowMs: number,
): Balance {
  const facts = tierFacts(profile, tier);
  const account = accountAt(profile, stored, quotaNowMs);
  const limitMs = Math.round(facts.quotaSeconds * 1000);
  return {
    limitMs,
    usedMs: account.usedMs,
    reservedMs: account.reservedMs,
    leftMs: Math.max(0, limitMs - account.usedMs - account.reservedMs),
    creditLeftMs: mayHaveCredits(profile, tier)
      ? Math.max(0, account.creditMs - account.creditHeldMs)
      : 0,
    creditHeldMs: account.creditHeldMs,
    runs: account.runs + account.pendingRuns,
    resetsInMs:
      account.windowStartMs === null
        ? null
        : account.windowStartMs + windowMs(profile) - quotaNowMs,
  };
}

/**
 * What quota and credits would hold back for a call that costs so much.
 *
 * @returns null when they do not cover it
 */
export function coverageOf(balance: Balance, costMs: number): Held | null {
  const reservedMs = Math.min(costMs, balance.leftMs);
  const creditMs = costMs - reservedMs;
  return creditMs <= balance.creditLeftMs ? { reservedMs, creditMs } : null;
}

/** Whether the window has as many calls as its tier may make. */
export function hasNoRunLeft(profile: PlatformProfile, tier: Tier, { runs }: Balance): boolean {
  const { runsPerWindow } = tierFacts(profile, tier);
  return runsPerWindow !== null && runs >= runsPerWindow;
}

/** What a call costs that held the GPU for `heldMs` wall milliseconds; rounded up, once. */
export function costMs(heldMs: number, costFactor: number): number {
  // A product such as 10 000.000000000002 is float noise, not a started millisecond.
  return Math.max(0, Math.ceil(heldMs * costFactor - 1e-6));
}

function mayHaveCredits(profile: PlatformProfile, tier: Tier): boolean {
  return profile.credits?.tiers.includes(tier) ?? false;
}

/** Milliseconds of quota time that a window lasts. */
export function windowMs(profile: PlatformProfile): number {
  return profile.quota.windowSeconds * 1000;
}
