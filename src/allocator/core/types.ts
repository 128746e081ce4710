/**
 * The vocabulary of the allocator core: everything that goes in and everything that comes out.
 *
 * The law of this folder: no node:*, no async, no Date, no random. Time, identifiers and tokens
 * come in with the events; what must happen in the world goes out as effects. The same state and
 * the same event give the same result, always, so that server, simulator and tests share `step`.
 */
import type { PlatformProfile } from '../../platform/schema.js';
import type { GpuSize, OwnerKind, Tier } from '../../platform/tiers.js';
import type { Instant } from '../../shared/clock.js';
import type { ProcessId, SliceSpec } from '../../shared/host.js';
import type { CallEnd, QueuingReason } from './effects.js';
import type { Delivery } from './shared-quota.js';

export type { GpuSize, Tier } from '../../platform/tiers.js';

/** A visitor's request at the gateway. */
export interface VisitorRequest {
  /** When it arrived, milliseconds since 1970 on the machine's own clock. */
  readonly atMs: number;
  /** The span of the visitor's own that has sent it, as W3C Trace Context has it; null without one. */
  readonly traceparent: string | null;
}

/** Who asks. `key` names the quota account: two calls with one key share one quota. */
export interface Visitor {
  readonly key: string;
  readonly tier: Tier;
  /** False when the call came without a token (at start-up, or at the app's own address). */
  readonly hasToken: boolean;
  /** Which client of the visitor it is, as that client calls itself; counts for nothing. */
  readonly client?: string;
  /** The request at the gateway that brings the call, where calls are traced; counts for nothing. */
  readonly request?: VisitorRequest;
}

/** What the allocator decides by: a platform profile and what the operator set for this host. */
export interface AllocatorRules {
  readonly profile: PlatformProfile;
  /** `run --duration`: longest seconds one call may hold, null for the profile's caps alone. */
  readonly longestCallSeconds: number | null;
  /** Slices that one Space may hold at once; null for as many as there are. */
  readonly concurrencyPerSpace: number | null;
  /** How many times faster quota time passes than the machine's (`--speed`); 1 when left out. */
  readonly speed?: number;
}

export type * from './effects.js';
export type * from './events.js';
export type * from './shared-quota.js';

// ---------------------------------------------------------------------------- state

export interface Lease {
  readonly allowToken: string;
  /** The /schedule that was granted; null in a ledger from before it was kept. */
  readonly requestId: string | null;
  readonly call: number;
  readonly space: string;
  readonly taskId: string;
  readonly visitor: Visitor;
  readonly askedSeconds: number;
  readonly size: GpuSize;
  readonly slices: readonly number[];
  readonly warm: boolean;
  readonly grantedAt: Instant;
  /** Quota milliseconds held back until the call ends. */
  readonly reservedMs: number;
  /** Prepaid milliseconds held back besides, for what the quota did not cover. */
  readonly creditMs: number;
  /** The quota window that pays: the one in which the call began; null until it begins. */
  windowStartMs: number | null;
  process: ProcessId | null;
  /** True once an /allow has named the process; a warm worker's call needs none. */
  allowed: boolean;
  /** The clock of the charge: allow, or the grant when the worker was warm. */
  startedAt: Instant | null;
  /** Since when a debugger has stopped the call; null or absent while it runs. */
  pausedAt?: Instant | null;
  /** For how long debuggers have stopped it before, milliseconds; absent for never. */
  pausedMs?: number;
  /** Set when a kill was sent and the process has not gone yet. */
  killing: CallEnd | null;
  /** The grant never reached its client: the call costs nothing, however it ends. */
  undelivered?: true;
  /** A store that many hosts share has its hold, under its request id. */
  readonly isShared?: true;
  /** Set until the store has confirmed that the call begins: how the grant will leave then. */
  unconfirmed?: 'grant' | 'stream-grant';
}

/** A forked worker that has run its task and waits for the next call of it, holding VRAM. */
export interface WarmWorker {
  readonly space: string;
  readonly taskId: string;
  readonly size: GpuSize;
  readonly slices: readonly number[];
  readonly process: ProcessId;
  readonly since: Instant;
  /** True once a kill was sent: the slice is free when the process is gone. */
  evicting: boolean;
}

