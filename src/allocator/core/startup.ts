/**
 * Start-up: what an app calls before `launch()` carries no visitor (ahead-of-time compilation, examples that
 * are computed in advance).
 *
 * Start-up ends when the Space's startup report arrives: `spaces` sends it at the head of `launch()`, and an
 * app that is mounted elsewhere sends it by `spaces.zero.startup()`. Until then a call without a token belongs
 * to the start-up: it is granted up to the profile's `startup.longestCallSeconds`, holds back and is charged
 * no visitor's seconds, and counts as no visitor's run. After it, a call without a token is anonymous.
 */
import { sentSeconds } from '../../platform/durations.js';
import { STARTUP_KEY } from '../../platform/tiers.js';
import type {
  AllocatorState,
  GpuSize,
  HostedSpace,
  StartupReportedEvent,
  Visitor,
} from './types.js';

/** Who calls at start-up, in log, records and views. It has no quota account. */
export const STARTUP_CALLER: Visitor = { key: STARTUP_KEY, tier: 'anonymous', hasToken: false };

/** Whether a waiter, lease or record belongs to a Space's start-up. */
export function isStartupCall({ visitor }: { readonly visitor: Pick<Visitor, 'key'> }): boolean {
  return visitor.key === STARTUP_KEY;
}

/** The caller of a call that arrives now: a call without a token before the report is the start-up's. */
export function callerOf(state: AllocatorState, space: string, visitor: Visitor): Visitor {
  if (visitor.hasToken || hasStarted(state.spaces.get(space))) return visitor;
  return STARTUP_CALLER;
}

/**
 * Longest call at start-up, in seconds as the package sends them. The cap holds for what the author declares,
 * and the package multiplies that by the profile's duration factor for all sizes but `xlarge`.
 */
export function longestStartupSeconds(state: AllocatorState, size: GpuSize): number {
  const { profile } = state.rules;
  return sentSeconds(profile, size, profile.startup.longestCallSeconds);
}

/** Start-up is over; the size that the Space's calls have from now on when they name none. */
export function onStartupReported(
  { state }: { readonly state: AllocatorState },
  event: StartupReportedEvent,
): void {
  const space = state.spaces.get(event.space);
  if (!space) return;
  space.startup = { over: true, defaultSize: event.defaultSize };
}

function hasStarted(space: HostedSpace | undefined): boolean {
  return space?.startup.over ?? true;
}
