/**
 * What becomes of a call's hold. In the accounts here it is changed at once; one that a shared store has
 * comes to a delivery, which the state keeps until the store has it.
 */
import { assert } from './assert.js';
import { windowMs } from './balance.js';
import type { Hold } from './quota.js';
import { quota, type Turn } from './turn.js';
import type { AllocatorState, Delivery, QuotaKnownEvent, SharedAccount, Visitor } from './types.js';

/** A waiter or lease, as its hold is named. */
interface Holder extends Hold {
  readonly visitor: Visitor;
  readonly requestId: string | null;
  readonly isShared?: true;
}

/** The call begins. @returns start of the window that pays for it, in quota time */
export function beginHold(turn: Turn, holder: Holder): number {
  // The store was asked before the grant left.
  if (isElsewhere(turn, holder)) return turn.quotaNowMs;
  return quota(turn).begin(holder.visitor, holder);
}

/** The call is over and cost so much. @returns what credits paid of it, in milliseconds */
export function settleHold(turn: Turn, holder: Holder, chargedMs: number): number {
  const hasBegun = holder.windowStartMs !== null;
  if (!isElsewhere(turn, holder)) return quota(turn).settle(holder.visitor, holder, chargedMs);
  deliverFor(turn, holder, hasBegun ? chargedMs : null);
  return Math.min(holder.creditMs, Math.max(0, chargedMs - holder.reservedMs));
}

/** The call never was. */
export function releaseHold(turn: Turn, holder: Holder): void {
  if (isElsewhere(turn, holder)) deliverFor(turn, holder, null);
  else quota(turn).release(holder.visitor, holder);
}

/** What the visitor has left when this call is over, which cost so much of the quota, in milliseconds. */
export function leftWithout(turn: Turn, holder: Holder, chargedMs: number): number {
  const { leftMs, limitMs } = quota(turn).read(holder.visitor);
  if (!holder.isShared) return leftMs;
  // The copy still has the hold.
  return Math.max(0, Math.min(limitMs, leftMs + holder.reservedMs - chargedMs));
}

/** Keeps what the store is to know, and asks for it to be sent. */
export function deliver({ state, effects }: Turn, delivery: Delivery): void {
  state.deliveries.set(delivery.reservation, delivery);
  effects.push({ type: 'deliver' });
}

/** Keeps an account as the store answered it: for refusals, tiers and views. */
export function copyAccount({ state, quotaNowMs }: Turn, shared: SharedAccount): void {
  const { resetsInMs, ...account } = shared;
  const windowStartMs =
    resetsInMs === null ? null : quotaNowMs + resetsInMs - windowMs(state.rules.profile);
  state.accounts.set(account.key, { ...account, windowStartMs, isShared: true });
}

export function onQuotaKnown(turn: Turn, { accounts, delivered }: QuotaKnownEvent): void {
  for (const account of accounts) copyAccount(turn, account);
  for (const reservation of delivered) turn.state.deliveries.delete(reservation);
}

/** After a start the quotas may be kept elsewhere than before. */
export function forgetCopies({ accounts, leases }: AllocatorState): void {
  const ours = [...leases.values()].filter(({ isShared }) => !isShared);
  const inUse = new Set(ours.map(({ visitor }) => visitor.key));
  for (const [key, { isShared }] of accounts) {
    if (isShared && !inUse.has(key)) accounts.delete(key);
  }
}

/**
 * Whether the hold is not in the accounts here: a store has it, or (of a call that began before its host joined
 * a cluster) the account was replaced by the store's.
 */
function isElsewhere({ state }: Turn, { isShared, visitor }: Holder): boolean {
  return isShared === true || state.accounts.get(visitor.key)?.isShared === true;
}

function deliverFor(turn: Turn, holder: Holder, chargedMs: number | null): void {
  if (!holder.isShared) return;
  assert(holder.requestId !== null, 'a shared hold without a name');
  deliver(turn, { reservation: holder.requestId, visitor: holder.visitor.key, chargedMs });
}
