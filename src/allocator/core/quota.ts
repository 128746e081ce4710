/**
 * The quota law, for one account: pure, `(account, command) -> account, answer`. It knows accounts,
 * tiers and quota time, and nothing of leases, queues or GPUs. `accounts.ts` holds many accounts behind
 * a port, which a store that many GPU hosts share could implement as well; nothing else changes one.
 *
 * The laws:
 *  1. A window opens when the first call of a fresh one begins, lasts `windowSeconds` of quota
 *     time, does not slide and is not prolonged by use.
 *  2. What a call asks for is held back from acceptance to its end: two calls never spend the same
 *     seconds, and `used + reserved <= limit` holds after every acceptance.
 *  3. A call is paid by the window in which it began, all of it, also when it ends after that
 *     window's edge. It weighs on no second window: nothing is charged twice, and what ends late
 *     is still charged (the record says so), only to a window that is over.
 *  4. A call that never began, or whose grant never reached its client, costs nothing and counts as no
 *     run.
 *  5. What the quota does not cover comes out of prepaid credits, where the platform knows them: the
 *     quota pays first, credits pay the rest, at most what was held of them; they belong to no window.
 *
 * All amounts are whole quota milliseconds: milliseconds on the GPU times the size's cost factor.
 */
import type { PlatformProfile, TierFacts } from '../../platform/schema.js';
import type { Tier } from '../../platform/tiers.js';
import { assert } from './assert.js';
import type { QuotaAccount, Visitor } from './types.js';

/** What quota and credits hold back for a call. */
export interface Held {
  readonly reservedMs: number;
  /** The part that credits cover; not in `reservedMs`. */
  readonly creditMs: number;
}

/** What a call has taken out of an account: a lease or a waiter, as the quota law sees it. */
export interface Hold extends Held {
  /** Null until the call has begun. */
  readonly windowStartMs: number | null;
}

/** A window as it stands elsewhere; `resetsInMs` is null while none is open. */
export type WindowUse = Pick<Balance, 'usedMs' | 'runs' | 'resetsInMs'>;

/** Everything that can be done to an account, with what it needs. */
export interface AccountCommands {
  /** A call that costs so much was accepted: holds it back. */
  reserve: { readonly tier: Tier; readonly costMs: number };
  /** The call begins: it counts as a run, and opens the window if none is open. */
  begin: { readonly hold: Hold };
  /** The call is over: its hold goes, and what it cost is used. */
  settle: { readonly hold: Hold; readonly chargedMs: number };
  /** The call never was: its hold goes, and it counts as no run. */
  release: { readonly hold: Hold };
  /** All of the quota and all runs again; what waits and runs goes on holding its own. */
  reset: object;
  /** The window stands so from now on. */
  'set-use': { readonly tier: Tier; readonly use: WindowUse };
  /** So many prepaid milliseconds are left from now on, never fewer than are held. */
  'set-credits': { readonly creditMs: number };
  /** The tier that counts, whatever the visitor's token says; null for the token's. */
  'set-tier': { readonly tier: Tier | null };
}

/** What each command answers. */
export interface AccountAnswers {
  /** Null when quota and credits do not cover it: nothing is held then. */
  reserve: Held | null;
  /** Start of the window that pays for the call, in quota time. */
  begin: number;
  /** What credits paid of it, in milliseconds. */
  settle: number;
  release: null;
  reset: null;
  'set-use': null;
  'set-credits': null;
  'set-tier': null;
}

export type AccountCommand = keyof AccountCommands;

export interface Decision<K extends AccountCommand> {
  readonly account: QuotaAccount;
  readonly answer: AccountAnswers[K];
}

type Rule<K extends AccountCommand> = (
  profile: PlatformProfile,
  account: QuotaAccount,
  command: AccountCommands[K],
  quotaNowMs: number,
) => Decision<K>;

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

/**
 * Carries out one command on one account. The account itself is not changed.
 *
 * @param quotaNowMs quota time, in milliseconds
 */
export function decide<K extends AccountCommand>(
  kind: K,
  profile: PlatformProfile,
  account: QuotaAccount,
  command: AccountCommands[K],
  quotaNowMs: number,
): Decision<K> {
  const rule: Rule<K> = RULES[kind];
  return rule(profile, accountAt(profile, account, quotaNowMs), command, quotaNowMs);
}

