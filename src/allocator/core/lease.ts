/**
 * A lease: one call that holds slices, from its grant to its end.
 *
 *   granted --allow--> running --release / death--> ended
 *      |                  `--deadline, operator, Space gone--> killing --death--> ended
 *      `--no allow in time--> ended, nothing charged
 *
 * A warm worker's call runs from its grant: the package sends no /allow for it.
 *
 * The laws: a lease ends exactly once and is charged exactly then; once a process has been allowed,
 * its slices are free only when it is known dead, or when a good release leaves it warm on them.
 */
import type { Instant } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import { costMs } from './balance.js';
import { beginHold, leftWithout, releaseHold, settleHold } from './holds.js';
import { costFactorOf } from './sizes.js';
import { isStartupCall } from './startup.js';
import { record, secondsSince, type Turn } from './turn.js';
import type { AllocatorState, CallEnd, CallRecord, Lease, Waiter } from './types.js';

/**
 * A warm worker may die between our answer `idle: true` and the moment the package looks at it; the
 * package then forks a new one, which asks /allow. Its call is kept open for it this long.
 */
const REFORK_MS = 1000;

/** The call holds its slices from now; with `process`, a warm worker, it runs from now. */
export function openLease(
  turn: Turn,
  waiter: Waiter,
  slices: readonly number[],
  process: ProcessId | null,
): Lease {
  const { allowToken } = waiter;
  const lease: Lease = {
    allowToken,
    requestId: waiter.requestId,
    call: waiter.call,
    space: waiter.space,
    taskId: waiter.taskId,
    visitor: waiter.visitor,
    askedSeconds: waiter.askedSeconds,
    size: waiter.size,
    slices,
    reservedMs: waiter.reservedMs,
    creditMs: waiter.creditMs,
    ...(waiter.isShared && { isShared: true }),
    warm: process !== null,
    grantedAt: turn.at,
    windowStartMs: null,
    process: null,
    allowed: false,
    startedAt: null,
    killing: null,
  };
  turn.state.leases.set(allowToken, lease);
  record(turn, lease, {
    event: 'granted',
    nvidiaIndex: firstOf(slices),
    warm: lease.warm,
    waitedSeconds: secondsSince(waiter.arrivedAt, turn.at),
  });
  // A store is asked first whether a call may begin whose hold it has.
  if (lease.isShared) lease.process = process;
  else if (process) beginLease(turn, lease, process);
  return lease;
}

/** The clocks of charge and deadline start, and the call counts in its quota window. */
export function beginLease(turn: Turn, lease: Lease, process: ProcessId): void {
  lease.process = process;
  lease.startedAt = turn.at;
  lease.windowStartMs = isStartupCall(lease) ? turn.quotaNowMs : beginHold(turn, lease);
}

/** Ends the lease and charges it. What becomes of its process is the caller's business. */
export function endLease(
  turn: Turn,
  lease: Lease,
  end: CallEnd,
  measured: {
    readonly gpuUsed: boolean;
    readonly peakVramBytes: number | null;
    /** Seconds on the GPU where the monotonic clock can't tell them. */
    readonly usedSeconds?: number;
  },
): void {
  turn.state.leases.delete(lease.allowToken);
  const usedSeconds = measured.usedSeconds ?? heldSeconds(lease, turn.at);
  const paid = pay(turn, lease, usedSeconds);
  record(turn, lease, {
    event: 'ended',
    end,
    gpuUsed: measured.gpuUsed,
    usedSeconds,
    peakVramBytes: measured.peakVramBytes,
    chargedSeconds: paid.chargedSeconds,
    creditSeconds: paid.creditSeconds,
    leftBeforeSeconds: paid.leftBeforeSeconds,
    leftAfterSeconds: paid.leftAfterSeconds,
  });
}

type EndRecord = Extract<CallRecord, { readonly event: 'ended' }>;
type Payment = Pick<
  EndRecord,
  'chargedSeconds' | 'creditSeconds' | 'leftBeforeSeconds' | 'leftAfterSeconds'
>;

/** Charges the visitor for a lease that is over; a call at start-up has none. */
function pay(turn: Turn, lease: Lease, usedSeconds: number): Payment {
  if (isStartupCall(lease)) {
    return { chargedSeconds: 0, creditSeconds: 0, leftBeforeSeconds: 0, leftAfterSeconds: 0 };
  }
  const { state } = turn;
  const { visitor, windowStartMs } = lease;
  const chargedMs = chargeOf(state, lease, usedSeconds);
  if (lease.undelivered) releaseHold(turn, lease);
  const byCreditMs = lease.undelivered ? 0 : settleHold(turn, lease, chargedMs);
  const leftAfterMs = leftWithout(turn, lease, chargedMs - byCreditMs);
  const paysNow =
    lease.isShared || state.accounts.get(visitor.key)?.windowStartMs === windowStartMs;
  return {
    chargedSeconds: chargedMs / 1000,
    creditSeconds: byCreditMs / 1000,
    leftBeforeSeconds: (paysNow ? leftAfterMs + chargedMs - byCreditMs : leftAfterMs) / 1000,
    leftAfterSeconds: leftAfterMs / 1000,
  };
}

