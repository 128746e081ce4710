/**
 * The quota law. It knows accounts, tiers and quota time, and nothing of leases, queues or GPUs,
 * so that the accounts may one day live in a store that many GPU hosts share: `reserve`, `begin`
 * and `settle` are the only ways in which an account changes.
 *
 * The laws:
 *  1. A window opens when the first call of a fresh one begins, lasts `windowSeconds` of quota
 *     time, does not slide and is not prolonged by use.
 *  2. What a call asks for is held back from acceptance to its end: two calls never spend the same
 *     seconds, and `used + reserved <= limit` holds after every acceptance.
 *  3. A call is paid by the window in which it began, all of it, also when it ends after that
 *     window's edge. It weighs on no second window: nothing is charged twice, and what ends late
 *     is still charged (the record says so), only to a window that is over.
 *  4. A call that never began costs nothing and counts as no run.
 *
 * All amounts are whole quota milliseconds: milliseconds on the GPU times the size's cost factor.
 */
import type { PlatformProfile, TierFacts } from '../../platform/schema.js';
import { assert } from './assert.js';
import type { QuotaAccount, Visitor } from './types.js';

/** What a call has taken out of an account: a lease or a waiter, as the quota law sees it. */
export interface Hold {
  readonly reservedMs: number;
  /** Null until the call has begun. */
  readonly windowStartMs: number | null;
}

/** An account as it stands at one moment of quota time. */
export interface Balance {
  readonly limitMs: number;
  readonly usedMs: number;
  readonly reservedMs: number;
  /** Never below zero: a call that overran until its kill may have used a bit more than it held. */
  readonly leftMs: number;
  /** Begun and pending calls of the window. */
  readonly runs: number;
  /** Until the window is over; null when none is open. */
  readonly resetsInMs: number | null;
}

type Accounts = Map<string, QuotaAccount>;

export function createAccount(visitor: Visitor): QuotaAccount {
  return {
    key: visitor.key,
    tier: visitor.tier,
    windowStartMs: null,
    usedMs: 0,
    reservedMs: 0,
    begunMs: 0,
    runs: 0,
    pendingRuns: 0,
  };
}

/** Reads an account without touching it; a visitor who was never seen has all of the tier's quota. */
export function balanceOf(
  profile: PlatformProfile,
  accounts: ReadonlyMap<string, QuotaAccount>,
  visitor: Visitor,
  quotaNowMs: number,
): Balance {
  const facts: TierFacts = profile.tiers[visitor.tier];
  const stored = accounts.get(visitor.key) ?? createAccount(visitor);
  const account = isOver(profile, stored, quotaNowMs) ? refreshed(stored) : stored;
  const limitMs = Math.round(facts.quotaSeconds * 1000);
  return {
    limitMs,
    usedMs: account.usedMs,
    reservedMs: account.reservedMs,
    leftMs: Math.max(0, limitMs - account.usedMs - account.reservedMs),
    runs: account.runs + account.pendingRuns,
    resetsInMs:
      account.windowStartMs === null
        ? null
        : account.windowStartMs + windowMs(profile) - quotaNowMs,
  };
}

/** Holds back `reservedMs` for a call that was just accepted. The caller has checked the balance. */
export function reserve(
  profile: PlatformProfile,
  accounts: Accounts,
  visitor: Visitor,
  reservedMs: number,
  quotaNowMs: number,
): void {
  const { leftMs } = balanceOf(profile, accounts, visitor, quotaNowMs);
  assert(reservedMs <= leftMs, 'a call was accepted that its quota does not cover');
  const account = accounts.get(visitor.key) ?? createAccount(visitor);
  accounts.set(visitor.key, account);
  closeIfOver(profile, account, quotaNowMs);
  account.tier = visitor.tier;
  account.reservedMs += reservedMs;
  account.pendingRuns += 1;
}

/**
 * The call begins: it counts as a run, and opens the window if none is open.
 *
 * @returns start of the window that pays for the call, in quota time
 */
export function begin(
  profile: PlatformProfile,
  accounts: Accounts,
  visitor: Visitor,
  hold: Hold,
  quotaNowMs: number,
): number {
  const account = existing(accounts, visitor);
  assert(hold.windowStartMs === null, 'a call began twice');
  closeIfOver(profile, account, quotaNowMs);
  account.windowStartMs ??= quotaNowMs;
  account.begunMs += hold.reservedMs;
  account.pendingRuns -= 1;
  account.runs += 1;
  return account.windowStartMs;
}

/** The call is over: its hold goes, and what it cost is used. Zero when it never began. */
export function settle(
  profile: PlatformProfile,
  accounts: Accounts,
  visitor: Visitor,
  hold: Hold,
  chargedMs: number,
  quotaNowMs: number,
): void {
  const account = existing(accounts, visitor);
  closeIfOver(profile, account, quotaNowMs);
  if (hold.windowStartMs === null) {
    assert(chargedMs === 0, 'a call that never began was charged');
    account.reservedMs -= hold.reservedMs;
    account.pendingRuns -= 1;
  } else if (hold.windowStartMs === account.windowStartMs) {
    account.reservedMs -= hold.reservedMs;
    account.begunMs -= hold.reservedMs;
    account.usedMs += chargedMs;
  }
  // Else the window that pays is over, and its holds went with it (law 3).
  assert(
    account.reservedMs >= account.begunMs && account.begunMs >= 0,
    'a hold was given back twice',
  );
}

/** What a call costs that held the GPU for `heldMs` wall milliseconds; rounded up, once. */
export function costMs(heldMs: number, costFactor: number): number {
  // A product such as 10 000.000000000002 is float noise, not a started millisecond.
  return Math.max(0, Math.ceil(heldMs * costFactor - 1e-6));
}

function windowMs(profile: PlatformProfile): number {
  return profile.quota.windowSeconds * 1000;
}

function isOver(profile: PlatformProfile, account: QuotaAccount, quotaNowMs: number): boolean {
  const start = account.windowStartMs;
  return start !== null && quotaNowMs >= start + windowMs(profile);
}

/** The account after its window: what has begun stays with the old window, what waits moves on. */
function refreshed(account: QuotaAccount): QuotaAccount {
  return {
    ...account,
    windowStartMs: null,
    usedMs: 0,
    reservedMs: account.reservedMs - account.begunMs,
    begunMs: 0,
    runs: 0,
  };
}

function closeIfOver(profile: PlatformProfile, account: QuotaAccount, quotaNowMs: number): void {
  if (isOver(profile, account, quotaNowMs)) Object.assign(account, refreshed(account));
}

function existing(accounts: Accounts, visitor: Visitor): QuotaAccount {
  const account = accounts.get(visitor.key);
  assert(account !== undefined, 'a call has no quota account');
  return account;
}
