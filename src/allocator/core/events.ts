/** What goes into `step`: what clients, processes, operators and the clock did. */
import type { Instant } from '../../shared/clock.js';
import type { ProcessId, SliceSpec } from '../../shared/host.js';
import type { Refusal } from './effects.js';
import type { BegunEvent, QuotaKnownEvent, SharedAnswer } from './shared-quota.js';
import type { AllocatorRules, GpuSize, Owner, Tier, Visitor } from './types.js';

export type FaultRefusal = Pick<Refusal, 'kind' | 'leftSeconds' | 'waitSeconds'>;
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
  /** Null when the client named none: the Space's default. */
  readonly size: GpuSize | null;
  /** True when the visitor's token was ours and its time is over. */
  readonly tokenExpired: boolean;
  /** A refusal on demand (`--fault`), whatever the rules would say. */
  readonly fault?: FaultRefusal;
  /** Where a store keeps the quotas: what it answered. The hold there has the request's id. */
  readonly shared?: SharedAnswer;
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
/** The client left before its answer was written, or no answer could be given to it. */
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
/** A Space wants to run here. Answered by `space-registered` or `space-refused`. */
export interface RegisterSpaceEvent {
  readonly type: 'register-space';
  readonly at: Instant;
  readonly requestId: string;
  readonly space: string;
  readonly name: string;
  readonly owner: Owner;
  /** Null until its app has started; a Space that comes back names it at once. */
  readonly root: ProcessId | null;
}
/** The Space's app has started: only processes below it may be allowed. */
export interface SpaceStartedEvent {
  readonly type: 'space-started';
  readonly at: Instant;
  readonly space: string;
  readonly root: ProcessId;
}
/** The Space has called `launch()` with at least one GPU function. Answered by `status`. */
export interface StartupReportedEvent {
  readonly type: 'startup-reported';
  readonly at: Instant;
  readonly requestId: string;
  readonly space: string;
  /** What the Space's package takes for the size of calls that name none. */
  readonly defaultSize: GpuSize;
}
/**
 * What a debugger has stopped in a Space now, all of it: the deadlines of these calls wait, and those of the Space's
 * other calls run.
 */
export interface DebugStopsEvent {
  readonly type: 'debug-stops';
  readonly at: Instant;
  readonly space: string;
  /** `all` while the app itself is stopped: none of its calls can end. */
  readonly stopped: 'all' | readonly ProcessId[];
}
/** The Space's app ended: its waiters, leases and warm workers go. */
export interface SpaceGoneEvent {
  readonly type: 'space-gone';
  readonly at: Instant;
  readonly space: string;
}
/** An operator, or what watches the device, ends a running call; `call` is its number. */
export interface KillCallEvent {
  readonly type: 'kill-call';
  readonly at: Instant;
  readonly call: number;
  /** An operator by default. */
  readonly reason?: 'operator' | 'over-vram' | 'gpu-lost';
}
/** An operator takes a call back that has not begun: out of the queue, or its grant. */
export interface ReleaseCallEvent {
  readonly type: 'release-call';
  readonly at: Instant;
  readonly call: number;
}
/** An operator says which tier counts for a visitor; null for the one that their token says. */
export interface SetTierEvent {
  readonly type: 'set-tier';
  readonly at: Instant;
  readonly visitor: string;
  readonly tier: Tier | null;
}
/** An operator gives a visitor prepaid seconds: so many are left from now on, holds included. */
export interface SetCreditsEvent {
  readonly type: 'set-credits';
  readonly at: Instant;
  readonly visitor: string;
  readonly seconds: number;
}
/** A visitor's quota stands where it stands elsewhere, on the Hub say; what is held stays held. */
export interface SetUseEvent {
  readonly type: 'set-use';
  readonly at: Instant;
  readonly visitor: string;
  /** The tier of a visitor who was never seen. */
  readonly tier: Tier;
  readonly usedSeconds: number;
  readonly runs: number;
  /** Until the window is over; null when none is open. */
  readonly resetsInSeconds: number | null;
}
/** An operator gives a visitor all of the quota and all runs again; what is held stays held. */
export interface ResetQuotaEvent {
  readonly type: 'reset-quota';
  readonly at: Instant;
  readonly visitor: string;
}
/**
 * The allocator is up again after an end of any kind. No request of before waits for an answer any
 * more; the processes in `alive` still run, all others are dead.
 */
export interface RestartedEvent {
  readonly type: 'restarted';
  readonly at: Instant;
  readonly rules: AllocatorRules;
  readonly slices: readonly SliceSpec[];
  /** False after a reboot: monotonic times of before mean nothing now. */
  readonly sameBoot: boolean;
  readonly alive: readonly ProcessId[];
}
/** The driver lists no card under these slices now: no call is placed there until it does. */
export interface LostSlicesEvent {
  readonly type: 'lost-slices';
  readonly at: Instant;
  /** All that are lost now, those of before included. */
  readonly slices: readonly number[];
}
/** The host ends: whoever waits is refused, what runs is ended, and nothing is granted any more. */
export interface StopEvent {
  readonly type: 'stop';
  readonly at: Instant;
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
  | DebugStopsEvent
  | ProcessDiedEvent
  | SpaceGoneEvent
  | KillCallEvent
  | ReleaseCallEvent
  | RegisterSpaceEvent
  | SpaceStartedEvent
  | StartupReportedEvent
  | SetTierEvent
  | SetCreditsEvent
  | SetUseEvent
  | ResetQuotaEvent
  | RestartedEvent
  | LostSlicesEvent
  | StopEvent
  | AdvanceEvent
  | BegunEvent
  | QuotaKnownEvent
  | TickEvent;
