/**
 * The vocabulary of the allocator core: everything that goes in and everything that comes out.
 *
 * The law of this folder: no node:*, no async, no Date, no random. Time, identifiers and tokens
 * come in with the events; what must happen in the world goes out as effects. The same state and
 * the same event give the same result, always, so that server, simulator and tests share `step`.
 */
import type { PlatformProfile } from '../../platform/schema.js';
import type { Instant } from '../../shared/clock.js';
import type { ProcessId, SliceSpec } from '../../shared/host.js';

export type Tier = 'anonymous' | 'free' | 'pro';
export type GpuSize = 'large' | 'xlarge';

/** Who asks. `key` names the quota account: two calls with one key share one quota. */
export interface Visitor {
  readonly key: string;
  readonly tier: Tier;
  /** False when the call came without a token (examples at start-up, direct address). */
  readonly hasToken: boolean;
}

/** What the allocator decides by: a platform profile and what the operator set for this host. */
export interface AllocatorRules {
  readonly profile: PlatformProfile;
  /** `run --duration`: longest seconds one call may hold, null for the profile's caps alone. */
  readonly longestCallSeconds: number | null;
  /** Slices that one Space may hold at once; null for as many as there are. */
  readonly concurrencyPerSpace: number | null;
}

// ---------------------------------------------------------------------------- events (in)

export interface ScheduleEvent {
  readonly type: 'schedule';
  readonly at: Instant;
  /** Names the pending HTTP request; effects refer to it. */
  readonly requestId: string;
  /** Unguessable; becomes the lease's allowToken if the call is granted. Made outside. */
  readonly allowToken: string;
  readonly space: string;
  readonly taskId: string;
  readonly visitor: Visitor;
  /** Seconds as declared on the wire; null when the client sent none. */
  readonly durationSeconds: number | null;
  readonly size: GpuSize;
  /** True when the visitor's token was ours and its time is over. */
  readonly tokenExpired: boolean;
}
export interface AllowEvent {
  readonly type: 'allow';
  readonly at: Instant;
  readonly requestId: string;
  readonly allowToken: string;
  readonly process: ProcessId;
}
export interface ReleaseEvent {
  readonly type: 'release';
  readonly at: Instant;
  readonly requestId: string;
  readonly allowToken: string;
  readonly fail: boolean;
  /** False when the backend knows that the call never touched the GPU. */
  readonly gpuUsed: boolean;
  /** Peak bytes of device memory during the call, null if the backend can't tell. */
  readonly peakVramBytes: number | null;
}
/** The client closed its stream before a grant. */
export interface AbandonEvent {
  readonly type: 'abandon';
  readonly at: Instant;
  readonly requestId: string;
}
/** A process that an effect asked to watch (or kill) is gone. */
export interface ProcessDiedEvent {
  readonly type: 'process-died';
  readonly at: Instant;
  readonly process: ProcessId;
}
/** The Space's app ended: its waiters, leases and warm workers go. */
export interface SpaceGoneEvent {
  readonly type: 'space-gone';
  readonly at: Instant;
  readonly space: string;
}
/** An operator ends a running call; `call` is its number. */
export interface KillCallEvent {
  readonly type: 'kill-call';
  readonly at: Instant;
  readonly call: number;
}
/** Moves the quota windows forward as if `seconds` had passed; running calls don't notice. */
export interface AdvanceEvent {
  readonly type: 'advance';
  readonly at: Instant;
  readonly seconds: number;
}
export interface TickEvent {
  readonly type: 'tick';
  readonly at: Instant;
}
export type AllocatorEvent =
  | ScheduleEvent
  | AllowEvent
  | ReleaseEvent
  | AbandonEvent
  | ProcessDiedEvent
  | SpaceGoneEvent
  | KillCallEvent
  | AdvanceEvent
  | TickEvent;

// ---------------------------------------------------------------------------- effects (out)

/** The body of a grant, as the wire has it. */
export interface Grant {
  readonly idle: boolean;
  readonly nvidiaIndex: number;
  readonly nvidiaUUID: string;
  readonly allowToken: string;
}
export type QueuingReason = 'node' | 'concurrency';
export type RefusalKind =
  | 'expired-token'
  | 'illegal-duration'
  | 'quota-exceeded'
  | 'runs-exceeded'
  | 'no-gpu';
export interface Refusal {
  readonly kind: RefusalKind;
  /** Whole seconds left in the visitor's quota, rounded down. */
  readonly leftSeconds: number;
  /** Seconds until the quota is whole again; -1 for an illegal duration, 0 for the runs limit. */
  readonly waitSeconds: number;
  /** Seconds asked for, after the size's cost factor. */
  readonly requestedSeconds: number;
  /** The longest that this visitor could ask for, after caps, in seconds. */
  readonly longestSeconds: number;
}
/** How a call leaves the GPU. */
export type CallEnd =
  | 'released'
  | 'failed'
  | 'deadline'
  | 'worker-died'
  | 'operator'
  | 'allow-timeout'
  | 'space-gone';

