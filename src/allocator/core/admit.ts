/**
 * Whether a call is accepted at all, decided once, before it queues. In this order:
 *
 *  1. expired token: the visitor's token was ours and its time is over;
 *  2. illegal duration: more than this visitor could ever have, so that waiting does not help. The
 *     tier's cap is compared with what the call costs (`xlarge` doubles it), the operator's cap
 *     (`run --duration`) with the seconds declared;
 *  3. quota: what the call costs is compared with what is left, never what it will really use; with
 *     the credits, where the visitor has any;
 *  4. pending credits: they would cover it if other calls of the visitor did not hold them;
 *  5. runs: the window's number of calls is used up;
 *  6. no GPU: the profile has no such size, or no card here has so many slices.
 *
 * A call at start-up has no visitor (startup.ts): its own cap and the size alone can refuse it.
 *
 * Only then do the Space's concurrency and the pool decide whether it runs or waits. A refused
 * call changes no account.
 */

import { sentSeconds } from '../../platform/durations.js';
import { tierFacts } from '../../platform/tier-facts.js';
import { readBalance } from './accounts.js';
import { type Balance, coverageOf, hasNoRunLeft } from './balance.js';
import { costFactorOf, reservationMs, slicesNeeded } from './sizes.js';
import { isStartupCall, longestStartupSeconds } from './startup.js';
import type { AllocatorState, GpuSize, Refusal, RefusalKind, Visitor } from './types.js';

export interface AskedCall {
  readonly visitor: Visitor;
  readonly size: GpuSize;
  readonly tokenExpired: boolean;
  /** As sent on the wire; null when nothing was. */
  readonly declaredSeconds: number | null;
  /** Where a store keeps the quotas: whether it holds what the call costs. */
  readonly isCovered?: boolean;
}

/** Seconds that the call asks for: as declared, else the profile's default. */
export function askedSecondsOf(state: AllocatorState, declaredSeconds: number | null): number {
  return declaredSeconds ?? state.rules.profile.defaultDurationSeconds;
}

/**
 * Whether the call itself is accepted: not whether the host takes any (`stoppingRefusal`).
 *
 * @returns null when it is
 */
export function refusalOf(
  state: AllocatorState,
  call: AskedCall,
  quotaNowMs: number,
): Refusal | null {
  if (isStartupCall(call)) return startupRefusalOf(state, call);
  const { profile } = state.rules;
  const balance = readBalance(profile, state.accounts, call.visitor, quotaNowMs);
  const refuse = (kind: RefusalKind, waitSeconds: number): Refusal =>
    createRefusal(state, call, balance, kind, waitSeconds);

  if (call.tokenExpired) return refuse('expired-token', 0);
  if (isIllegalDuration(state, call)) return refuse('illegal-duration', -1);
  if (call.isCovered !== true) {
    if (coverageOf(balance, costOf(state, call)) === null) {
      return coverageOf(withoutHolds(balance), costOf(state, call)) === null
        ? refuse('quota-exceeded', secondsToReset(state, balance))
        : refuse('pending-credits', 0);
    }
    if (hasNoRunLeft(profile, call.visitor.tier, balance)) return refuse('runs-exceeded', 0);
    // What the store refused stays refused, should a window have ended meanwhile.
    if (call.isCovered === false) return refuse('quota-exceeded', secondsToReset(state, balance));
  }
  return isEverPossible(state, call.size) ? null : refuse('no-gpu', 0);
}

/** A call at start-up has no quota to exceed: only its own cap and the size can refuse it. */
function startupRefusalOf(state: AllocatorState, call: AskedCall): Refusal | null {
  const isLegal =
    askedSecondsOf(state, call.declaredSeconds) <= longestStartupSeconds(state, call.size);
  if (!isLegal) return startupRefusal(state, call, 'illegal-duration', -1);
  return isEverPossible(state, call.size) ? null : startupRefusal(state, call, 'no-gpu', 0);
}

