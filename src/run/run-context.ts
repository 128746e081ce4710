import type { PublishedRun } from '../lifecycle/live-runs.js';
import type { Cleanup } from './cleanup.js';
import type { RunConsole } from './console.js';
import type { RunWorld } from './index.js';
import type { RunOptions } from './options.js';
import type { RunTerminal } from './run-terminal.js';

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
