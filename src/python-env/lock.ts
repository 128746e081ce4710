import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { systemClock } from '../shared/clock.js';
import type { ProcessId } from '../shared/host.js';
import { makeFolder } from '../shared/make-folder.js';
import { isThisPlace, processPlaceFields, thisPlace } from '../shared/process-place.js';
import { identifyProcess, isProcessAlive } from '../shared/process-table.js';

const POLL_MS = 300;

/** The holder says so often that it is there, for those who can't look its pid up. */
const BEAT_MS = 30_000;
/** A holder of another machine or container that has said nothing for so long is gone. */
const SILENT_MS = 5 * 60_000;

const ownerSchema = z.object({
  pid: z.int().positive(),
  startTime: z.int(),
  ...processPlaceFields,
});
type Owner = z.infer<typeof ownerSchema>;

export interface LockOptions {
  /** Called once, when another process holds the lock. */
  readonly onWait: (owner: ProcessId) => void;
  readonly signal?: AbortSignal;
  /** The process that the lock is taken for; this one by default. */
  readonly owner?: ProcessId;
  /** Milliseconds since 1970, for the age of a lock file; the system's clock by default. */
  readonly now?: () => number;
}

/**
 * Runs `work` while holding a lock file. The file names its owner by pid and start time, so that one
 * left behind by a process that was killed never blocks the next; a cache may be shared with containers,
 * whose pids mean nothing here, so the file's age counts for those.
 *
 * @throws what `work` throws, or the signal's reason while waiting
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  makeFolder(dirname(path));
  const owner = options.owner ?? identifyProcess(process.pid) ?? { pid: process.pid, startTime: 0 };
  await acquire(path, { ...owner, ...thisPlace() }, options);
  const beat = setInterval(() => {
    const now = new Date(wallMs(options));
    utimes(path, now, now).catch(() => {});
  }, BEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

/** Whether a process holds the lock. */
export async function isHeld(path: string): Promise<boolean> {
  const holder = await readOwner(path);
  return holder !== null && holds(holder, path, systemClock.now().wallMs);
}

async function acquire(path: string, owner: Owner, options: LockOptions): Promise<void> {
  let waiting = false;
  // Written in full before it gets its name, so that a reader never sees half an owner.
  const draft = `${path}.${owner.pid}.${owner.startTime}`;
  await writeFile(draft, JSON.stringify(owner));
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      if (await tryLink(draft, path)) return;
      const holder = await readOwner(path);
      if (holder && (await holds(holder, path, wallMs(options)))) {
        if (!waiting) options.onWait(holder);
        waiting = true;
        await sleep(POLL_MS, undefined, options.signal ? { signal: options.signal } : {});
      } else {
        await removeStale(path, draft, options);
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Two that see the same stale lock must not both remove it, or the second would remove the first
 * one's new lock: it is moved aside, looked at once more, and put back if it is alive after all.
 */
async function removeStale(path: string, draft: string, options: LockOptions): Promise<void> {
  const aside = `${draft}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const holder = await readOwner(aside);
  if (holder && (await holds(holder, aside, wallMs(options)))) await tryLink(aside, path);
  await rm(aside, { force: true });
}

async function holds(owner: Owner, path: string, nowMs: number): Promise<boolean> {
  if (isThisPlace(owner)) return isProcessAlive(owner);
  const file = await stat(path).catch(() => null);
  return file !== null && nowMs - file.mtimeMs < SILENT_MS;
}

function wallMs({ now }: LockOptions): number {
  return now ? now() : systemClock.now().wallMs;
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    const owner = ownerSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return owner.success ? owner.data : null;
  } catch {
    return null;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
