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
import type { PlatformProfile } from '../../platform/schema.js';
import type { Tier } from '../../platform/tiers.js';
import { assert } from './assert.js';
import {
  accountAt,
  balanceOf,
  coverageOf,
  type Held,
  hasNoRunLeft,
  type WindowUse,
  windowMs,
} from './balance.js';
import type { QuotaAccount } from './types.js';

/** What a call has taken out of an account: a lease or a waiter, as the quota law sees it. */
export interface Hold extends Held {
  /** Null until the call has begun. */
  readonly windowStartMs: number | null;
}

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
  /** All of the quota and all runs again; what waits and runs keeps its own. */
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
  /** Null when quota and credits do not cover it, or no run is left: nothing is held then. */
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
    const balance = balanceOf(profile, account, tier, quotaNowMs);
    const held = coverageOf(balance, costMs);
    if (held === null || hasNoRunLeft(profile, tier, balance)) return { account, answer: null };
    const next = copyOf(account);
    next.tier = tier;
    next.reservedMs += held.reservedMs;
    next.creditHeldMs += held.creditMs;
    next.pendingRuns += 1;
    return { account: next, answer: held };
  },
  begin(_profile, account, { hold }, quotaNowMs) {
    assert(hold.windowStartMs === null, 'a call began twice');
    const windowStartMs = account.windowStartMs ?? quotaNowMs;
    const next = copyOf(account);
    next.windowStartMs = windowStartMs;
    next.begunMs += hold.reservedMs;
    next.pendingRuns -= 1;
    next.runs += 1;
    return { account: next, answer: windowStartMs };
  },
  settle(_profile, account, { hold, chargedMs }) {
    assert(hold.windowStartMs !== null || chargedMs === 0, 'a call that never began was charged');
    const byCreditMs = Math.min(hold.creditMs, Math.max(0, chargedMs - hold.reservedMs));
    const next = withoutHold(account, hold);
    const pays = hold.windowStartMs !== null && hold.windowStartMs === account.windowStartMs;
    if (pays) next.usedMs = next.usedMs + chargedMs - byCreditMs;
    next.creditMs -= byCreditMs;
    return { account: checked(next), answer: byCreditMs };
  },
  release(_profile, account, { hold }) {
    const next = withoutHold(account, hold);
    const begun = hold.windowStartMs !== null && hold.windowStartMs === account.windowStartMs;
    if (begun) next.runs = Math.max(0, next.runs - 1);
    // The window that this call alone had opened was never opened.
    const isUnused = begun && next.runs === 0 && next.usedMs === 0 && next.begunMs === 0;
    if (isUnused) next.windowStartMs = null;
    return { account: checked(next), answer: null };
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

type Copy = { -readonly [K in keyof QuotaAccount]: QuotaAccount[K] };

/** Field by field: a spread takes several times as long, and each call makes three copies. */
function copyOf(account: QuotaAccount): Copy {
  return {
    key: account.key,
    tier: account.tier,
    tierOverride: account.tierOverride,
    creditMs: account.creditMs,
    creditHeldMs: account.creditHeldMs,
    windowStartMs: account.windowStartMs,
    usedMs: account.usedMs,
    reservedMs: account.reservedMs,
    begunMs: account.begunMs,
    runs: account.runs,
    pendingRuns: account.pendingRuns,
  };
}

/** The account without what a call held of it, whatever the call cost. */
function withoutHold(account: QuotaAccount, hold: Hold): Copy {
  const rest = copyOf(account);
  rest.creditHeldMs -= hold.creditMs;
  if (hold.windowStartMs === null) {
    rest.reservedMs -= hold.reservedMs;
    rest.pendingRuns -= 1;
  } else if (hold.windowStartMs === account.windowStartMs) {
    // Else the window that pays is over, and its holds went with it (law 3).
    rest.reservedMs -= hold.reservedMs;
    rest.begunMs -= hold.reservedMs;
  }
  return rest;
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
