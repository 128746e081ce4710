/**
 * The waiting line: one array that is always in the order of queue-order.ts.
 *
 * Arrival, departure and lift each find their place by binary search and move what lies behind it
 * (one memmove of pointers); nothing is ever sorted again. Finding who is due for a lift or a
 * time-out is O(1): both fall due in the order of arrival, since their periods are the same for all.
 */
import { assert } from './assert.js';
import { dropFirst, peekFirst, pushLast } from './fifo.js';
import { compareRank } from './queue-order.js';
import type { AllocatorState, DueWaiter, Fifo, Waiter } from './types.js';

/** O(log n) compares. */
export function enqueue(state: AllocatorState, waiter: Waiter): void {
  assert(!state.waiting.has(waiter.requestId), 'two waiters with one request id');
  const { queue: facts } = state.rules.profile;
  const arrivedMs = waiter.arrivedAt.monotonicMs;
  state.waiting.set(waiter.requestId, waiter);
  insert(state.queue, waiter);
  countInSpace(state, waiter, 1);
  pushLast(state.timeouts, { waiter, dueMs: arrivedMs + facts.timeoutSeconds * 1000 });
  pushLast(state.ageing, { waiter, dueMs: arrivedMs + facts.ageingSecondsPerTier * 1000 });
}

/** O(log n) compares. What is left in `timeouts` and `ageing` is skipped when it falls due. */
export function dequeue(state: AllocatorState, waiter: Waiter): void {
  assert(state.waiting.delete(waiter.requestId), 'a waiter left twice');
  remove(state.queue, waiter);
  countInSpace(state, waiter, -1);
}

/** Place in the line, from 1. */
export function positionOf(state: AllocatorState, waiter: Waiter): number {
  return indexOf(state.queue, waiter) + 1;
}

/** Lifts everybody who has waited for a further period. At most timeout / period lifts a waiter. */
export function liftWaiters(state: AllocatorState, nowMs: number): void {
  const periodMs = state.rules.profile.queue.ageingSecondsPerTier * 1000;
  for (
    let due = takeDue(state, state.ageing, nowMs);
    due;
    due = takeDue(state, state.ageing, nowMs)
  ) {
    remove(state.queue, due.waiter);
    due.waiter.agedTiers += 1;
    insert(state.queue, due.waiter);
    // Taken in the order of due times and put back one period later: the list stays in order.
    pushLast(state.ageing, { waiter: due.waiter, dueMs: due.dueMs + periodMs });
  }
}

/** The next waiter whose time is up, or undefined. The caller takes it out of the line. */
export function nextTimedOut(state: AllocatorState, nowMs: number): Waiter | undefined {
  return takeDue(state, state.timeouts, nowMs)?.waiter;
}

/** When the next waiter times out, on the monotonic clock. */
export function nextTimeoutMs(state: AllocatorState): number | null {
  skipGone(state, state.timeouts);
  return peekFirst(state.timeouts)?.dueMs ?? null;
}

function countInSpace(state: AllocatorState, waiter: Waiter, change: 1 | -1): void {
  const counts = state.waitingInSpace.get(waiter.space) ?? { large: 0, xlarge: 0 };
  counts[waiter.size] += change;
  if (counts.large + counts.xlarge === 0) state.waitingInSpace.delete(waiter.space);
  else state.waitingInSpace.set(waiter.space, counts);
}

function takeDue(
  state: AllocatorState,
  fifo: Fifo<DueWaiter>,
  nowMs: number,
): DueWaiter | undefined {
  skipGone(state, fifo);
  const first = peekFirst(fifo);
  if (first === undefined || first.dueMs > nowMs) return undefined;
  dropFirst(fifo);
  return first;
}

function skipGone(state: AllocatorState, fifo: Fifo<DueWaiter>): void {
  for (let first = peekFirst(fifo); first; first = peekFirst(fifo)) {
    if (state.waiting.get(first.waiter.requestId) === first.waiter) return;
    dropFirst(fifo);
  }
}

function insert(queue: Waiter[], waiter: Waiter): void {
  queue.splice(lowerBound(queue, waiter), 0, waiter);
}

function remove(queue: Waiter[], waiter: Waiter): void {
  queue.splice(indexOf(queue, waiter), 1);
}

function indexOf(queue: readonly Waiter[], waiter: Waiter): number {
  const index = lowerBound(queue, waiter);
  assert(queue[index] === waiter, 'the queue is out of order');
  return index;
}

/** Index of the first waiter that does not come before `waiter`. */
function lowerBound(queue: readonly Waiter[], waiter: Waiter): number {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = queue[middle];
    if (other !== undefined && compareRank(other, waiter) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
