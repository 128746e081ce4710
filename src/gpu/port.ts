import type { PlatformProfile } from '../platform/schema.js';
import type { UserError } from '../shared/errors.js';
import type { ProcessId, SliceSpec } from '../shared/host.js';

/** What the device reports of one worker, in bytes. */
export interface WorkerMemory {
  readonly allocatedBytes: number;
  /** Highest since `beginCall`. */
  readonly callPeakBytes: number;
}

/** What a card reports about itself; null where it does not. */
export interface CardFigures {
  readonly gpu: number;
  readonly name: string;
  readonly utilizationPercent: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly temperatureCelsius: number | null;
  readonly powerWatts: number | null;
}

/** A worker that may use the device: it runs a call, or waits warm for the next one. */
export interface DeviceHolder {
  readonly process: ProcessId;
  /** Indexes of its slices. */
  readonly slices: readonly number[];
}

/** What a backend that watches its device needs of the allocator. */
export interface DeviceHost {
  /** Who holds slices now, and the roots of the Spaces' process trees. */
  state(): { readonly holders: readonly DeviceHolder[]; readonly roots: readonly ProcessId[] };
  /** Ends the worker and its call. */
  abort(process: ProcessId, reason: 'over-vram' | 'gpu-lost'): void;
  /** All slices whose card the driver does not list now; said when that changes. */
  lost(slices: readonly number[]): void;
  /** One sentence for the log. */
  notice(message: string): void;
  /** Nothing is left to offer. */
  fatal(error: UserError): void;
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
  /** True where memory is sampled from outside: a call may have used the device unseen. */
  readonly samplesMemory?: boolean;
  /** A call begins on this worker, on these slices: its peak is reset. */
  beginCall(process: ProcessId, slices?: readonly number[]): void;
  /** Null when the worker has never touched the device, or was not seen to. */
  readMemory(process: ProcessId): WorkerMemory | null;
  /** The worker is gone; forget what is kept of it. */
  forget(process: ProcessId): void;
  /** The allocator is up: a backend that watches its device begins to. */
  attach?(host: DeviceHost): void;
  /** The cards' figures as last seen; a backend without cards has none. */
  cards?(): readonly CardFigures[];
  /** Resolves when a dead worker's memory is free, or after a limit of the backend's; never rejects. */
  whenFreed?(process: ProcessId): Promise<void>;
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
  /** Nothing on the device has values (docs/weightless.md); for the emulated GPU alone. */
  readonly weightless?: boolean;
  /** Where such a device says what each call took; null for a folder of the run's own. */
  readonly callsDir?: string | null;
}