/** What observers (log, ledger, TUI) are told. `call` is one number per accepted or refused call. */
export type CallRecord = {
  readonly call: number;
  readonly at: Instant;
  readonly space: string;
  readonly taskId: string;
  readonly visitor: Visitor;
  /** Seconds asked for as declared (or the default), before the cost factor. */
  readonly askedSeconds: number;
  readonly size: GpuSize;
} & (
  | { readonly event: 'refused'; readonly refusal: Refusal }
  | { readonly event: 'queued'; readonly reason: QueuingReason; readonly position: number }
  | {
      readonly event: 'granted';
      readonly nvidiaIndex: number;
      readonly warm: boolean;
      readonly waitedSeconds: number;
    }
  | { readonly event: 'allowed'; readonly process: ProcessId }
  /** The deadline (or an operator) has sent the kill; `ended` follows when the process is gone. */
  | { readonly event: 'killing'; readonly reason: CallEnd }
  | {
      readonly event: 'ended';
      readonly end: CallEnd;
      readonly gpuUsed: boolean;
      /** Wall seconds on the GPU; what was charged is `chargedSeconds` (cost factor included). */
      readonly usedSeconds: number;
      readonly chargedSeconds: number;
      readonly peakVramBytes: number | null;
      readonly leftBeforeSeconds: number;
      readonly leftAfterSeconds: number;
    }
  | { readonly event: 'timed-out'; readonly waitedSeconds: number }
  | { readonly event: 'abandoned'; readonly waitedSeconds: number }
);

export type Effect =
  /** Answer a /schedule that has not been answered yet. */
  | {
      readonly type: 'grant';
      readonly requestId: string;
      readonly tier: Tier;
      readonly grant: Grant;
    }
  | {
      readonly type: 'refuse';
      readonly requestId: string;
      readonly tier: Tier;
      readonly refusal: Refusal;
    }
  /** Open the event stream of a /schedule; `stream-*` effects end it. */
  | {
      readonly type: 'queue';
      readonly requestId: string;
      readonly tier: Tier;
      readonly reason: QueuingReason;
    }
  | { readonly type: 'stream-grant'; readonly requestId: string; readonly grant: Grant }
  | { readonly type: 'stream-fail'; readonly requestId: string }
  /** Answer an /allow or a /release with a bare status. */
  | { readonly type: 'status'; readonly requestId: string; readonly status: 200 | 204 | 404 | 409 }
  /** Tell me with `process-died` when it is gone. */
  | { readonly type: 'watch'; readonly process: ProcessId }
  /** SIGKILL it and its children, then `process-died`. */
  | { readonly type: 'kill'; readonly process: ProcessId; readonly why: CallEnd | 'evicted' }
  | { readonly type: 'record'; readonly record: CallRecord };

export interface StepResult {
  readonly state: AllocatorState;
  readonly effects: readonly Effect[];
  /** When a `tick` is needed next, on the monotonic clock; null when nothing is pending. */
  readonly nextTickMonotonicMs: number | null;
}

// ---------------------------------------------------------------------------- state

export interface Lease {
  readonly allowToken: string;
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
  /** The quota window that pays: the one in which the call began; null until it begins. */
  windowStartMs: number | null;
  process: ProcessId | null;
  /** True once an /allow has named the process; a warm worker's call needs none. */
  allowed: boolean;
  /** The clock of the charge: allow, or the grant when the worker was warm. */
  startedAt: Instant | null;
  /** Set when a kill was sent and the process has not gone yet. */
  killing: CallEnd | null;
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
  readonly arrivedAt: Instant;
  reason: QueuingReason;
  /** What the service order goes by (queue-order.ts), frozen at arrival. */
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

/** One visitor's window: 24 h from its first charged call (platform-facts: fixed, not sliding). */
export interface QuotaAccount {
  readonly key: string;
  tier: Tier;
  /** Quota time at which the window opened; null before the first call of a fresh window. */
  windowStartMs: number | null;
  usedMs: number;
  /** Held back from this window by waiters and leases. */
  reservedMs: number;
  /** The part of `reservedMs` that belongs to calls that have begun in this window. */
  begunMs: number;
  /** Calls that have begun in this window. */
  runs: number;
  /** Accepted calls that have not begun yet: they count against the runs limit too. */
  pendingRuns: number;
}

/** Two generations of bounded size: old tokens are forgotten without a search for the oldest. */
export interface ReleasedTokens {
  recent: Map<string, 200 | 204>;
  older: Map<string, 200 | 204>;
}

export interface AllocatorState {
  readonly rules: AllocatorRules;
  readonly slices: readonly SliceSpec[];
  readonly leases: Map<string, Lease>;
  warmWorkers: WarmWorker[];
  /** Waiters in the order in which they are served. */
  readonly queue: Waiter[];
  /** The same waiters by requestId. */
  readonly waiting: Map<string, Waiter>;
  /** How many of each size wait in each Space; Spaces where nobody waits are left out. */
  readonly waitingInSpace: Map<string, Record<GpuSize, number>>;
  /** When waiters are lifted by one more tier, and when they time out. */
  readonly ageing: Fifo<DueWaiter>;
  readonly timeouts: Fifo<DueWaiter>;
  /** Requests of waiters that have been told nothing yet: they only wait for a process to die. */
  readonly unanswered: Set<string>;
  /** What the first /release of a token was told, so that a second one is told the same. */
  readonly released: ReleasedTokens;
  readonly accounts: Map<string, QuotaAccount>;
  nextCall: number;
  /** Quota time is wall time plus this; grows with `advance` and with backward clock jumps. */
  quotaOffsetMs: number;
  /** Highest quota time seen: quota time never goes back. */
  quotaTimeMs: number;
}
