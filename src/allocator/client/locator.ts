/**
 * How a running allocator is found: a file that names its address and its process. A file whose process is
 * gone is stale, whatever it says; the first to notice removes that of a run. What another user has written
 * counts for nothing.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { systemClock } from '../../shared/clock.js';
import { makeFolder } from '../../shared/make-folder.js';
import {
  listProcessFiles,
  processFileFields,
  readProcessFile,
  runsHere,
  thisProcess,
  writeProcessFile,
} from '../../shared/process-files.js';

const locatorSchema = z.object({
  ...processFileFields,
  kind: z.enum(['serve', 'run']),
  url: z.url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost)$/ }),
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
  const name = facts.kind === 'serve' ? SERVE_FILE : `run-${process.pid}.json`;
  const path = join(folder(stateDir), name);
  writeProcessFile<Locator>(path, { ...thisProcess(), ...facts });
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
  // Of `serve` there is one file, and by now it may be the next one's.
  const isOwn = ({ kind }: Locator) => kind === 'run';
  const found = listProcessFiles(folder(stateDir), parseLocator, nowMs, isOwn);
  const rank = (locator: Locator) => (locator.kind === 'serve' ? 0 : 1);
  return found.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * The `zerogpu serve` that runs now. Cheap: for each connection of a Space that has joined it.
 *
 * @returns null while there is none
 */
export function findServe(stateDir: string): Locator | null {
  const locator = readLocator(join(folder(stateDir), SERVE_FILE));
  return locator && runsHere(locator) ? locator : null;
}

function readLocator(path: string): Locator | null {
  return readProcessFile(path, parseLocator);
}

function parseLocator(content: unknown): Locator {
  return locatorSchema.parse(content);
}
