/** What comes out of `step`: what must happen in the world, and what is reported about it. */
import type { Instant } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import type { AllocatorState, GpuSize, Tier, Visitor } from './types.js';

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
  | 'pending-credits'
  | 'runs-exceeded'
  | 'no-gpu'
  /** The allocator stops. */
  | 'stopping';
export interface Refusal {
  readonly kind: RefusalKind;
  /** Whole seconds left in the visitor's quota, and of prepaid credits, rounded down. */
  readonly leftSeconds: number;
  /** Seconds until the quota is full again; -1 for an illegal duration, 0 for the runs limit. */
  readonly waitSeconds: number;
  /** Seconds asked for, after the size's cost factor. */
  readonly requestedSeconds: number;
  /** The longest that this visitor could ask for, after caps, in seconds. */
  readonly longestSeconds: number;
}
/** What took a waiting call out of the queue. */
export type AbandonedBecause = 'visitor-left' | 'space-gone' | 'operator' | 'stopped';
/** How a call leaves the GPU. */
export type CallEnd =
  | 'released'
  | 'failed'
  | 'deadline'
  | 'worker-died'
  | 'operator'
  /** The worker holds more device memory than its share. */
  | 'over-vram'
  /** The card is gone. */
  | 'gpu-lost'
  | 'allow-timeout'
  /** The grant did not reach its client. */
  | 'undelivered'
  | 'space-gone'
  /** The allocator stopped. */
  | 'stopped';

/** What observers (log, ledger, TUI) receive. `call` is one number per accepted or refused call. */
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
      /** The part of it that prepaid credits paid. */
      readonly creditSeconds: number;
      readonly peakVramBytes: number | null;
      readonly leftBeforeSeconds: number;
      readonly leftAfterSeconds: number;
    }
  | { readonly event: 'timed-out'; readonly waitedSeconds: number }
  | {
      readonly event: 'abandoned';
      readonly why: AbandonedBecause;
      readonly waitedSeconds: number;
    }
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
  | { readonly type: 'space-registered'; readonly requestId: string }
  /** The owner hosts as many Spaces here as the platform lets them. */
  | {
      readonly type: 'space-refused';
      readonly requestId: string;
      readonly hosted: number;
      readonly limit: number;
    }
  /** Answer an /allow, a /release or a /startup-report with a bare status. */
  | { readonly type: 'status'; readonly requestId: string; readonly status: 200 | 204 | 404 | 409 }
  /** Tell me with `process-died` when it is gone. */
  | { readonly type: 'watch'; readonly process: ProcessId }
  /** SIGKILL it and its children, then `process-died`. */
  | { readonly type: 'kill'; readonly process: ProcessId; readonly why: CallEnd | 'evicted' }
  /** Ask the store that has the hold whether the call may begin, then `begun` or `abandon`. */
  | { readonly type: 'begin'; readonly requestId: string; readonly allowToken: string }
  /** The state has a delivery for the store that many hosts share. */
  | { readonly type: 'deliver' }
  | { readonly type: 'record'; readonly record: CallRecord };

export interface StepResult {
  readonly state: AllocatorState;
  readonly effects: readonly Effect[];
  /** When a `tick` is needed next, on the monotonic clock; null when nothing is pending. */
  readonly nextTickMonotonicMs: number | null;
}
