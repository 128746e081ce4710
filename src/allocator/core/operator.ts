/** What the operator of this host does by hand. A call or visitor that is not there changes nothing. */
import { TIERS } from '../../platform/tiers.js';
import { killLease } from './lease.js';
import { createAccount, resetQuota, setCredits, setUse } from './quota.js';
import { moveQuotaClock } from './quota-clock.js';
import type { Turn } from './turn.js';
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

/** Only what has not begun can be taken back; a running call can only be killed. */
export function onReleaseCall(turn: Turn, event: ReleaseCallEvent): void {
  const waiter = turn.state.queue.find(({ call }) => call === event.call);
  if (waiter) abandon(turn, waiter, true);
  for (const lease of turn.state.leases.values()) {
    if (lease.call === event.call && !lease.process) killLease(turn, lease, 'operator');
  }
}

export function onAdvance(turn: Turn, event: AdvanceEvent): void {
  turn.state.quotaOffsetMs += event.seconds * 1000;
  turn.quotaNowMs = moveQuotaClock(turn.state, turn.at);
}

export function onSetTier(turn: Turn, event: SetTierEvent): void {
  const { accounts } = turn.state;
  const account = accounts.get(event.visitor) ?? createAccount(unknownVisitor(event.visitor));
  accounts.set(event.visitor, account);
  account.tierOverride = event.tier;
}

export function onSetCredits(turn: Turn, event: SetCreditsEvent): void {
  setCredits(turn.state.accounts, unknownVisitor(event.visitor), Math.round(event.seconds * 1000));
}

export function onSetUse(turn: Turn, event: SetUseEvent): void {
  const { profile } = turn.state.rules;
  const { visitor, tier, usedSeconds, runs, resetsInSeconds } = event;
  const use = {
    usedMs: Math.round(usedSeconds * 1000),
    runs,
    resetsInMs: resetsInSeconds === null ? null : Math.round(resetsInSeconds * 1000),
  };
  const named: Visitor = { key: visitor, tier, hasToken: true };
  setUse(profile, turn.state.accounts, named, use, turn.quotaNowMs);
}

export function onResetQuota(turn: Turn, event: ResetQuotaEvent): void {
  resetQuota(turn.state.accounts, event.visitor);
}

/** Nothing is known of a visitor who has not called yet but the name; the first call tells. */
function unknownVisitor(key: string): Visitor {
  const tier = TIERS.find((name) => key === name || key.startsWith(`${name}:`));
  return { key, tier: tier ?? 'anonymous', hasToken: true };
}
