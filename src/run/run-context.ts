import type { TaskLabels } from '../allocator/server/task-labels.js';
import type { Gateway } from '../gateway/index.js';
import type { PublishedRun } from '../lifecycle/live-runs.js';
import type { World } from '../shared/world.js';
import type { Space } from '../space/index.js';
import type { AllocatorLink } from './allocator/index.js';
import type { CallLog, RunConsole, RunTerminal } from './console/index.js';
import type { Debugger } from './debug/index.js';
import type { RunOptions } from './options/index.js';
import type { Cleanup, RunFolder } from './state/index.js';
import type { TeedWords } from './web/index.js';

/** What a run needs of the process it runs in. */
export type RunWorld = Pick<
  World,
  | 'argv'
  | 'env'
  | 'cwd'
  | 'stdin'
  | 'stdout'
  | 'stderr'
  | 'inForeground'
  | 'interrupted'
  | 'onForced'
>;

/** What one run was given. */
export interface RunContext {
  readonly options: RunOptions;
  readonly console: RunConsole;
  /** What the console prints, for the console in the browser as well. */
  readonly words: TeedWords;
  readonly world: RunWorld;
  readonly version: string;
  readonly cleanup: Cleanup;
  /** Null without a keyboard. */
  readonly terminal: RunTerminal | null;
  /** How other terminals find this run. */
  readonly live: PublishedRun;
}

/** Everything of a run but the app: the Space as read, and what stands around it. */
export interface RunParts {
  readonly runId: string;
  readonly space: Space;
  readonly folder: RunFolder;
  readonly allocator: AllocatorLink;
  readonly gateway: Gateway;
  /** `owner/name`, as the Hub calls it. */
  readonly spaceId: string;
  /** What clients get as HF_ENDPOINT; null without `--local-hub`. */
  readonly hubUrl: string | null;
  /** What the platform sets for a Space with `hf_oauth`; empty for others. */
  readonly loginEnvironment: Readonly<Record<string, string>>;
  /** Where the app has to listen. */
  readonly upstreamPort: number;
  readonly log: CallLog;
  readonly labels: TaskLabels;
  /** Null without `--debug`. */
  readonly debug: Debugger | null;
}
