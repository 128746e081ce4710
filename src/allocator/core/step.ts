/**
 * The state machine: one event in, effects out.
 *
 * `step` owns the state that it is given: it changes it in place and returns it, and nobody else
 * may write to it. The same state and the same event give the same effects, always.
 *
 * Each step does four things, in this order: what time alone has made due (expire.ts); the event
 * itself; one pass over the queue for what has fallen free (dispatch.ts); a stream for every
 * request that still waits (waiting.ts).
 */
import { askedSecondsOf, refusalOf } from './admit.js';
import { assert } from './assert.js';
import { onAllow, onProcessDied, onRelease } from './calls.js';
import { dispatch } from './dispatch.js';
import { expire, nextTickMs } from './expire.js';
import {
  onAdvance,
  onKillCall,
  onReleaseCall,
  onResetQuota,
  onSetCredits,
  onSetTier,
  onSetUse,
} from './operator.js';
import { enqueue } from './queue.js';
import { quotaClassOf } from './queue-order.js';
import { balanceOf, reserve } from './quota.js';
import { moveQuotaClock } from './quota-clock.js';
import { onRestarted } from './restart.js';
import { reservationMs } from './sizes.js';
import { onRegisterSpace, onRootDied, onSpaceGone, onSpaceStarted } from './spaces.js';
import { record, type Turn } from './turn.js';
import type {
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
  const quotaNowMs = moveQuotaClock(state, event.at);
  const turn: Turn = { state, at: event.at, quotaNowMs, effects: [] };
  expire(turn);
  handle(turn, event);
  const claims = dispatch(turn);
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
    case 'abandon': {
      const waiter = turn.state.waiting.get(event.requestId);
      // Without a waiter the grant has crossed the client's leaving: its release ends the call.
      if (waiter) abandon(turn, waiter, false);
      break;
    }
    case 'process-died':
      onProcessDied(turn, event);
      onRootDied(turn, event.process);
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
    case 'advance':
      assert(event.seconds >= 0, 'quota time was told to go back');
      onAdvance(turn, event);
      break;
    case 'tick':
      break;
  }
}

/** Refuses the call, or holds its seconds back and puts it in the queue; dispatch does the rest. */
function onSchedule(turn: Turn, event: ScheduleEvent): void {
  const { state } = turn;
  const { profile } = state.rules;
  const { requestId, allowToken, space, taskId, size, durationSeconds, tokenExpired } = event;
  const visitor = asOverridden(state, event.visitor);
  assert(durationSeconds === null || durationSeconds > 0, 'a duration that is not above zero');
  assert(!state.leases.has(allowToken), 'two calls with one token');

  const askedSeconds = askedSecondsOf(state, durationSeconds);
  const head = { call: state.nextCall, space, taskId, visitor, askedSeconds, size };
  state.nextCall += 1;
  const asked = { visitor, size, tokenExpired, declaredSeconds: durationSeconds };
  const refusal = refusalOf(state, asked, turn.quotaNowMs);
  if (refusal) {
    record(turn, head, { event: 'refused', refusal });
    turn.effects.push({ type: 'refuse', requestId, tier: visitor.tier, refusal });
    return;
  }
  const balance = balanceOf(profile, state.accounts, visitor, turn.quotaNowMs);
  const costMs = reservationMs(state, askedSeconds, size);
  const held = reserve(profile, state.accounts, visitor, costMs, turn.quotaNowMs);
  const waiter: Waiter = {
    call: head.call,
    space,
    taskId,
    visitor,
    askedSeconds,
    size,
    requestId,
    allowToken,
    reservedMs: held.reservedMs,
    creditMs: held.creditMs,
    arrivedAt: turn.at,
    reason: 'node',
    tierRank: profile.tiers[visitor.tier].queueRank,
    quotaClass: quotaClassOf(balance, profile.queue.quotaClasses),
    agedTiers: 0,
  };
  state.unanswered.add(requestId);
  enqueue(state, waiter);
}

/** The visitor with the tier that an operator has given them. */
function asOverridden(state: AllocatorState, visitor: Visitor): Visitor {
  const tier = state.accounts.get(visitor.key)?.tierOverride;
  return tier ? { ...visitor, tier } : visitor;
}
