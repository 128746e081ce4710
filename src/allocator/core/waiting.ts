/**
 * What a request hears while it has no slice, and how it leaves the queue without one.
 *
 * A request that only waits for a process to end gets no message: that takes milliseconds, and
 * then a plain grant answers it. Everybody else gets an event stream at once.
 *
 * The law: every accepted request ends exactly once, granted, failed or gone.
 */

import { noGpuRefusal } from './admit.js';
import { releaseHold } from './holds.js';
import { isAtConcurrencyLimit, openPool } from './pool.js';
import { dequeue, positionOf } from './queue.js';
import { isStartupCall } from './startup.js';
import { record, secondsSince, type Turn } from './turn.js';
import type { AbandonedBecause, AllocatorState, QueuingReason, Waiter } from './types.js';

/** How long a request may go unanswered before the visitor reads that they wait. */
const UNANSWERED_MS = 1000;

/**
 * Opens the streams that are needed after a pass over the queue.
 *
 * @param claims the requests whose slice is theirs as soon as a process has died
 */
export function answerWaiters(turn: Turn, claims: ReadonlySet<string>): void {
  if (turn.state.unanswered.size === 0) return;
  for (const waiter of unansweredOf(turn.state)) {
    const isLate = unansweredDueMs(waiter) <= turn.at.monotonicMs;
    if (isLate || !claims.has(waiter.requestId)) openStream(turn, waiter);
  }
}

/** When the next request has gone unanswered for too long, on the monotonic clock. */
export function nextUnansweredMs(state: AllocatorState): number | null {
  if (state.unanswered.size === 0) return null;
  let first: number | null = null;
  for (const waiter of unansweredOf(state)) {
    const dueMs = unansweredDueMs(waiter);
    first = first === null ? dueMs : Math.min(first, dueMs);
  }
  return first;
}

/** The queue's time-out: the visitor reads that no GPU was available. */
export function timeOut(turn: Turn, waiter: Waiter): void {
  leaveQueue(turn, waiter);
  const waitedSeconds = secondsSince(waiter.arrivedAt, turn.at);
  record(turn, waiter, { event: 'timed-out', waitedSeconds });
  answerInVain(turn, waiter);
}

/** Out of the queue, for what somebody did; the request is answered unless its client has left. */
export function abandon(turn: Turn, waiter: Waiter, why: AbandonedBecause): void {
  leaveQueue(turn, waiter);
  const waitedSeconds = secondsSince(waiter.arrivedAt, turn.at);
  record(turn, waiter, { event: 'abandoned', why, waitedSeconds });
  if (why !== 'visitor-left') answerInVain(turn, waiter);
  else turn.state.unanswered.delete(waiter.requestId);
}

function openStream(turn: Turn, waiter: Waiter): void {
  const { state } = turn;
  const { requestId, visitor } = waiter;
  const isLimited = state.rules.concurrencyPerSpace !== null;
  const isFull = isLimited && isAtConcurrencyLimit(state, openPool(state), waiter);
  const reason: QueuingReason = isFull ? 'concurrency' : 'node';
  waiter.reason = reason;
  state.unanswered.delete(requestId);
  record(turn, waiter, { event: 'queued', reason, position: positionOf(state, waiter) });
  turn.effects.push({ type: 'queue', requestId, tier: visitor.tier, reason });
}

/** Ends the stream, or answers 503 where none was opened. */
function answerInVain(turn: Turn, waiter: Waiter): void {
  const { state, quotaNowMs } = turn;
  const { requestId, visitor, size, askedSeconds } = waiter;
  if (!state.unanswered.delete(requestId)) {
    turn.effects.push({ type: 'stream-fail', requestId });
    return;
  }
  const call = { visitor, size, tokenExpired: false, declaredSeconds: askedSeconds };
  const refusal = noGpuRefusal(state, call, quotaNowMs);
  turn.effects.push({ type: 'refuse', requestId, tier: visitor.tier, refusal });
}

/** Out of the queue, and what was held for it goes back to the quota. */
function leaveQueue(turn: Turn, waiter: Waiter): void {
  dequeue(turn.state, waiter);
  if (isStartupCall(waiter)) return;
  releaseHold(turn, { ...waiter, windowStartMs: null });
}

function unansweredOf(state: AllocatorState): readonly Waiter[] {
  const waiters: Waiter[] = [];
  for (const requestId of state.unanswered) {
    const waiter = state.waiting.get(requestId);
    if (waiter) waiters.push(waiter);
  }
  return waiters;
}

function unansweredDueMs(waiter: Waiter): number {
  return waiter.arrivedAt.monotonicMs + UNANSWERED_MS;
}
