/**
 * Quotas that many GPU hosts share: the store decides before a call comes here, and `step` works with what
 * it answered. What the core decides about a hold afterwards waits in the state, and so in the ledger, until
 * the store has it.
 */
import type { Instant } from '../../shared/clock.js';
import type { Held } from './balance.js';
import type { QuotaAccount } from './types.js';

/**
 * An account as the store answered it last. The end of its window counts from then on: no two hosts have
 * the same clock.
 */
export interface SharedAccount extends Omit<QuotaAccount, 'windowStartMs' | 'isShared'> {
  /** Milliseconds until the window is over; null when none is open. */
  readonly resetsInMs: number | null;
}

/** What the store says of a call that asks for a GPU. */
export interface SharedAnswer {
  /** What it holds back under the call's request id; null for a call that the quota does not cover. */
  readonly held: Held | null;
  /** With the hold. */
  readonly account: SharedAccount;
}

/** What is still to be said to the store about a hold. */
export interface Delivery {
  /** The request id of the call's /schedule. */
  readonly reservation: string;
  /** Key of the visitor. */
  readonly visitor: string;
  /** Null for a call that never was. */
  readonly chargedMs: number | null;
}

/** The store has confirmed that a call begins: its grant may leave. */
export interface BegunEvent {
  readonly type: 'begun';
  readonly at: Instant;
  readonly allowToken: string;
}

/** Something that the store answered: the accounts as they are there, and which deliveries it has. */
export interface QuotaKnownEvent {
  readonly type: 'quota-known';
  readonly at: Instant;
  readonly accounts: readonly SharedAccount[];
  /** Reservations whose delivery has arrived. */
  readonly delivered: readonly string[];
}
