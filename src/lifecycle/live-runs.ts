/**
 * How a `zerogpu run` is found from another terminal: a file in the state folder names its process, its
 * Space and its address. A file whose process is gone is stale, and is removed by whoever finds it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { systemClock } from '../shared/clock.js';
import {
  listProcessFiles,
  processFileFields,
  thisProcess,
  writeProcessFile,
} from '../shared/process-files.js';

const liveRunSchema = z.object({
  ...processFileFields,
  /** Absolute folder of the Space. */
  dir: z.string(),
  /** `owner/name`; null until the Space is read. */
  spaceId: z.string().nullable(),
  /** What the allocator calls the Space; null until it is registered. */
  space: z.string().nullable(),
  /** `failed`: the app did not come up after a restart, and the run continues without it. */
  state: z.enum(['starting', 'ready', 'restarting', 'failed']),
  /** Where visitors connect; null until the gateway listens. */
  url: z.url({ protocol: /^http$/ }).nullable(),
  /** Of the allocator: this run's own, or that of `zerogpu serve`. */
  allocatorUrl: z.url({ protocol: /^http$/ }).nullable(),
  /** Who a visitor is that says nothing, as `--as` has it. */
  visitor: z.string(),
  /** Its log file; null when it could not be written. */
  log: z.string().nullable(),
});

export type LiveRun = z.infer<typeof liveRunSchema>;

/** What a run says of itself while it lasts. */
export interface PublishedRun {
  update(
    facts: Partial<
      Pick<LiveRun, 'spaceId' | 'space' | 'state' | 'url' | 'allocatorUrl' | 'visitor'>
    >,
  ): void;
  remove(): void;
}

const folder = (stateDir: string) => join(stateDir, 'live');

/**
 * Publishes this process as a run. A state folder that can't be written hides the run and ends nothing:
 * the run itself says what is wrong with the folder.
 */
export function publishRun(
  stateDir: string,
  facts: Pick<LiveRun, 'dir' | 'visitor' | 'log'>,
): PublishedRun {
  let run: LiveRun = {
    ...thisProcess(),
    ...facts,
    spaceId: null,
    space: null,
    state: 'starting',
    url: null,
    allocatorUrl: null,
  };
  const path = join(folder(stateDir), `run-${process.pid}.json`);
  let removed = false;
  const write = () => {
    if (removed) return;
    try {
      writeProcessFile(path, run);
    } catch {
      // Read-only, full or gone.
    }
  };
  write();
  return {
    update(changes) {
      run = { ...run, ...changes };
      write();
    },
    remove() {
      removed = true;
      try {
        rmSync(path, { force: true });
      } catch {
        // Stale from now on: readers look at the process.
      }
    },
  };
}

/**
 * The active runs, the newest first. Stale files are removed.
 *
 * @param nowMs what the age of a file is counted from
 */
export function findRuns(
  stateDir: string,
  nowMs: number = systemClock.now().wallMs,
): readonly LiveRun[] {
  return listProcessFiles(folder(stateDir), (content) => liveRunSchema.parse(content), nowMs);
}