function startupRefusal(
  state: AllocatorState,
  call: AskedCall,
  kind: RefusalKind,
  waitSeconds: number,
): Refusal {
  return {
    ...{ kind, leftSeconds: 0, waitSeconds },
    requestedSeconds: askedSecondsOf(state, call.declaredSeconds),
    longestSeconds: longestStartupSeconds(state, call.size),
  };
}

/** The refusal of a call that was accepted and found no GPU in time. */
export function noGpuRefusal(state: AllocatorState, call: AskedCall, quotaNowMs: number): Refusal {
  if (isStartupCall(call)) return startupRefusal(state, call, 'no-gpu', 0);
  const balance = readBalance(state.rules.profile, state.accounts, call.visitor, quotaNowMs);
  return createRefusal(state, call, balance, 'no-gpu', 0);
}

/** While the host ends nothing is taken on; null as long as it does not. */
export function stoppingRefusal(
  state: AllocatorState,
  call: AskedCall,
  quotaNowMs: number,
): Refusal | null {
  if (!state.stopping) return null;
  return { ...noGpuRefusal(state, call, quotaNowMs), kind: 'stopping' };
}

function createRefusal(
  state: AllocatorState,
  call: AskedCall,
  balance: Balance,
  kind: RefusalKind,
  waitSeconds: number,
): Refusal {
  return {
    kind,
    leftSeconds: Math.floor((balance.leftMs + balance.creditLeftMs) / 1000),
    waitSeconds,
    requestedSeconds: costOf(state, call) / 1000,
    longestSeconds: longestSecondsOf(state, call),
  };
}

/** The balance as it would be if no call held any credits. */
function withoutHolds(balance: Balance): Balance {
  return { ...balance, creditLeftMs: balance.creditLeftMs + balance.creditHeldMs };
}

function costOf(state: AllocatorState, call: AskedCall): number {
  return reservationMs(state, askedSecondsOf(state, call.declaredSeconds), call.size);
}

function isIllegalDuration(state: AllocatorState, call: AskedCall): boolean {
  const { profile, longestCallSeconds } = state.rules;
  const capSeconds = tierFacts(profile, call.visitor.tier).longestCallSeconds;
  if (costOf(state, call) > capSeconds * 1000) return true;
  if (longestCallSeconds === null || !isDeclared(state, call)) return false;
  return askedSecondsOf(state, call.declaredSeconds) > longestCallSeconds;
}

/**
 * The package sends the default when a function declares nothing, so on the wire "nothing" and the
 * default look alike. Both keep the profile's default under any operator's cap: a Space whose
 * functions declare nothing must not be refused as a whole.
 */
function isDeclared(state: AllocatorState, call: AskedCall): boolean {
  const { profile } = state.rules;
  const sentForNothing = sentSeconds(profile, call.size, profile.defaultDurationSeconds);
  return call.declaredSeconds !== null && call.declaredSeconds !== sentForNothing;
}

function longestSecondsOf(state: AllocatorState, call: AskedCall): number {
  const { longestCallSeconds } = tierFacts(state.rules.profile, call.visitor.tier);
  const byTier = longestCallSeconds / costFactorOf(state, call.size);
  return Math.min(byTier, state.rules.longestCallSeconds ?? byTier);
}

/** Until the window is over; a whole window when none is open. At least 1: 0 means the runs limit. */
function secondsToReset(state: AllocatorState, balance: Balance): number {
  const resetsInMs = balance.resetsInMs ?? state.rules.profile.quota.windowSeconds * 1000;
  return Math.max(1, Math.ceil(resetsInMs / 1000));
}

function isEverPossible(state: AllocatorState, size: GpuSize): boolean {
  if (state.rules.profile.sizes[size] === null) return false;
  const need = slicesNeeded(state, size);
  if (need > (state.rules.concurrencyPerSpace ?? need)) return false;
  // One slice is the common size, and most calls ask for it.
  if (need === 1) return state.slices.length > 0;
  const slicesOfGpu = new Map<number, number>();
  for (const { gpu } of state.slices) slicesOfGpu.set(gpu, (slicesOfGpu.get(gpu) ?? 0) + 1);
  return Math.max(0, ...slicesOfGpu.values()) >= need;
}
