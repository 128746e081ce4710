/**
 * The state machine: one event in, effects out.
 *
 * `step` owns the state that it is given: it changes it in place and returns it, and no other code
 * may write to it. The same state and the same event give the same effects, always.
 *
 * Each step does four things, in this order: what time alone has made due (expire.ts); the event
 * itself; one pass over the queue for what has fallen free (grant-waiting.ts); a stream for every
 * request that still waits (waiting.ts).
 */
import { tierFacts } from '../../platform/tier-facts.js';
import { askedSecondsOf, refusalOf, stoppingRefusal } from './admit.js';
import { assert } from './assert.js';
import type { Held } from './balance.js';
import { onAllow, onProcessDied, onRelease } from './calls.js';
import { onDebugStops } from './debug-stops.js';
import { expire, nextTickMs } from './expire.js';
import { forgetFreshAccounts } from './forget.js';
import { grantWaiting, onBegun } from './grant-waiting.js';
import { copyAccount, deliver, onQuotaKnown } from './holds.js';
import { takeBack } from './lease.js';
import {
  onAdvance,
  onKillCall,
  onReleaseCall,
  onResetQuota,
  onSetCredits,
  onSetTier,
  onSetUse,
  onStop,
} from './operator.js';
import { enqueue } from './queue.js';
import { quotaClassOf } from './queue-order.js';
import { moveQuotaClock, quotaTimeAt } from './quota-clock.js';
import { onRestarted } from './restart.js';
import { defaultSizeOf, reservationMs } from './sizes.js';
import { onRegisterSpace, onRootDied, onSpaceGone, onSpaceStarted } from './spaces.js';
import { callerOf, isStartupCall, onStartupReported } from './startup.js';
import { type Call, quota, record, type Turn } from './turn.js';
import type {
  AbandonEvent,
  AllocatorEvent,
  AllocatorState,
  ScheduleEvent,
  StepResult,
  Visitor,
  Waiter,
} from './types.js';
import { abandon, answerWaiters } from './waiting.js';

/** Applies one event. Events must come in the order of their monotonic times. */
export function step(state: AllocatorState, event: AllocatorEvent): StepResult {
  // The monotonic clock of another boot says nothing of this one.
  if (event.type === 'restarted' && !event.sameBoot) state.quotaMonotonicMs = null;
  const quotaNowMs = moveQuotaClock(state, event.at);
  const turn: Turn = { state, at: event.at, quotaNowMs, effects: [] };
  expire(turn);
  handle(turn, event);
  const claims = grantWaiting(turn);
  answerWaiters(turn, claims);
  return { state, effects: turn.effects, nextTickMonotonicMs: nextTickMs(state) };
}

function handle(turn: Turn, event: AllocatorEvent): void {
  switch (event.type) {
    case 'schedule':
      onSchedule(turn, event);
      break;
    case 'allow':
      onAllow(turn, event);
      break;
    case 'release':
      onRelease(turn, event);
      break;
    case 'abandon':
      onAbandon(turn, event);
      break;
    case 'process-died':
      onProcessDied(turn, event);
      onRootDied(turn, event.process);
      break;
    case 'debug-stops':
      onDebugStops(turn, event);
      break;
    case 'space-gone':
      onSpaceGone(turn, event);
      break;
    case 'kill-call':
      onKillCall(turn, event);
      break;
    case 'release-call':
      onReleaseCall(turn, event);
      break;
    case 'register-space':
      onRegisterSpace(turn, event);
      break;
    case 'space-started':
      onSpaceStarted(turn, event);
      break;
    case 'startup-reported':
      onStartupReported(turn, event);
      turn.effects.push({ type: 'status', requestId: event.requestId, status: 200 });
      break;
    case 'set-tier':
      onSetTier(turn, event);
      break;
    case 'set-credits':
      onSetCredits(turn, event);
      break;
    case 'set-use':
      onSetUse(turn, event);
      break;
    case 'reset-quota':
      onResetQuota(turn, event);
      break;
    case 'restarted':
      onRestarted(turn, event);
      break;
    case 'lost-slices':
      turn.state.lost = new Set(event.slices);
      break;
    case 'stop':
      onStop(turn);
      break;
    case 'advance':
      assert(event.seconds >= 0, 'quota time was asked to go back');
      onAdvance(turn, event);
      break;
    case 'begun':
      onBegun(turn, event);
      break;
    case 'quota-known':
      onQuotaKnown(turn, event);
      break;
    case 'tick':
      break;
  }
}

/** Out of the queue; or, when it has been granted meanwhile, the grant is taken back. */
function onAbandon(turn: Turn, { requestId }: AbandonEvent): void {
  const waiter = turn.state.waiting.get(requestId);
  if (waiter) abandon(turn, waiter, 'visitor-left');
  for (const lease of turn.state.leases.values()) {
    if (lease.requestId === requestId) takeBack(turn, lease);
  }
}

