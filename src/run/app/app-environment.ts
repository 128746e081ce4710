import { delimiter, dirname } from 'node:path';

/** What the app's environment is made of. */
export interface AppEnvironmentFacts {
  /** The environment that `zerogpu` itself was started in. */
  readonly base: Readonly<Record<string, string | undefined>>;
  /** The Space's own variables and secrets (`--env-file`): they come after the inherited ones. */
  readonly variables: Readonly<Record<string, string>>;
  readonly deviceApiUrl: string;
  readonly cgroupFile: string;
  readonly offloadDir: string;
  readonly runDir: string;
  readonly runId: string;
  /** Absolute interpreter of the Space's environment. */
  readonly python: string;
  readonly upstreamPort: number;
  /** Host and port that visitors use. */
  readonly publicHost: string;
  /** `owner/name`. */
  readonly spaceId: string;
  /** Folders in front of PYTHONPATH: our runtime, then the backend's. */
  readonly pythonPath: readonly string[];
  /** What zerogpu_debug.py reads; null without `--debug`. */
  readonly debugFile: string | null;
  readonly backend: Readonly<Record<string, string>>;
  /** Where the app notes what it imports, for a standby (zerogpu_imports.py); null for none. */
  readonly importsFile: string | null;
  /** Of a Space with a login: OAUTH_CLIENT_ID and the rest; empty for others. */
  readonly login: Readonly<Record<string, string>>;
}

/**
 * Our names that must not leak into the app: a Space is not to see how it was started, and a
 * nested `zerogpu` is not to inherit flags that were meant for this one. ZEROGPU_V2 is a switch of
 * the `spaces` package.
 */
const OURS = /^ZEROGPU_(?!V2$)/;

/**
 * The environment of the app process: what the platform sets for a ZeroGPU Space (the package's own
 * switches and the variables that Spaces branch on), with loopback instead of 0.0.0.0.
 */
export function appEnvironment(facts: AppEnvironmentFacts): Record<string, string> {
  const [author = 'local', repo = 'space'] = facts.spaceId.split('/');
  const base = { ...facts.base, ...facts.variables };
  const inherited = Object.entries(base).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !OURS.test(entry[0]),
  );
  return {
    // Switched off by default, as nothing leaves this machine unasked; a user's own value wins.
    GRADIO_ANALYTICS_ENABLED: 'False',
    HF_HUB_DISABLE_TELEMETRY: '1',
    ...Object.fromEntries(inherited),
    // What an activated environment has: a Space that calls `pip` or `python` gets its own.
    PATH: [dirname(facts.python), base['PATH']].filter(Boolean).join(delimiter),
    SYSTEM: 'spaces',
    SPACE_ID: facts.spaceId,
    SPACE_AUTHOR_NAME: author,
    SPACE_REPO_NAME: repo,
    SPACE_HOST: facts.publicHost,
    GRADIO_SERVER_NAME: '127.0.0.1',
    GRADIO_SERVER_PORT: String(facts.upstreamPort),
    GRADIO_CACHE_EXAMPLES: 'true',
    GRADIO_CACHE_MODE: 'lazy',
    PYTHONUNBUFFERED: '1',
    PYTHONPATH: [...facts.pythonPath, base['PYTHONPATH']].filter(Boolean).join(delimiter),
    SPACES_ZERO_GPU: '1',
    SPACES_ZERO_DEVICE_API_URL: facts.deviceApiUrl,
    ZEROGPU_PROC_SELF_CGROUP_PATH: facts.cgroupFile,
    ZEROGPU_OFFLOAD_DIR: facts.offloadDir,
    ZEROGPU_RUN_DIR: facts.runDir,
    ZEROGPU_RUN_ID: facts.runId,
    ...(facts.debugFile === null ? {} : { ZEROGPU_DEBUG_FILE: facts.debugFile }),
    ...(facts.importsFile === null ? {} : { ZEROGPU_IMPORTS: facts.importsFile }),
    ...facts.backend,
    ...facts.login,
  };
}
