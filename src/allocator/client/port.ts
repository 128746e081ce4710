/** What anybody may ask of a running allocator: the typed form of the control API. */
import type { Tier } from '../../platform/tiers.js';
import type { Snapshot } from './snapshot.js';

/** How much of the long lists a snapshot carries; their totals are always there. */
export interface SnapshotLimits {
  /** Queue entries from the front; 100 by default, at most 5,000. */
  readonly queue?: number;
  /** Visitors; 100 by default, at most 5,000. */
  readonly visitors?: number;
}

export interface WatchHandlers {
  snapshot(snapshot: Snapshot): void;
  /** The stream ended; it is tried again, sooner or later, until `close`. `why` is one sentence. */
  disconnected(why: string): void;
  /** Called before the first snapshot of each connection; a new pid means that it was restarted. */
  connected(): void;
}

export interface ControlClient {
  /** @throws UserError E_ALLOCATOR_GONE when nothing answers */
  snapshot(limits?: SnapshotLimits): Promise<Snapshot>;
  /** A snapshot at once, and one every `everySeconds` (0.1 to 3600) for as long as it is open. */
  watch(everySeconds: number, limits: SnapshotLimits, handlers: WatchHandlers): { close(): void };
  /** SIGKILL to the worker of a running call; its visitor reads "GPU task aborted". */
  kill(call: number): Promise<void>;
  /** Takes a waiting call out of the queue, or a grant back that has not begun. */
  release(call: number): Promise<void>;
  /** Quota time moves on by so many seconds; running calls don't notice. */
  advance(seconds: number): Promise<void>;
  /**
   * Answers of the platform on demand, in place of those of before; for calls from now on.
   *
   * @param spec as `--fault` has it: `no-gpu@1`; empty for none
   * @throws UserError E_ALLOCATOR_REFUSED for one that can't be read
   */
  setFaults(spec: string): Promise<void>;
  /** The tier that counts for this visitor from now on; null for the one that they come with. */
  setTier(visitor: string, tier: Tier | null): Promise<void>;
  /** All of the visitor's quota and runs again. */
  resetQuota(visitor: string): Promise<void>;
  close(): void;
}