/** Refuses the call, or holds its seconds back and puts it in the queue; grantWaiting does the rest. */
function onSchedule(turn: Turn, event: ScheduleEvent): void {
  const { state } = turn;
  const { requestId, allowToken, space, taskId, durationSeconds, tokenExpired, shared } = event;
  if (shared) copyAccount(turn, shared.account);
  const visitor = asOverridden(state, callerOf(state, space, event.visitor));
  const size = event.size ?? defaultSizeOf(state, space);
  assert(durationSeconds === null || durationSeconds > 0, 'a duration that is not above zero');
  assert(!state.leases.has(allowToken), 'two calls with one token');

  const askedSeconds = askedSecondsOf(state, durationSeconds);
  const head = { call: state.nextCall, space, taskId, visitor, askedSeconds, size };
  state.nextCall += 1;
  forgetFreshAccounts(state, turn.quotaNowMs);
  const covered = shared && { isCovered: shared.held !== null };
  const asked = { visitor, size, tokenExpired, declaredSeconds: durationSeconds, ...covered };
  const refusal =
    (event.fault && {
      ...event.fault,
      requestedSeconds: askedSeconds,
      longestSeconds: askedSeconds,
    }) ??
    refusalOf(state, asked, turn.quotaNowMs) ??
    stoppingRefusal(state, asked, turn.quotaNowMs);
  if (refusal) {
    record(turn, head, { event: 'refused', refusal });
    turn.effects.push({ type: 'refuse', requestId, tier: visitor.tier, refusal });
    if (shared?.held)
      deliver(turn, { reservation: requestId, visitor: visitor.key, chargedMs: null });
    return;
  }
  const { reservedMs, creditMs, quotaClass } = holdFor(turn, head, shared?.held ?? null);
  const waiter: Waiter = {
    call: head.call,
    space,
    taskId,
    visitor,
    askedSeconds,
    size,
    requestId,
    allowToken,
    reservedMs,
    creditMs,
    ...(shared && { isShared: true }),
    arrivedAt: turn.at,
    reason: 'node',
    tierRank: tierFacts(state.rules.profile, visitor.tier).queueRank,
    quotaClass,
    agedTiers: 0,
  };
  state.unanswered.add(requestId);
  enqueue(state, waiter);
}

/** Holds the call's seconds back, and says what the quota that is left counts for in the queue. */
function holdFor(
  turn: Turn,
  call: Call,
  shared: Held | null,
): Pick<Waiter, 'reservedMs' | 'creditMs' | 'quotaClass'> {
  const { state } = turn;
  const { profile } = state.rules;
  const { visitor, askedSeconds, size } = call;
  if (isStartupCall(call)) return { reservedMs: 0, creditMs: 0, quotaClass: 0 };
  const balance = quota(turn).read(visitor);
  if (shared) {
    const before = { ...balance, leftMs: balance.leftMs + shared.reservedMs };
    return { ...shared, quotaClass: quotaClassOf(before, profile.queue.quotaClasses) };
  }
  const held = quota(turn).reserve(visitor, reservationMs(state, askedSeconds, size));
  assert(held !== null, 'a call was accepted that its quota does not cover');
  const { reservedMs, creditMs } = held;
  return { reservedMs, creditMs, quotaClass: quotaClassOf(balance, profile.queue.quotaClasses) };
}

/**
 * What a shared store is asked about a call before it comes here; null for one that is refused whatever its
 * quota is, and for one at start-up.
 */
export function reservationOf(
  state: AllocatorState,
  event: Omit<ScheduleEvent, 'requestId' | 'allowToken' | 'taskId'>,
): { readonly visitor: Visitor; readonly costMs: number; readonly askedSeconds: number } | null {
  const visitor = asOverridden(state, callerOf(state, event.space, event.visitor));
  const size = event.size ?? defaultSizeOf(state, event.space);
  const { tokenExpired, durationSeconds: declaredSeconds } = event;
  const asked = { visitor, size, tokenExpired, declaredSeconds, isCovered: true };
  if (event.fault || state.stopping || isStartupCall(asked)) return null;
  if (refusalOf(state, asked, quotaTimeAt(state, event.at))) return null;
  const askedSeconds = askedSecondsOf(state, declaredSeconds);
  return { visitor, costMs: reservationMs(state, askedSeconds, size), askedSeconds };
}

/** The visitor with the tier that an operator has given them. */
function asOverridden(state: AllocatorState, visitor: Visitor): Visitor {
  const tier = state.accounts.get(visitor.key)?.tierOverride;
  return tier ? { ...visitor, tier } : visitor;
}
