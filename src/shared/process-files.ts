/**
 * Files in which running processes of this user say where they are. A file whose process is gone is stale,
 * whatever it says; what another user has written counts for nothing.
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
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { systemClock } from './clock.js';
import { makeFolder } from './make-folder.js';
import { isThisPlace, processPlaceFields, thisPlace } from './process-place.js';
import { identifyProcess, isProcessAlive } from './process-table.js';

/** What this machine can't look up (another container, another version) is kept for a day. */
const KEPT_MS = 86_400_000;

/** What each such file says of its process. */
export const processFileFields = {
  version: z.literal(1),
  pid: z.int().positive(),
  /** Clock ticks since boot: tells a later process with the same pid. */
  startTime: z.number(),
  ...processPlaceFields,
  /** ISO 8601. */
  startedAt: z.string(),
};

const processFileSchema = z.object(processFileFields);
type InFile = z.infer<typeof processFileSchema>;

/** These fields of the process that asks. */
export function thisProcess(): InFile {
  return {
    version: 1,
    pid: process.pid,
    startTime: identifyProcess(process.pid)?.startTime ?? 0,
    ...thisPlace(),
    startedAt: new Date(systemClock.now().wallMs).toISOString(),
  };
}

/** Moved into place whole, so that a reader never sees half of it. */
export function writeProcessFile<T extends InFile>(path: string, content: T): void {
  const part = `${path}.${process.pid}`;
  makeFolder(dirname(path), 0o700);
  writeFileSync(part, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(part, path);
}

/** @param parse throws for what is not such a file. @returns null then, and for another user's file */
export function readProcessFile<T>(path: string, parse: (content: unknown) => T): T | null {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { uid } = fstatSync(file);
      if (uid !== (process.geteuid?.() ?? uid)) return null;
      return parse(JSON.parse(readFileSync(file, 'utf8')));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Whether the process of a file runs, on this machine and in this container. */
export function runsHere(file: InFile): boolean {
  return isThisPlace(file) && isProcessAlive(file);
}

/**
 * The files of a folder whose process runs, the newest process first. Stale files are removed. What can't be
 * read may belong to a newer zerogpu that runs, and a process of another container can't be looked up here:
 * such files are left alone for a day.
 *
 * @param nowMs what the age of a file is counted from
 * @param isOwn whether a file of a process that is gone is surely that process's
 */
export function listProcessFiles<T extends InFile>(
  dir: string,
  parse: (content: unknown) => T,
  nowMs: number,
  isOwn: (file: T) => boolean = () => true,
): readonly T[] {
  let names: string[];
  try {
    names = readdirSync(dir).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  const found: T[] = [];
  for (const name of names) {
    const path = join(dir, name);
    const file = readProcessFile(path, parse);
    const isHere = file !== null && isThisPlace(file);
    if (isHere && isProcessAlive(file)) found.push(file);
    else if ((isHere && isOwn(file)) || isOld(path, nowMs)) rmSync(path, { force: true });
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
