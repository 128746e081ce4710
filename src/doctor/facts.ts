/** What `doctor` finds out about a machine; `judge` says what it means. */
import type { PackageVersions } from '../python-env/types.js';

/** One interpreter that was looked at. */
export interface PythonFound {
  /** As it can be called. */
  readonly command: string;
  readonly origin: string;
  /** Null with the reason when it gave no answer. */
  readonly version: string | null;
  readonly reason: string | null;
  readonly packages: PackageVersions | null;
  /** Whether it can fork workers, as the `spaces` package does; null when it wasn't asked. */
  readonly canFork: boolean | null;
}

export interface NvidiaFacts {
  readonly name: string;
  readonly driver: string;
  readonly memory: string;
}

export interface MachineFacts {
  readonly zerogpu: string;
  readonly node: string;
  readonly os: string;
  readonly osRelease: string;
  readonly arch: string;
  readonly memoryBytes: number;
  /** Best first. */
  readonly pythons: readonly PythonFound[];
  /** A Python that environments can be made from; null when there is none. */
  readonly basePython: string | null;
  /** Path of uv, an installer that brings CPU builds of PyTorch. */
  readonly uv: string | null;
  readonly compiler: string | null;
  /** `none`: no driver here; `failed`: nvidia-smi is there and does not answer. */
  readonly nvidia: readonly NvidiaFacts[] | 'none' | { readonly failed: string };
  readonly port: {
    readonly number: number;
    readonly holder: string | null;
    readonly free: boolean;
  };
  readonly state: { readonly dir: string; readonly problem: string | null; readonly fix: string };
  /** Soft limit of open files; null when it is unknown. */
  readonly openFiles: number | null;
  /** Seconds by which a file in the state folder is newer than the clock; 0 for none. */
  readonly clockBehindSeconds: number;
  /** ISO 8601. */
  readonly now: string;
  /** `zerogpu serve`, if one is up. */
  readonly serve: { readonly pid: number; readonly url: string } | null;
}
