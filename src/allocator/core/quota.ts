/**
 * The quota law. It knows accounts, tiers and quota time, and nothing of leases, queues or GPUs,
 * so that the accounts may one day live in a store that many GPU hosts share: `reserve`, `begin`
 * and `settle` are the only ways in which a call changes an account.
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
 *  5. What the quota does not cover comes out of prepaid credits, where the platform knows them: the
 *     quota pays first, credits pay the rest, at most what was held of them; they belong to no window.
 *
 * All amounts are whole quota milliseconds: milliseconds on the GPU times the size's cost factor.
 */
import type { PlatformProfile, TierFacts } from '../../platform/schema.js';
import { assert } from './assert.js';
import type { QuotaAccount, Visitor } from './types.js';

/** What a call has taken out of an account: a lease or a waiter, as the quota law sees it. */
export interface Hold {
  readonly reservedMs: number;
  /** The part that credits cover; not in `reservedMs`. */
  readonly creditMs: number;
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
  /** Prepaid milliseconds that no call holds; 0 for a tier that can have none. */
  readonly creditLeftMs: number;
  /** Prepaid milliseconds that waiters and leases hold. */
  readonly creditHeldMs: number;
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
    creditLeftMs: mayHaveCredits(profile, visitor)
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
export function coverageOf(
  balance: Balance,
  costMs: number,
): Pick<Hold, 'reservedMs' | 'creditMs'> | null {
  const reservedMs = Math.min(costMs, balance.leftMs);
  const creditMs = costMs - reservedMs;
  return creditMs <= balance.creditLeftMs ? { reservedMs, creditMs } : null;
}

/**
 * Holds back what a call costs that was just accepted. The caller has checked the balance.
 *
 * @returns what is held, of the quota and of the credits
 */
export function reserve(
  profile: PlatformProfile,
  accounts: Accounts,
  visitor: Visitor,
  costMs: number,
  quotaNowMs: number,
): Pick<Hold, 'reservedMs' | 'creditMs'> {
  const held = coverageOf(balanceOf(profile, accounts, visitor, quotaNowMs), costMs);
  assert(held !== null, 'a call was accepted that its quota does not cover');
  const account = accounts.get(visitor.key) ?? createAccount(visitor);
  accounts.set(visitor.key, account);
  closeIfOver(profile, account, quotaNowMs);
  account.tier = visitor.tier;
  account.reservedMs += held.reservedMs;
  account.creditHeldMs += held.creditMs;
  account.pendingRuns += 1;
  return held;
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

/**
 * The call is over: its hold goes, and what it cost is used. Zero when it never began.
 *
 * @returns what credits paid of it, in milliseconds
 */
export function settle(
  profile: PlatformProfile,
  accounts: Accounts,
  visitor: Visitor,
  hold: Hold,
  chargedMs: number,
  quotaNowMs: number,
): number {
  const account = existing(accounts, visitor);
  closeIfOver(profile, account, quotaNowMs);
  const byCreditMs = Math.min(hold.creditMs, Math.max(0, chargedMs - hold.reservedMs));
  account.creditHeldMs -= hold.creditMs;
  account.creditMs -= byCreditMs;
  if (hold.windowStartMs === null) {
    assert(chargedMs === 0, 'a call that never began was charged');
    account.reservedMs -= hold.reservedMs;
    account.pendingRuns -= 1;
  } else if (hold.windowStartMs === account.windowStartMs) {
    account.reservedMs -= hold.reservedMs;
    account.begunMs -= hold.reservedMs;
    account.usedMs += chargedMs - byCreditMs;
  }
  // Else the window that pays is over, and its holds went with it (law 3).
  assert(
    account.reservedMs >= account.begunMs && account.begunMs >= 0,
    'a hold was given back twice',
  );
  assert(
    account.creditHeldMs >= 0 && account.creditMs >= account.creditHeldMs,
    'credits were given back twice',
  );
  return byCreditMs;
}

/** All of the quota and all runs again; what waits and runs goes on holding its own. */
export function resetQuota(accounts: Accounts, key: string): void {
  const account = accounts.get(key);
  if (!account) return;
  account.usedMs = 0;
  account.runs = 0;
  // With a call of it running the window stays: that call pays into it.
  if (account.begunMs === 0) account.windowStartMs = null;
}

/**
 * The open window is as it is known elsewhere. What waits and runs goes on holding its own, and with a
 * call running the window stays where it is: that call pays into it.
 *
 * @param use `resetsInMs` is null while nothing was used
 */
export function setUse(
  profile: PlatformProfile,
  accounts: Accounts,
  visitor: Visitor,
  use: Pick<Balance, 'usedMs' | 'runs' | 'resetsInMs'>,
  quotaNowMs: number,
): void {
  const account = accounts.get(visitor.key) ?? createAccount(visitor);
  accounts.set(visitor.key, account);
  closeIfOver(profile, account, quotaNowMs);
  account.tier = visitor.tier;
  account.usedMs = use.usedMs;
  account.runs = use.runs;
  if (account.begunMs > 0) return;
  const isOpen = use.resetsInMs !== null || use.usedMs > 0 || use.runs > 0;
  const leftMs = Math.min(windowMs(profile), Math.max(1, use.resetsInMs ?? windowMs(profile)));
  account.windowStartMs = isOpen ? quotaNowMs - (windowMs(profile) - leftMs) : null;
}

/** So many prepaid milliseconds are left from now on, never fewer than are held. */
export function setCredits(accounts: Accounts, visitor: Visitor, creditMs: number): void {
  const account = accounts.get(visitor.key) ?? createAccount(visitor);
  accounts.set(visitor.key, account);
  account.creditMs = Math.max(creditMs, account.creditHeldMs);
}

/** What a call costs that held the GPU for `heldMs` wall milliseconds; rounded up, once. */
export function costMs(heldMs: number, costFactor: number): number {
  // A product such as 10 000.000000000002 is float noise, not a started millisecond.
  return Math.max(0, Math.ceil(heldMs * costFactor - 1e-6));
}

function mayHaveCredits(profile: PlatformProfile, visitor: Visitor): boolean {
  return profile.credits?.tiers.includes(visitor.tier) ?? false;
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
