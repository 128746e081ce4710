import type { DebugStops, VisitorUse, Where } from '../../allocator/client/index.js';
import type { AllocatorRules, Owner, Visitor } from '../../allocator/core/types.js';
import type { ProcessId } from '../../shared/host.js';

/** The device that an allocator's Spaces run on, as a Space's process needs to know it. */
export interface Device {
  readonly name: 'mock' | 'nvidia';
  /** For people, e.g. `mock NVIDIA H200, 74.6 GB a slice`. */
  readonly description: string;
  readonly gpus: number;
  readonly slices: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Folders to put in front of PYTHONPATH. */
  readonly pythonPath: readonly string[];
}

/** The one Space of a run, as its allocator gets to know it. */
export interface SpaceFacts {
  readonly id: string;
  readonly name: string;
  readonly owner: Owner;
  readonly tasksSocket: string;
}

/**
 * A run's way to its allocator: one of its own in this process, or that of `zerogpu serve`, which
 * many runs share.
 */
export interface AllocatorLink {
  /** Where it answers, or did last, for people. */
  readonly url: string;
  /** Where it answers now; null while it is away. */
  readonly where: Where;
  /** What the Space gets as SPACES_ZERO_DEVICE_API_URL: the same for as long as the run lives. */
  readonly deviceUrl: string;
  readonly rules: AllocatorRules;
  readonly device: Device;
  /** Whether the allocator's process traces calls (`--otlp`). */
  readonly isTraced: boolean;
  /** Key of the visitors' tokens, which gateway and allocator share. */
  readonly tokenKey: Uint8Array;
  /** One line for the banner: where quotas are kept. */
  readonly ledger: string;
  /** Aborted, with the reason as a UserError, when the allocator can't go on. */
  readonly failed: AbortSignal;
  /** The Space has started: only processes below `root` may be given the GPU. */
  started(root: ProcessId): void;
  /** Whether the app has reported its start: it has a GPU function, and the package has seen the launch. */
  reported(): Promise<boolean>;
  /** The app restarts: its calls end, and the Space stays. Comes before `started`. */
  restarting(): Promise<void>;
  /** Where visitors reach the Space, for whoever asks for it as `owner/name`. */
  reachable(spaceId: string, url: string): Promise<void>;
  /** A visitor's quota stands so from now on. */
  setUse(visitor: Visitor, use: VisitorUse): Promise<void>;
  /** So many prepaid seconds are left to a visitor from now on. */
  setCredits(visitor: Visitor, seconds: number): Promise<void>;
  /** What a debugger has stopped now, all of it: deadline and charge of these calls wait. */
  stops(stopped: DebugStops): Promise<void>;
  /** What a visitor reads, for the console of the allocator's process. */
  told(message: string, visitor: string): void;
  /** Calls of this Space that run now. */
  running(): Promise<number>;
  /** The Space ends: resolves when its calls have ended, and are charged for what they used. */
  gone(): Promise<void>;
  close(): Promise<void>;
}
