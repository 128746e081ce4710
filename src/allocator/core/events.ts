/** What goes into `step`: what clients, processes, operators and the clock did. */
import type { Instant } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import type { GpuSize, Visitor } from './types.js';

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