/** Each rule gets the account as it is now: a window that is over has been closed. */
const RULES: { readonly [K in AccountCommand]: Rule<K> } = {
  reserve(profile, account, { tier, costMs }, quotaNowMs) {
    const held = coverageOf(balanceOf(profile, account, tier, quotaNowMs), costMs);
    if (held === null) return { account, answer: null };
    return {
      account: {
        ...account,
        tier,
        reservedMs: account.reservedMs + held.reservedMs,
        creditHeldMs: account.creditHeldMs + held.creditMs,
        pendingRuns: account.pendingRuns + 1,
      },
      answer: held,
    };
  },
  begin(_profile, account, { hold }, quotaNowMs) {
    assert(hold.windowStartMs === null, 'a call began twice');
    const windowStartMs = account.windowStartMs ?? quotaNowMs;
    return {
      account: {
        ...account,
        windowStartMs,
        begunMs: account.begunMs + hold.reservedMs,
        pendingRuns: account.pendingRuns - 1,
        runs: account.runs + 1,
      },
      answer: windowStartMs,
    };
  },
  settle(_profile, account, { hold, chargedMs }) {
    assert(hold.windowStartMs !== null || chargedMs === 0, 'a call that never began was charged');
    const byCreditMs = Math.min(hold.creditMs, Math.max(0, chargedMs - hold.reservedMs));
    const rest = withoutHold(account, hold);
    const pays = hold.windowStartMs !== null && hold.windowStartMs === account.windowStartMs;
    return {
      account: checked({
        ...rest,
        usedMs: pays ? rest.usedMs + chargedMs - byCreditMs : rest.usedMs,
        creditMs: rest.creditMs - byCreditMs,
      }),
      answer: byCreditMs,
    };
  },
  release(_profile, account, { hold }) {
    const rest = withoutHold(account, hold);
    const begun = hold.windowStartMs !== null && hold.windowStartMs === account.windowStartMs;
    const runs = begun ? Math.max(0, rest.runs - 1) : rest.runs;
    // The window that this call alone had opened was never opened.
    const isUnused = begun && runs === 0 && rest.usedMs === 0 && rest.begunMs === 0;
    return {
      account: checked({
        ...rest,
        runs,
        windowStartMs: isUnused ? null : rest.windowStartMs,
      }),
      answer: null,
    };
  },
  reset(_profile, account) {
    // With a call of it running the window stays: that call pays into it.
    const windowStartMs = account.begunMs === 0 ? null : account.windowStartMs;
    return { account: { ...account, usedMs: 0, runs: 0, windowStartMs }, answer: null };
  },
  'set-use'(profile, account, { tier, use }, quotaNowMs) {
    const isOpen = use.resetsInMs !== null || use.usedMs > 0 || use.runs > 0;
    const leftMs = Math.min(windowMs(profile), Math.max(1, use.resetsInMs ?? windowMs(profile)));
    const openedMs = isOpen ? quotaNowMs - (windowMs(profile) - leftMs) : null;
    return {
      account: {
        ...account,
        tier,
        usedMs: use.usedMs,
        runs: use.runs,
        // With a call running the window stays where it is: that call pays into it.
        windowStartMs: account.begunMs > 0 ? account.windowStartMs : openedMs,
      },
      answer: null,
    };
  },
  'set-credits'(_profile, account, { creditMs }) {
    const most = Math.max(creditMs, account.creditHeldMs);
    return { account: { ...account, creditMs: most }, answer: null };
  },
  'set-tier'(_profile, account, { tier }) {
    return { account: { ...account, tierOverride: tier }, answer: null };
  },
};

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
  const facts: TierFacts = profile.tiers[tier];
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

/** What a call costs that held the GPU for `heldMs` wall milliseconds; rounded up, once. */
export function costMs(heldMs: number, costFactor: number): number {
  // A product such as 10 000.000000000002 is float noise, not a started millisecond.
  return Math.max(0, Math.ceil(heldMs * costFactor - 1e-6));
}

function mayHaveCredits(profile: PlatformProfile, tier: Tier): boolean {
  return profile.credits?.tiers.includes(tier) ?? false;
}

function windowMs(profile: PlatformProfile): number {
  return profile.quota.windowSeconds * 1000;
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

/** The account without what a call held of it, whatever the call cost. */
function withoutHold(account: QuotaAccount, hold: Hold): QuotaAccount {
  const creditHeldMs = account.creditHeldMs - hold.creditMs;
  if (hold.windowStartMs === null) {
    return {
      ...account,
      creditHeldMs,
      reservedMs: account.reservedMs - hold.reservedMs,
      pendingRuns: account.pendingRuns - 1,
    };
  }
  // The window that pays may be over, and its holds went with it (law 3).
  if (hold.windowStartMs !== account.windowStartMs) return { ...account, creditHeldMs };
  return {
    ...account,
    creditHeldMs,
    reservedMs: account.reservedMs - hold.reservedMs,
    begunMs: account.begunMs - hold.reservedMs,
  };
}

function checked(account: QuotaAccount): QuotaAccount {
  assert(
    account.reservedMs >= account.begunMs && account.begunMs >= 0,
    'a hold was given back twice',
  );
  assert(
    account.creditHeldMs >= 0 && account.creditMs >= account.creditHeldMs,
    'credits were given back twice',
  );
  return account;
}
