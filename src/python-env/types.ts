import type { Confirm } from '../shared/confirm.js';

/** The packages that decide how a Space runs, and that messages name. */
export const ASKED_PACKAGES = [
  'gradio',
  'gradio_client',
  'spaces',
  'torch',
  'transformers',
  'diffusers',
] as const;

export type PackageVersions = Readonly<Record<(typeof ASKED_PACKAGES)[number], string | null>>;

/** Where an interpreter was found. */
export type PythonOrigin = 'flag' | 'space-venv' | 'active' | 'managed';

/** An interpreter that can run a Space. */
export interface PythonEnvironment {
  /** Absolute `sys.executable`: no shim, no name to look up. */
  readonly python: string;
  /** `3.10.13`. */
  readonly version: string;
  readonly origin: PythonOrigin;
  readonly packages: PackageVersions;
  /** Why a managed environment has another Python or PyTorch than the platform; absent where it has not. */
  readonly compromises?: Compromises;
}

/** Each as the part of a sentence that follows the version, in parentheses. */
export interface Compromises {
  readonly python?: string | undefined;
  readonly torch?: string | undefined;
}

/** One thing that finding or building an environment says while it works. */
export interface PythonProgress {
  readonly phase: 'look' | 'plan' | 'create' | 'install' | 'done';
  readonly message: string;
  /** Size of what the message is about, if known. */
  readonly bytes?: number;
}

/** What the platform has, in any order of PyTorch and with the preferred Python first. */
export interface PlatformVersions {
  readonly name: string;
  readonly torch: readonly string[];
  /** Whole versions: `3.10.13`. */
  readonly python: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every step of a build needs. */
export interface BuildContext {
  /** The environment of commands: PATH, proxies, the installers' own settings. */
  readonly env: Environment;
  /** `…/zerogpu`; environments are kept below. */
  readonly cacheDir: string;
  /** Downloads that nothing smaller stands in for may go ahead unasked. */
  readonly yes: boolean;
  /** Asks a person; null where none can answer. */
  readonly confirm?: Confirm | null;
  readonly report: (progress: PythonProgress) => void;
  readonly signal?: AbortSignal;
}
