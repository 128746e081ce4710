/**
 * How a running allocator is found: a file that names its address and its process. A file whose process is
 * gone is stale, whatever it says; the first to notice removes that of a run. What another user has written
 * counts for nothing.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { systemClock } from '../../shared/clock.js';
import { makeFolder } from '../../shared/make-folder.js';
import { isThisPlace, processPlaceFields, thisPlace } from '../../shared/process-place.js';
import { identifyProcess, isProcessAlive } from '../../shared/process-table.js';

const locatorSchema = z.object({
  version: z.literal(1),
  kind: z.enum(['serve', 'run']),
  pid: z.int().positive(),
  /** Clock ticks since boot: tells a later process with the same pid. */
  startTime: z.number(),
  ...processPlaceFields,
  url: z.url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost)$/ }),
  /** ISO 8601. */
  startedAt: z.string(),
  /** Name of the one Space of a run; null for `serve`. */
  space: z.string().nullable(),
});

export type Locator = z.infer<typeof locatorSchema>;

/** There is one to join, so it has one name. */
const SERVE_FILE = 'serve.json';

export interface PublishedLocator {
  remove(): void;
}

function folder(stateDir: string): string {
  return join(stateDir, 'allocators');
}

/** Says where this process' allocator is. */
export function publishLocator(
  stateDir: string,
  facts: Pick<Locator, 'kind' | 'url' | 'space'>,
): PublishedLocator {
  makeFolder(folder(stateDir), 0o700);
  const locator: Locator = {
    version: 1,
    ...facts,
    pid: process.pid,
    startTime: identifyProcess(process.pid)?.startTime ?? 0,
    ...thisPlace(),
    startedAt: new Date().toISOString(),
  };
  const name = facts.kind === 'serve' ? SERVE_FILE : `run-${process.pid}.json`;
  const path = join(folder(stateDir), name);
  // Moved into place whole, so that a reader never sees half of it.
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(locator)}\n`, { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
  return {
    remove() {
      if (readLocator(path)?.pid === process.pid) rmSync(path, { force: true });
    },
  };
}

/** The port that `serve` last had: Spaces that outlived it look for it there. 0 when there is none. */
export function lastServePort(stateDir: string): number {
  try {
    const port = Number(readFileSync(join(folder(stateDir), 'serve-port'), 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}

export function rememberServePort(stateDir: string, url: string): void {
  makeFolder(folder(stateDir), 0o700);
  writeFileSync(join(folder(stateDir), 'serve-port'), `${new URL(url).port}\n`, { mode: 0o600 });
}

/**
 * The allocators that run, `serve` first, then the newest run. Stale files are removed.
 *
 * @param nowMs what the age of a file is counted from
 */
export function findAllocators(
  stateDir: string,
  nowMs: number = systemClock.now().wallMs,
): readonly Locator[] {
  let names: string[];
  try {
    names = readdirSync(folder(stateDir)).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  const found: Locator[] = [];
  for (const name of names) {
    const path = join(folder(stateDir), name);
    const locator = readLocator(path);
    const isHere = locator !== null && isThisPlace(locator);
    if (isHere && isProcessAlive(locator)) found.push(locator);
    // Of `serve` there is one file, and by now it may be the next one's.
    else if ((isHere && locator.kind === 'run') || isOld(path, nowMs))
      rmSync(path, { force: true });
  }
  const rank = (locator: Locator) => (locator.kind === 'serve' ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b) || (a.startedAt < b.startedAt ? 1 : -1));
}

/**
 * The `zerogpu serve` that runs now. Cheap: for each connection of a Space that has joined it.
 *
 * @returns null while there is none
 */
export function findServe(stateDir: string): Locator | null {
  const locator = readLocator(join(folder(stateDir), SERVE_FILE));
  return locator && isThisPlace(locator) && isProcessAlive(locator) ? locator : null;
}

/**
 * What can't be read may belong to a newer zerogpu that runs, and a process of another machine or
 * container can't be looked up here: such files are left alone for a day.
 */
function isOld(path: string, nowMs: number): boolean {
  try {
    return nowMs - statSync(path).mtimeMs > 86_400_000;
  } catch {
    return false;
  }
}

function readLocator(path: string): Locator | null {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { uid } = fstatSync(file);
      if (uid !== (process.geteuid?.() ?? uid)) return null;
      return locatorSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}
