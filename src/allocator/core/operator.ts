/** What the operator of this host does by hand. A call or visitor that is not there changes nothing. */
import { TIERS } from '../../platform/tiers.js';
import { killLease } from './lease.js';
import { advanceQuotaClock } from './quota-clock.js';
import { quota, type Turn } from './turn.js';
import type {
  AdvanceEvent,
  KillCallEvent,
  ReleaseCallEvent,
  ResetQuotaEvent,
  SetCreditsEvent,
  SetTierEvent,
  SetUseEvent,
  Visitor,
} from './types.js';
import { abandon } from './waiting.js';

export function onKillCall(turn: Turn, event: KillCallEvent): void {
  for (const lease of turn.state.leases.values()) {
    if (lease.call === event.call) killLease(turn, lease, event.reason ?? 'operator');
  }
}

/**
 * The host ends: first whoever waits is refused, then what runs is ended. It is charged for what it
 * used when its process is dead; until a `restarted` nothing is granted.
 */
export function onStop(turn: Turn): void {
  const { state } = turn;
  state.stopping = true;
  for (const waiter of [...state.queue]) abandon(turn, waiter, 'stopped');
  for (const lease of [...state.leases.values()]) killLease(turn, lease, 'stopped');
}

/** Only what has not begun can be taken back; a running call can only be killed. */
export function onReleaseCall(turn: Turn, event: ReleaseCallEvent): void {
  const waiter = turn.state.queue.find(({ call }) => call === event.call);
  if (waiter) abandon(turn, waiter, 'operator');
  for (const lease of turn.state.leases.values()) {
    if (lease.call === event.call && !lease.process) killLease(turn, lease, 'operator');
  }
}

export function onAdvance(turn: Turn, event: AdvanceEvent): void {
  turn.quotaNowMs = advanceQuotaClock(turn.state, event.seconds * 1000);
}

export function onSetTier(turn: Turn, event: SetTierEvent): void {
  quota(turn).setTier(unknownVisitor(event.visitor), event.tier);
}

export function onSetCredits(turn: Turn, event: SetCreditsEvent): void {
  quota(turn).setCredits(unknownVisitor(event.visitor), Math.round(event.seconds * 1000));
}

export function onSetUse(turn: Turn, event: SetUseEvent): void {
  const { visitor, tier, usedSeconds, runs, resetsInSeconds } = event;
  const use = {
    usedMs: Math.round(usedSeconds * 1000),
    runs,
    resetsInMs: resetsInSeconds === null ? null : Math.round(resetsInSeconds * 1000),
  };
  const named: Visitor = { key: visitor, tier, hasToken: true };
  quota(turn).setUse(named, use);
}

export function onResetQuota(turn: Turn, event: ResetQuotaEvent): void {
  quota(turn).reset(event.visitor);
}

/** Nothing is known of a visitor who has not called yet but the name; the first call tells. */
function unknownVisitor(key: string): Visitor {
  const tier = TIERS.find((name) => key === name || key.startsWith(`${name}:`));
  return { key, tier: tier ?? 'anonymous', hasToken: true };
}
