/**
 * What must be true of every state, between any two events. O(everything): for tests, simulations
 * and a look from outside, not for every step in production.
 */
import { compareRank } from './queue-order.js';
import { slicesNeeded } from './sizes.js';
import type { AllocatorState, QuotaAccount, Waiter } from './types.js';

/** @returns one sentence for each law that is broken; empty when all hold */
export function checkInvariants(state: AllocatorState): string[] {
  return [
    ...checkSlices(state),
    ...checkProcesses(state),
    ...checkQueue(state),
    ...[...state.accounts.values()].flatMap((account) => checkAccount(state, account)),
  ];
}

/** No slice has two holders, and every held slice exists. */
function checkSlices(state: AllocatorState): string[] {
  const broken: string[] = [];
  const gpuOf = new Map(state.slices.map((slice) => [slice.index, slice.gpu]));
  const holders = new Map<number, string>();
  const hold = (who: string, slices: readonly number[], need: number): void => {
    if (slices.length !== need) broken.push(`${who} holds ${slices.length} slices, not ${need}`);
    if (new Set(slices.map((index) => gpuOf.get(index))).size !== 1) {
      broken.push(`${who} holds slices of more than one GPU`);
    }
    for (const index of slices) {
      const other = holders.get(index);
      if (other) broken.push(`slice ${index} is held by ${other} and ${who}`);
      if (!gpuOf.has(index)) broken.push(`${who} holds slice ${index}, which does not exist`);
      holders.set(index, who);
    }
  };
  for (const lease of state.leases.values()) {
    hold(`call ${lease.call}`, lease.slices, slicesNeeded(state, lease.size));
  }
  for (const worker of state.warmWorkers) {
    hold(`warm worker ${worker.process.pid}`, worker.slices, slicesNeeded(state, worker.size));
  }
  return [...broken, ...checkConcurrency(state)];
}

function checkConcurrency(state: AllocatorState): string[] {
  const limit = state.rules.concurrencyPerSpace;
  if (limit === null) return [];
  const held = new Map<string, number>();
  for (const { space, slices } of state.leases.values()) {
    held.set(space, (held.get(space) ?? 0) + slices.length);
  }
  return [...held]
    .filter(([, slices]) => slices > limit)
    .map(([space, slices]) => `Space ${space} holds ${slices} slices, its limit is ${limit}`);
}

/** One process works for one call, and a call that began knows its clock and its window. */
function checkProcesses(state: AllocatorState): string[] {
  const broken: string[] = [];
  const known = new Set<string>();
  const processes = [
    ...[...state.leases.values()].flatMap((lease) => lease.process ?? []),
    ...state.warmWorkers.map((worker) => worker.process),
  ];
  for (const { pid, startTime } of processes) {
    // A pid may come again before the news of its first owner's death: the start time tells them.
    const key = `${pid} of ${startTime}`;
    if (known.has(key)) broken.push(`process ${key} is known twice`);
    if (pid <= 1) broken.push(`process ${pid} could be killed`);
    known.add(key);
  }
  for (const [token, lease] of state.leases) {
    const who = `call ${lease.call}`;
    if (token !== lease.allowToken) broken.push(`${who} is filed under another token`);
    if (lease.process && !lease.startedAt && !lease.unconfirmed)
      broken.push(`${who} has a process but no start`);
    if (lease.killing && !lease.process) broken.push(`${who} is being killed without a process`);
    if ((lease.startedAt === null) !== (lease.windowStartMs === null)) {
      broken.push(`${who} has a start without a window, or a window without a start`);
    }
  }
  return broken;
}

/** The queue is in order, and its indexes speak of the same waiters. */
function checkQueue(state: AllocatorState): string[] {
  const broken: string[] = [];
  state.queue.forEach((waiter, index) => {
    const next = state.queue[index + 1];
    if (next && compareRank(waiter, next) >= 0) {
      broken.push(`call ${waiter.call} stands before call ${next.call}, against the order`);
    }
    if (state.waiting.get(waiter.requestId) !== waiter) {
      broken.push(`call ${waiter.call} waits, but its request is not known`);
    }
    if (state.leases.has(waiter.allowToken)) {
      broken.push(`call ${waiter.call} waits and holds a lease`);
    }
  });
  if (state.waiting.size !== state.queue.length) {
    broken.push(`${state.waiting.size} requests wait, but ${state.queue.length} stand in line`);
  }
  const counted = [...state.waitingInSpace.values()].reduce(
    (sum, counts) => sum + counts.large + counts.xlarge,
    0,
  );
  if (counted !== state.queue.length) {
    broken.push(`${counted} waiters are counted in their Spaces, not ${state.queue.length}`);
  }
  for (const requestId of state.unanswered) {
    if (!state.waiting.has(requestId)) broken.push(`request ${requestId} is unanswered and gone`);
  }
  return broken;
}

/** An account holds back exactly what its waiters and leases ask for, and counts them as runs. */
function checkAccount(state: AllocatorState, account: QuotaAccount): string[] {
  // Its holds are those of many hosts.
  if (account.isShared) return [];
  const mine = (holder: Pick<Waiter, 'visitor' | 'isShared'>) =>
    holder.visitor.key === account.key && !holder.isShared;
  const waiters = state.queue.filter(mine);
  const leases = [...state.leases.values()].filter(mine);
  const pending = [...waiters, ...leases.filter((lease) => lease.windowStartMs === null)];
  const begun = leases.filter(
    (lease) => lease.windowStartMs !== null && lease.windowStartMs === account.windowStartMs,
  );
  const sum = (holds: readonly { reservedMs: number }[]) =>
    holds.reduce((total, hold) => total + hold.reservedMs, 0);
  const expected: readonly [string, number, number][] = [
    ['reservedMs', account.reservedMs, sum(pending) + sum(begun)],
    ['begunMs', account.begunMs, sum(begun)],
    [
      'creditHeldMs',
      account.creditHeldMs,
      [...waiters, ...leases].reduce((t, h) => t + h.creditMs, 0),
    ],
    ['pendingRuns', account.pendingRuns, pending.length],
  ];
  const broken = expected
    .filter(([, actual, right]) => actual !== right)
    .map(([field, actual, right]) => `${account.key}: ${field} is ${actual}, not ${right}`);
  if (account.creditMs < account.creditHeldMs) {
    broken.push(`${account.key}: more credits are held than there are`);
  }
  if (account.usedMs < 0) broken.push(`${account.key}: used seconds are negative`);
  if (account.windowStartMs === null && account.usedMs > 0) {
    broken.push(`${account.key}: seconds are used in no window`);
  }
  return broken;
}
