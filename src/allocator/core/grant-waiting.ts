/**
 * From the queue to the slices.
 *
 * After every event one pass goes down the queue in its order and gives each waiter the best place
 * that those ahead have left. A Space at its concurrency limit is stepped over: its waiters block
 * no call. A waiter whose place needs a death first (a warm worker's, or a killed call's) claims it
 * and is granted when `process-died` came. The pass ends when no slice is left to give.
 *
 * Cost: O(slices + Spaces) when no waiter can be placed, which is most events; else that much for each
 * waiter that is placed, and O(1) for each that is stepped over on the way to it.
 */
import { GPU_SIZES } from '../../platform/tiers.js';
import { assert } from './assert.js';
import { beginLease, firstOf, openLease } from './lease.js';
import {
  findPlace,
  hasRoom,
  holdBack,
  isAtConcurrencyLimit,
  openPool,
  type Place,
  type Pool,
  take,
} from './pool.js';
import { dequeue } from './queue.js';
import type { Turn } from './turn.js';
import type { AllocatorState, BegunEvent, Grant, Lease, Waiter, WarmWorker } from './types.js';

const NO_CLAIMS: ReadonlySet<string> = new Set();

/**
 * Grants whatever can be granted now.
 *
 * @returns the requests that only wait for a process to die
 */
export function grantWaiting(turn: Turn): ReadonlySet<string> {
  const { state } = turn;
  if (state.stopping || state.queue.length === 0 || isEverySliceLeased(state)) return NO_CLAIMS;
  const claims = new Set<string>();
  const pool = openPool(state);
  let place = 0;
  for (let waiter = state.queue[place]; waiter; waiter = state.queue[place]) {
    if (!canPlaceAnyone(turn, pool)) break;
    if (isAtConcurrencyLimit(state, pool, waiter)) {
      place += 1;
      continue;
    }
    const found = findPlace(state, pool, waiter);
    if (found && found.kind !== 'after-death') {
      grant(turn, pool, waiter, found);
    } else {
      if (found) claim(turn, pool, waiter, found, claims);
      else holdBack(state, pool, waiter);
      place += 1;
    }
  }
  return claims;
}

/**
 * Each slice is held by a call that runs: the common case under load, and seen without drawing up the
 * pool. O(leases).
 */
function isEverySliceLeased(state: AllocatorState): boolean {
  let held = 0;
  for (const lease of state.leases.values()) {
    if (lease.killing) return false;
    held += lease.slices.length;
  }
  return held >= state.slices.length;
}

/** A slice is left, and somebody waits in a Space that may have one. */
function canPlaceAnyone(turn: Turn, pool: Pool): boolean {
  const { state } = turn;
  if (!hasRoom(pool)) return false;
  if (state.rules.concurrencyPerSpace === null) return true;
  for (const [space, counts] of state.waitingInSpace) {
    for (const size of GPU_SIZES) {
      if (counts[size] > 0 && !isAtConcurrencyLimit(state, pool, { space, size })) return true;
    }
  }
  return false;
}

/** Sends the kill to a warm worker; its slices are free when it is dead. */
export function evict(turn: Turn, worker: WarmWorker, why: 'evicted' | 'space-gone'): void {
  if (worker.evicting) return;
  worker.evicting = true;
  turn.effects.push({ type: 'kill', process: worker.process, why });
}

function grant(
  turn: Turn,
  pool: Pool,
  waiter: Waiter,
  place: Exclude<Place, { kind: 'after-death' }>,
): void {
  const { state } = turn;
  const worker = place.kind === 'warm' ? place.worker : null;
  const slices = place.kind === 'warm' ? place.worker.slices : place.slices;
  dequeue(state, waiter);
  if (worker) state.warmWorkers = state.warmWorkers.filter((other) => other !== worker);
  take(pool, waiter.space, slices, 'leased');
  const how = state.unanswered.delete(waiter.requestId) ? 'grant' : 'stream-grant';
  const lease = openLease(turn, waiter, slices, worker?.process ?? null);
  if (!waiter.isShared) {
    answerGrant(turn, lease, how);
    return;
  }
  lease.unconfirmed = how;
  const { requestId, allowToken } = waiter;
  turn.effects.push({ type: 'begin', requestId, allowToken });
}

/** The store has confirmed the call: it begins, if its worker is warm, and its grant leaves. */
export function onBegun(turn: Turn, { allowToken }: Pick<BegunEvent, 'allowToken'>): void {
  const lease = turn.state.leases.get(allowToken);
  if (!lease?.unconfirmed || lease.killing) return;
  const how = lease.unconfirmed;
  delete lease.unconfirmed;
  if (lease.process) beginLease(turn, lease, lease.process);
  answerGrant(turn, lease, how);
}

function answerGrant(turn: Turn, lease: Lease, type: 'grant' | 'stream-grant'): void {
  const { allowToken, slices, warm, visitor } = lease;
  const requestId = lease.requestId ?? '';
  const grant = grantBody(turn, allowToken, slices, warm);
  if (type === 'grant') turn.effects.push({ type, requestId, tier: visitor.tier, grant });
  else turn.effects.push({ type, requestId, grant });
}

function claim(
  turn: Turn,
  pool: Pool,
  waiter: Waiter,
  place: Extract<Place, { kind: 'after-death' }>,
  claims: Set<string>,
): void {
  for (const worker of place.evict) {
    evict(turn, worker, 'evicted');
    for (const index of worker.slices) pool.uses[index] = 'dying';
  }
  take(pool, waiter.space, place.slices, 'claimed');
  claims.add(waiter.requestId);
}

function grantBody(
  turn: Turn,
  allowToken: string,
  slices: readonly number[],
  idle: boolean,
): Grant {
  const nvidiaIndex = firstOf(slices);
  const spec = turn.state.slices.find((slice) => slice.index === nvidiaIndex);
  assert(spec !== undefined, 'a lease on a slice that does not exist');
  const nvidiaUUID = slices.length > 1 ? (spec.cardUuid ?? spec.uuid) : spec.uuid;
  return { idle, nvidiaIndex, nvidiaUUID, allowToken };
}
