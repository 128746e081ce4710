/**
 * One call of `step`: the state it may change, the moment it takes place, and what it wants done.
 * Effects are carried out in the order in which they were said: a `record` that an answer rests on
 * always comes before that answer, so that a ledger can make it durable first.
 */
import type { Instant } from '../../shared/clock.js';
import { localQuota, type Quota, type QuotaOperator } from './accounts.js';
import type { AllocatorState, CallRecord, Effect, GpuSize, Visitor } from './types.js';

export interface Turn {
  readonly state: AllocatorState;
  readonly at: Instant;
  /** Quota time at `at`. */
  quotaNowMs: number;
  readonly effects: Effect[];
}

/** What every record says of its call; waiters and leases have it. */
export interface Call {
  readonly call: number;
  readonly space: string;
  readonly taskId: string;
  readonly visitor: Visitor;
  readonly askedSeconds: number;
  readonly size: GpuSize;
}

type RecordHead = Call & { readonly at: Instant };
type RecordNews<R> = R extends CallRecord ? Omit<R, keyof RecordHead> : never;

/** Everybody's quota at the moment of this step: the only way to an account. */
export function quota({ state, quotaNowMs }: Turn): Quota & QuotaOperator {
  return localQuota(state.rules.profile, state.accounts, quotaNowMs);
}

/** Tells the observers what happened to a call. */
export function record(turn: Turn, of: Call, news: RecordNews<CallRecord>): void {
  const { call, space, taskId, visitor, askedSeconds, size } = of;
  const { at } = turn;
  const record = { call, at, space, taskId, visitor, askedSeconds, size, ...news };
  turn.effects.push({ type: 'record', record });
}

/** Seconds on the monotonic clock since `then`. */
export function secondsSince(then: Instant, now: Instant): number {
  return (now.monotonicMs - then.monotonicMs) / 1000;
}
