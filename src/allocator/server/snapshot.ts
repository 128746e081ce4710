import type { GpuBackend } from '../../gpu/port.js';
import { tierFacts } from '../../platform/tier-facts.js';
import type { Instant } from '../../shared/clock.js';
import type { Snapshot, SnapshotCall, SnapshotVisitor } from '../client/snapshot.js';
import { refusalOf } from '../core/admit.js';
import { createAccount } from '../core/balance.js';
import { type QueueEntry, queueView, quotaOf, type SliceView, sliceView } from '../core/index.js';
import { quotaTimeAt } from '../core/quota-clock.js';
import type { Call } from '../core/turn.js';
import type { AllocatorState, QuotaAccount, Visitor } from '../core/types.js';
import type { Ledger } from '../store/index.js';
import type { FaultPlan } from './faults.js';
import type { LastMinuteCounter } from './last-minute.js';
import type { SpaceLabels } from './space-labels.js';

/** What a snapshot is made of besides the state. */
export interface SnapshotSources {
  readonly state: AllocatorState;
  readonly backend: GpuBackend;
  readonly ledger: Ledger;
  readonly labels: SpaceLabels;
  readonly lastMinute: LastMinuteCounter;
  readonly faults: Pick<FaultPlan, 'callFaults'>;
  readonly kind: 'serve' | 'run';
  readonly zerogpuVersion: string;
  readonly startedMonotonicMs: number;
  /** Calls are traced (`--otlp`). */
  readonly traced: boolean;
}

/** How many entries of the long lists are shown. */
export interface SnapshotSize {
  readonly queue: number;
  readonly visitors: number;
}

/**
 * The whole allocator as the control API shows it. O(queue log queue + visitors); no queue and no visitor is
 * looked at where none is asked for.
 */
export function takeSnapshot(sources: SnapshotSources, size: SnapshotSize, at: Instant): Snapshot {
  const { state, backend, ledger, lastMinute } = sources;
  const { profile, longestCallSeconds } = state.rules;
  return {
    version: 1,
    at: new Date(at.wallMs).toISOString(),
    allocator: {
      kind: sources.kind,
      zerogpuVersion: sources.zerogpuVersion,
      pid: process.pid,
      upSeconds: (at.monotonicMs - sources.startedMonotonicMs) / 1000,
      platform: { name: profile.name, title: profile.title, asOf: profile.asOf },
      backend: { name: backend.name, description: backend.description },
      defaultDurationSeconds: profile.defaultDurationSeconds,
      longestCallSeconds,
      queueTimeoutSeconds: profile.queue.timeoutSeconds,
      ledger: { path: ledger.path, status: ledger.status, problem: ledger.problem },
      faults: [...sources.faults.callFaults()],
      traced: sources.traced,
    },
    spaces: [...state.spaces.values()].map(({ id, name, owner, root }) => ({
      id,
      name,
      owner: owner.name,
      pid: root?.pid ?? null,
    })),
    cards: [...(backend.cards?.() ?? [])],
    slices: sliceView(state, at).map((slice) => showSlice(sources, slice)),
    queue: {
      total: state.queue.length,
      entries: (size.queue === 0 ? [] : queueView(state, at))
        .slice(0, size.queue)
        .map((entry) => showQueueEntry(sources, entry)),
    },
    visitors: {
      total: state.accounts.size,
      entries: mostInteresting(state, size.visitors).map((account) =>
        showVisitor(state, account, at),
      ),
    },
    lastMinute: lastMinute.view(at.monotonicMs),
  };
}

function showCall(sources: SnapshotSources, call: Call): SnapshotCall {
  return {
    call: call.call,
    space: call.space,
    spaceName: spaceName(sources.state, call.space),
    function: sources.labels.now(call.space, call.taskId),
    visitor: call.visitor.key,
    tier: call.visitor.tier,
    askedSeconds: call.askedSeconds,
    size: call.size,
  };
}

function showSlice(sources: SnapshotSources, slice: SliceView): Snapshot['slices'][number] {
  const { call, warm, process, ...rest } = slice;
  const { labels, state, backend } = sources;
  return {
    ...rest,
    call: call && showCall(sources, call),
    warm: warm && {
      space: warm.space,
      spaceName: spaceName(state, warm.space),
      function: labels.now(warm.space, warm.taskId),
    },
    pid: process?.pid ?? null,
    memory: process && backend.readMemory(process),
  };
}

function showQueueEntry(
  sources: SnapshotSources,
  entry: QueueEntry,
): Snapshot['queue']['entries'][number] {
  const { timeoutSeconds } = sources.state.rules.profile.queue;
  return {
    ...showCall(sources, entry),
    position: entry.position,
    waitedSeconds: entry.waitedSeconds,
    reason: entry.reason,
    behind: entry.behind,
    waitsAtMostSeconds: entry.waitsAtMostSeconds,
    timesOutInSeconds: Math.max(0, timeoutSeconds - entry.waitedSeconds),
  };
}

/** Visitors with calls first, then those whose window opened last. O(visitors) compares where few are shown. */
function mostInteresting(state: AllocatorState, count: number): readonly QuotaAccount[] {
  const shown: QuotaAccount[] = [];
  if (count === 0) return shown;
  for (const account of state.accounts.values()) {
    const last = shown[count - 1];
    if (last && compareInterest(last, account) <= 0) continue;
    shown.splice(placeOf(shown, account), 0, account);
    if (shown.length > count) shown.pop();
  }
  return shown;
}

function compareInterest(a: QuotaAccount, b: QuotaAccount): number {
  const holds = ({ reservedMs, creditHeldMs }: QuotaAccount) =>
    Number(reservedMs + creditHeldMs > 0);
  return (
    holds(b) - holds(a) ||
    (b.windowStartMs ?? 0) - (a.windowStartMs ?? 0) ||
    (a.key < b.key ? -1 : 1)
  );
}

/** Index of the first that is less interesting. */
function placeOf(shown: readonly QuotaAccount[], account: QuotaAccount): number {
  let low = 0;
  let high = shown.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = shown[middle];
    if (other && compareInterest(other, account) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function showVisitor(state: AllocatorState, account: QuotaAccount, at: Instant): SnapshotVisitor {
  const { profile } = state.rules;
  const tier = account.tierOverride ?? account.tier;
  const visitor: Visitor = { key: account.key, tier, hasToken: true };
  const { runs, ...quota } = quotaOf(state, visitor, at);
  const { resetsInSeconds } = quota;
  const call = { visitor, size: 'large', tokenExpired: false, declaredSeconds: null } as const;
  const refusal = refusalOf(state, call, quotaTimeAt(state, at))?.kind ?? null;
  return {
    visitor: account.key,
    tier,
    ...quota,
    resetsAt:
      resetsInSeconds === null ? null : new Date(at.wallMs + resetsInSeconds * 1000).toISOString(),
    runs,
    runsLimit: tierFacts(profile, tier).runsPerWindow,
    creditSeconds: profile.credits?.tiers.includes(tier) ? account.creditMs / 1000 : null,
    nextDefaultCall: refusal === 'expired-token' || refusal === 'stopping' ? null : refusal,
  };
}

/** One visitor's quota; one who was never seen has all of it. */
export function visitorView(state: AllocatorState, visitor: Visitor, at: Instant): SnapshotVisitor {
  return showVisitor(state, state.accounts.get(visitor.key) ?? createAccount(visitor), at);
}

function spaceName(state: AllocatorState, id: string): string {
  return state.spaces.get(id)?.name ?? id;
}
