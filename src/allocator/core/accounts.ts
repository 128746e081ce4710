/**
 * Everybody's accounts behind one port. `localQuota` keeps them in the state, which the ledger keeps;
 * a store that many GPU hosts share would be another implementation of `Quota`.
 */
import type { PlatformProfile } from '../../platform/schema.js';
import { assert } from './assert.js';
import { type Balance, balanceOf, createAccount, type Held, type WindowUse } from './balance.js';
import {
  type AccountAnswers,
  type AccountCommand,
  type AccountCommands,
  decide,
  type Hold,
} from './quota.js';
import type { QuotaAccount, Tier, Visitor } from './types.js';

/** The quota of every visitor, at one moment of quota time. */
export interface Quota {
  /** A visitor who was never seen has all of the tier's quota. */
  read(visitor: Visitor): Balance;
  /** Holds back what an accepted call costs; null when quota and credits do not cover it. */
  reserve(visitor: Visitor, costMs: number): Held | null;
  /** The call begins. @returns start of the window that pays for it, in quota time */
  begin(visitor: Visitor, hold: Hold): number;
  /** The call is over and cost so much. @returns what credits paid of it, in milliseconds */
  settle(visitor: Visitor, hold: Hold, chargedMs: number): number;
  /** The call never was: its hold goes, and it counts as no run. */
  release(visitor: Visitor, hold: Hold): void;
}

/** What an operator may do to an account; the visitor need not have been seen. */
export interface QuotaOperator {
  reset(key: string): void;
  setUse(visitor: Visitor, use: WindowUse): void;
  setCredits(visitor: Visitor, creditMs: number): void;
  setTier(visitor: Visitor, tier: Tier | null): void;
}

/** @param accounts changed in place, one account at a time */
export function localQuota(
  profile: PlatformProfile,
  accounts: Map<string, QuotaAccount>,
  quotaNowMs: number,
): Quota & QuotaOperator {
  const accountOf = (visitor: Visitor) => accounts.get(visitor.key) ?? createAccount(visitor);

  function change<K extends AccountCommand>(
    kind: K,
    account: QuotaAccount,
    command: AccountCommands[K],
  ): AccountAnswers[K] {
    const decision = decide(kind, profile, account, command, quotaNowMs);
    // A refused call changes no account.
    if (kind !== 'reserve' || decision.answer !== null) accounts.set(account.key, decision.account);
    return decision.answer;
  }
  function known(visitor: Visitor): QuotaAccount {
    const account = accounts.get(visitor.key);
    assert(account !== undefined, 'a call has no quota account');
    return account;
  }
  return {
    read: (visitor) => balanceOf(profile, accountOf(visitor), visitor.tier, quotaNowMs),
    reserve: (visitor, costMs) =>
      change('reserve', accountOf(visitor), { tier: visitor.tier, costMs }),
    begin: (visitor, hold) => change('begin', known(visitor), { hold }),
    settle: (visitor, hold, chargedMs) => change('settle', known(visitor), { hold, chargedMs }),
    release: (visitor, hold) => void change('release', known(visitor), { hold }),
    reset(key) {
      const account = accounts.get(key);
      if (account) change('reset', account, {});
    },
    setUse: (visitor, use) =>
      void change('set-use', accountOf(visitor), { tier: visitor.tier, use }),
    setCredits: (visitor, creditMs) => void change('set-credits', accountOf(visitor), { creditMs }),
    setTier: (visitor, tier) => void change('set-tier', accountOf(visitor), { tier }),
  };
}

/** Reads one visitor's balance, and changes nothing. */
export function readBalance(
  profile: PlatformProfile,
  accounts: ReadonlyMap<string, QuotaAccount>,
  visitor: Visitor,
  quotaNowMs: number,
): Balance {
  const account = accounts.get(visitor.key) ?? createAccount(visitor);
  return balanceOf(profile, account, visitor.tier, quotaNowMs);
}
