/**
 * How a `zerogpu run` is found from another terminal: a file in the state folder names its process, its
 * Space and its address. A file whose process is gone is stale, and is removed by whoever finds it.
 */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { systemClock } from '../shared/clock.js';
import { makeFolder } from '../shared/make-folder.js';
import { isThisPlace, processPlaceFields, thisPlace } from '../shared/process-place.js';
import { identifyProcess, isProcessAlive } from '../shared/process-table.js';

/** What this machine can't look up (another container, another version) is kept for a day. */
const KEPT_MS = 86_400_000;

const liveRunSchema = z.object({
  version: z.literal(1),
  pid: z.int().positive(),
  /** Clock ticks since boot: tells a later process with the same pid. */
  startTime: z.number(),
  ...processPlaceFields,
  /** Absolute folder of the Space. */
  dir: z.string(),
  /** `owner/name`; null until the Space is read. */
  spaceId: z.string().nullable(),
  /** What the allocator calls the Space; null until it is registered. */
  space: z.string().nullable(),
  /** `failed`: the app did not come up after a restart, and the run goes on without it. */
  state: z.enum(['starting', 'ready', 'restarting', 'failed']),
  /** Where visitors connect; null until the gateway listens. */
  url: z.url({ protocol: /^http$/ }).nullable(),
  /** Of the allocator: this run's own, or that of `zerogpu serve`. */
  allocatorUrl: z.url({ protocol: /^http$/ }).nullable(),
  /** Who a visitor is that says nothing, as `--as` has it. */
  visitor: z.string(),
  /** Its log file; null when it could not be written. */
  log: z.string().nullable(),
  /** ISO 8601. */
  startedAt: z.string(),
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
    version: 1,
    pid: process.pid,
    startTime: identifyProcess(process.pid)?.startTime ?? 0,
    ...thisPlace(),
    ...facts,
    spaceId: null,
    space: null,
    state: 'starting',
    url: null,
    allocatorUrl: null,
    startedAt: new Date(systemClock.now().wallMs).toISOString(),
  };
  const path = join(folder(stateDir), `run-${process.pid}.json`);
  let removed = false;
  const write = () => {
    if (removed) return;
    try {
      makeFolder(folder(stateDir), 0o700);
      // Moved into place whole: a reader never gets half of it.
      writeFileSync(`${path}.part`, `${JSON.stringify(run)}\n`, { mode: 0o600 });
      renameSync(`${path}.part`, path);
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
 * The runs that go on, the newest first. Stale files are removed.
 *
 * @param nowMs what the age of a file is counted from
 */
export function findRuns(
  stateDir: string,
  nowMs: number = systemClock.now().wallMs,
): readonly LiveRun[] {
  let names: string[];
  try {
    names = readdirSync(folder(stateDir)).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  const found: LiveRun[] = [];
  for (const name of names) {
    const path = join(folder(stateDir), name);
    const run = readRun(path);
    const isHere = run !== null && isThisPlace(run);
    if (isHere && isProcessAlive(run)) found.push(run);
    else if (isHere || isOld(path, nowMs)) rmSync(path, { force: true });
  }
  return found.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

function isOld(path: string, nowMs: number): boolean {
  try {
    return nowMs - statSync(path).mtimeMs > KEPT_MS;
  } catch {
    return false;
  }
}

function readRun(path: string): LiveRun | null {
  try {
    return liveRunSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}
