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
  return new LocalQuota(profile, accounts, quotaNowMs);
}

/** A class, since each step makes some of them: closures would cost more than what they do. */
class LocalQuota implements Quota, QuotaOperator {
  readonly #profile: PlatformProfile;
  readonly #accounts: Map<string, QuotaAccount>;
  readonly #quotaNowMs: number;

  constructor(profile: PlatformProfile, accounts: Map<string, QuotaAccount>, quotaNowMs: number) {
    this.#profile = profile;
    this.#accounts = accounts;
    this.#quotaNowMs = quotaNowMs;
  }

  read(visitor: Visitor): Balance {
    return balanceOf(this.#profile, this.#accountOf(visitor), visitor.tier, this.#quotaNowMs);
  }

  reserve(visitor: Visitor, costMs: number): Held | null {
    return this.#change('reserve', this.#accountOf(visitor), { tier: visitor.tier, costMs });
  }

  begin(visitor: Visitor, hold: Hold): number {
    return this.#change('begin', this.#known(visitor), { hold });
  }

  settle(visitor: Visitor, hold: Hold, chargedMs: number): number {
    return this.#change('settle', this.#known(visitor), { hold, chargedMs });
  }

  release(visitor: Visitor, hold: Hold): void {
    this.#change('release', this.#known(visitor), { hold });
  }

  reset(key: string): void {
    const account = this.#accounts.get(key);
    if (account) this.#change('reset', account, {});
  }

  setUse(visitor: Visitor, use: WindowUse): void {
    this.#change('set-use', this.#accountOf(visitor), { tier: visitor.tier, use });
  }

  setCredits(visitor: Visitor, creditMs: number): void {
    this.#change('set-credits', this.#accountOf(visitor), { creditMs });
  }

  setTier(visitor: Visitor, tier: Tier | null): void {
    this.#change('set-tier', this.#accountOf(visitor), { tier });
  }

  #accountOf(visitor: Visitor): QuotaAccount {
    return this.#accounts.get(visitor.key) ?? createAccount(visitor);
  }

  #known(visitor: Visitor): QuotaAccount {
    const account = this.#accounts.get(visitor.key);
    assert(account !== undefined, 'a call has no quota account');
    return account;
  }

  #change<K extends AccountCommand>(
    kind: K,
    account: QuotaAccount,
    command: AccountCommands[K],
  ): AccountAnswers[K] {
    const decision = decide(kind, this.#profile, account, command, this.#quotaNowMs);
    // A refused call changes no account.
    if (kind !== 'reserve' || decision.answer !== null) {
      this.#accounts.set(account.key, decision.account);
    }
    return decision.answer;
  }
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
