/** A fresh state, and the small memory of released tokens. */
import type { SliceSpec } from '../../shared/host.js';
import { assert } from './assert.js';
import { createFifo } from './fifo.js';
import type { AllocatorRules, AllocatorState, QuotaAccount, ReleasedTokens } from './types.js';

/** Tokens per generation: at least so many ended calls are remembered, at most twice as many. */
const REMEMBERED_TOKENS = 2_000;

/** Where quota time stood when the accounts were saved. */
export interface QuotaClock {
  readonly quotaOffsetMs: number;
  readonly quotaTimeMs: number;
  /** Null, or left out, where it was of another boot. */
  readonly quotaMonotonicMs?: number | null;
}

/**
 * A state in which no call runs or waits.
 *
 * @param accounts accounts of an earlier run; what they had held back is let go, since the calls
 *   that it was held for are gone
 * @param clock quota time of that run, so that a wall clock set back meanwhile gives nothing back
 */
export function createState(
  rules: AllocatorRules,
  slices: readonly SliceSpec[],
  accounts: Iterable<QuotaAccount> = [],
  clock: QuotaClock = { quotaOffsetMs: 0, quotaTimeMs: 0 },
): AllocatorState {
  const indexes = new Set(slices.map((slice) => slice.index));
  assert(indexes.size === slices.length, 'two slices with one index');
  const known = new Map<string, QuotaAccount>();
  for (const account of accounts) {
    known.set(account.key, {
      ...account,
      reservedMs: 0,
      begunMs: 0,
      pendingRuns: 0,
      creditHeldMs: 0,
    });
  }
  return {
    rules,
    slices,
    lost: new Set(),
    spaces: new Map(),
    leases: new Map(),
    warmWorkers: [],
    queue: [],
    waiting: new Map(),
    waitingInSpace: new Map(),
    unanswered: new Set(),
    ageing: createFifo(),
    timeouts: createFifo(),
    released: { recent: new Map(), older: new Map() },
    accounts: known,
    deliveries: new Map(),
    nextCall: 1,
    stopping: false,
    quotaOffsetMs: clock.quotaOffsetMs,
    quotaTimeMs: clock.quotaTimeMs,
    quotaMonotonicMs: clock.quotaMonotonicMs ?? null,
  };
}

/** Remembers the answer to a /release. O(1): a full generation pushes out the one before it. */
export function rememberRelease(tokens: ReleasedTokens, token: string, status: 200 | 204): void {
  tokens.recent.set(token, status);
  if (tokens.recent.size < REMEMBERED_TOKENS) return;
  tokens.older = tokens.recent;
  tokens.recent = new Map();
}

/** The answer to the first /release of this token, if it is still known. */
export function recallRelease(tokens: ReleasedTokens, token: string): 200 | 204 | undefined {
  return tokens.recent.get(token) ?? tokens.older.get(token);
}

/** Whether a call has this token, or had it until not long ago. A guessed token never was one. */
export function isKnownToken(state: AllocatorState, token: string): boolean {
  return state.leases.has(token) || recallRelease(state.released, token) !== undefined;
}
