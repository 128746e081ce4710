import type { PublishedRun } from '../lifecycle/live-runs.js';
import type { World } from '../shared/world.js';
import type { RunConsole, RunTerminal } from './console/index.js';
import type { RunOptions } from './options/index.js';
import type { Cleanup } from './state/index.js';

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
  readonly world: RunWorld;
  readonly version: string;
  readonly cleanup: Cleanup;
  /** Null without a keyboard. */
  readonly terminal: RunTerminal | null;
  /** How other terminals find this run. */
  readonly live: PublishedRun;
}