/**
 * Ends a call from our side. With a process it is killed, and the lease ends when it is dead;
 * before /allow there is none, and the token alone dies.
 */
export function killLease(turn: Turn, lease: Lease, why: CallEnd): void {
  if (lease.killing) return;
  if (!lease.process) {
    endLease(turn, lease, why, { gpuUsed: false, peakVramBytes: null });
    return;
  }
  lease.killing = why;
  // The kill waits for nothing, not for the ledger either.
  turn.effects.push({ type: 'kill', process: lease.process, why });
  record(turn, lease, { event: 'killing', reason: why });
}

/**
 * The grant did not reach its client: the disk took no more, or the client had left. The call never
 * was: it costs nothing, and a warm worker waits on for the next one. Once an /allow has named the token
 * somebody has read the grant, whatever became of the connection.
 */
export function takeBack(turn: Turn, lease: Lease): void {
  if (lease.allowed || lease.undelivered) return;
  lease.undelivered = true;
  const { space, taskId, size, slices, process } = lease;
  // Under the knife its worker is as good as dead: the death ends the lease.
  if (lease.killing) return;
  endLease(turn, lease, 'undelivered', { gpuUsed: false, peakVramBytes: null });
  if (!process) return;
  turn.state.warmWorkers.push({
    ...{ space, taskId, size, slices, process },
    since: turn.at,
    evicting: false,
  });
}

/**
 * The process of a lease is dead: the lease ends, unless a new worker may be on its way.
 */
export function loseProcess(turn: Turn, lease: Lease): void {
  const sinceGrantMs = turn.at.monotonicMs - lease.grantedAt.monotonicMs;
  if (lease.warm && !lease.allowed && !lease.killing && sinceGrantMs < REFORK_MS) {
    lease.process = null;
    return;
  }
  endLease(turn, lease, endOfDead(lease), { gpuUsed: true, peakVramBytes: null });
}

/** How a call ended whose process is gone. */
export function endOfDead(lease: Lease): CallEnd {
  if (lease.undelivered) return 'undelivered';
  return lease.killing ?? (lease.startedAt ? 'worker-died' : 'allow-timeout');
}

/** When time alone ends this lease, on the monotonic clock; null once the kill is out, and while a debugger stops it. */
export function leaseDueMs(state: AllocatorState, lease: Lease): number | null {
  if (lease.killing || lease.pausedAt) return null;
  const { allowTimeoutSeconds } = state.rules.profile.lease;
  if (!lease.startedAt) return lease.grantedAt.monotonicMs + allowTimeoutSeconds * 1000;
  return lease.process ? latestEndMs(state, lease) : lease.grantedAt.monotonicMs + REFORK_MS;
}

/**
 * When the call is over at the latest, on the monotonic clock. One that has not begun is expected
 * to begin at once; one that is being killed is as good as over. The end of a stop in a debugger is not foreseen.
 */
export function latestEndMs(state: AllocatorState, lease: Lease): number {
  if (lease.killing) return Number.NEGATIVE_INFINITY;
  const { graceSeconds } = state.rules.profile.lease;
  const from = lease.startedAt ?? lease.grantedAt;
  return from.monotonicMs + (lease.askedSeconds + graceSeconds) * 1000 + (lease.pausedMs ?? 0);
}

/** The wire's `nvidiaIndex` of a call that holds these slices. */
export function firstOf(slices: readonly number[]): number {
  return Math.min(...slices);
}

/**
 * Seconds that a call has held its slices, without those in which a debugger had stopped it.
 *
 * @param clock the wall clock after a reboot, when monotonic times of before mean nothing
 */
export function heldSeconds(
  lease: Pick<Lease, 'startedAt' | 'pausedAt' | 'pausedMs'>,
  at: Instant,
  clock: keyof Instant = 'monotonicMs',
): number {
  const { startedAt, pausedAt } = lease;
  if (!startedAt) return 0;
  return ((pausedAt ?? at)[clock] - startedAt[clock] - (lease.pausedMs ?? 0)) / 1000;
}

/**
 * The longest that a call can be charged for, whatever kept it from ending: what it asked for, and the
 * time that the platform grants it to end. A worker that was frozen, or whose host was, pays no more.
 */
export function mostUsedSeconds(state: AllocatorState, lease: Lease): number {
  return lease.askedSeconds + state.rules.profile.lease.graceSeconds;
}

/** Nothing before the call began; what it held, and with `charge: requested` all it asked for. */
function chargeOf(state: AllocatorState, lease: Lease, usedSeconds: number): number {
  if (!lease.startedAt || lease.undelivered) return 0;
  const countedSeconds = Math.min(usedSeconds, mostUsedSeconds(state, lease));
  const usedMs = costMs(countedSeconds * 1000, costFactorOf(state, lease.size));
  const wholeRequest = state.rules.profile.quota.charge === 'requested';
  return wholeRequest ? Math.max(usedMs, lease.reservedMs + lease.creditMs) : usedMs;
}
