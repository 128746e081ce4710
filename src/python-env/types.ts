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
}

/** One thing that finding or building an environment says while it works. */
export interface PythonProgress {
  readonly phase: 'look' | 'plan' | 'create' | 'install' | 'done';
  readonly message: string;
  /** Size of what the message is about, if known. */
  readonly bytes?: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every step of a build needs. */
export interface BuildContext {
  /** The environment of commands: PATH, proxies, the installers' own settings. */
  readonly env: Environment;
  /** `…/zerogpu`; environments are kept below. */
  readonly cacheDir: string;
  /** Large downloads may go ahead unasked. */
  readonly yes: boolean;
  readonly report: (progress: PythonProgress) => void;
  readonly signal?: AbortSignal;
}