export interface Waiter {
  readonly requestId: string;
  readonly allowToken: string;
  readonly call: number;
  readonly space: string;
  readonly taskId: string;
  readonly visitor: Visitor;
  readonly askedSeconds: number;
  readonly size: GpuSize;
  readonly reservedMs: number;
  readonly creditMs: number;
  /** A store that many hosts share has its hold, under its request id. */
  readonly isShared?: true;
  readonly arrivedAt: Instant;
  reason: QueuingReason;
  /** What decides the service order (queue-order.ts), frozen at arrival. */
  readonly tierRank: number;
  readonly quotaClass: number;
  /** Tiers that waiting has lifted it by so far. */
  agedTiers: number;
}

/** Something to look at when its time has come; entries whose waiter has left are skipped. */
export interface DueWaiter {
  readonly waiter: Waiter;
  readonly dueMs: number;
}

/** First in, first out, with entries in the order of their due times. */
export interface Fifo<T> {
  items: T[];
  head: number;
}

/**
 * One visitor's window: 24 h from its first charged call (platform-facts: fixed, not sliding). Changed
 * by the quota law alone (quota.ts), which makes a new one each time.
 */
export interface QuotaAccount {
  readonly key: string;
  readonly tier: Tier;
  /** Set by an operator: the tier that counts, whatever the visitor's token says. */
  readonly tierOverride: Tier | null;
  /** Prepaid quota milliseconds that are left; they belong to no window. */
  readonly creditMs: number;
  /** The part of `creditMs` that waiters and leases hold. */
  readonly creditHeldMs: number;
  /** Quota time at which the window opened; null before the first call of a fresh window. */
  readonly windowStartMs: number | null;
  readonly usedMs: number;
  /** Held back from this window by waiters and leases. */
  readonly reservedMs: number;
  /** The part of `reservedMs` that belongs to calls that have begun in this window. */
  readonly begunMs: number;
  /** Calls that have begun in this window. */
  readonly runs: number;
  /** Accepted calls that have not begun yet: they count against the runs limit too. */
  readonly pendingRuns: number;
  /** What a store that many hosts share answered last (shared-quota.ts): the account is kept there. */
  readonly isShared?: true;
}

/** A Space that this host runs. Its `id` is what its package sends as cgroupPath. */
export interface HostedSpace {
  readonly id: string;
  readonly name: string;
  readonly owner: Owner;
  /** Root of its process tree; null until its app has started. */
  root: ProcessId | null;
  startup: SpaceStartup;
}

/** Where a Space stands with its start-up (startup.ts). */
export interface SpaceStartup {
  /** Its startup report has arrived: from now on each call is a visitor's. */
  readonly over: boolean;
  /** Size of its calls that name none: what its `spaces` package has made the default. */
  readonly defaultSize: GpuSize;
}

/** Whose Space it is: hosting limits count per owner. */
export interface Owner {
  readonly name: string;
  readonly kind: OwnerKind;
}

/** Two generations of bounded size: old tokens are forgotten without a search for the oldest. */
export interface ReleasedTokens {
  recent: Map<string, 200 | 204>;
  older: Map<string, 200 | 204>;
}

export interface AllocatorState {
  rules: AllocatorRules;
  slices: readonly SliceSpec[];
  /** Indexes of slices whose card is gone for now: the calls there end, and no call is placed there. */
  lost: ReadonlySet<number>;
  /** By id. */
  readonly spaces: Map<string, HostedSpace>;
  readonly leases: Map<string, Lease>;
  warmWorkers: WarmWorker[];
  /** Waiters in the order in which they are served. */
  readonly queue: Waiter[];
  /** The same waiters by requestId. */
  readonly waiting: Map<string, Waiter>;
  /** How many of each size wait in each Space; Spaces without waiters are left out. */
  readonly waitingInSpace: Map<string, Record<GpuSize, number>>;
  /** When waiters are lifted by one more tier, and when they time out. */
  readonly ageing: Fifo<DueWaiter>;
  readonly timeouts: Fifo<DueWaiter>;
  /** Requests of waiters that got no message yet: they only wait for a process to end. */
  readonly unanswered: Set<string>;
  /** The answer to the first /release of a token, so that a second one gets the same. */
  readonly released: ReleasedTokens;
  readonly accounts: Map<string, QuotaAccount>;
  /** What the shared store does not have yet, by reservation. */
  readonly deliveries: Map<string, Delivery>;
  nextCall: number;
  /** What operators have added to quota time (`advance`). */
  quotaOffsetMs: number;
  /** Quota time at the last event: it never goes back. */
  quotaTimeMs: number;
  /** The monotonic clock at the last event; null before the first one of a boot. */
  quotaMonotonicMs: number | null;
  /** The host ends: nothing is granted any more, and nothing is taken on. */
  stopping: boolean;
}
