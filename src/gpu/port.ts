import type { PlatformProfile } from '../platform/schema.js';
import type { ProcessId, SliceSpec } from '../shared/host.js';

/** What the device reports of one worker, in bytes. */
export interface WorkerMemory {
  readonly allocatedBytes: number;
  /** Highest since `beginCall`. */
  readonly callPeakBytes: number;
}

/** A kind of GPU behind the allocator: an emulated one, or a card of this machine. */
export interface GpuBackend {
  readonly name: 'mock' | 'nvidia';
  /** One line for the banner, e.g. `emulated NVIDIA H200 slice`. */
  readonly description: string;
  readonly slices: readonly SliceSpec[];
  /** Environment variables that the app process needs for this device. */
  environment(): Readonly<Record<string, string>>;
  /** Folders to put in front of PYTHONPATH. */
  pythonPath(): readonly string[];
  /** A call begins on this worker: its peak starts anew. */
  beginCall(process: ProcessId): void;
  /** Null when the worker has never touched the device. */
  readMemory(process: ProcessId): WorkerMemory | null;
  /** The worker is gone; forget what is kept of it. */
  forget(process: ProcessId): void;
  close(): Promise<void>;
}

export interface BackendRequest {
  readonly profile: PlatformProfile;
  /** GPUs to offer. */
  readonly gpus: number;
  /** Bytes per slice; null for the profile's. */
  readonly vramBytes: number | null;
  /** Folder of this run; the backend may keep files in it. */
  readonly runDir: string;
}
