/** The log of each run, in the state folder: what the run has printed, for this user alone. */
import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../shared/make-folder.js';
import { spaceFolderName } from '../shared/space-folder.js';
import { redact } from './redact.js';

/** Logs of one Space that are kept, the newest included. */
const KEPT_LOGS = 5;
/** A longer log continues in a new file, and its first part is kept until that is full as well. */
export const LOG_PART_BYTES = 8_000_000;
/** What the earlier part is called. */
export const EARLIER = '.1';

const folder = (stateDir: string, dir: string) => join(stateDir, 'logs', spaceFolderName(dir));

/**
 * Makes the log of a new run, and removes all but the four before it.
 *
 * @param dir absolute folder of the Space
 * @param nowMs wall clock, for the name of the file
 * @returns its path; null where the state folder can't be written, which ends no run
 */
export function makeLog(stateDir: string, dir: string, nowMs: number, pid: number): string | null {
  const stamp = new Date(nowMs).toISOString().replaceAll(':', '-');
  const path = join(folder(stateDir, dir), `${stamp}-${pid}.log`);
  try {
    makeFolder(folder(stateDir, dir), 0o700);
    for (const old of listLogs(stateDir, dir).slice(KEPT_LOGS - 1)) {
      rmSync(old, { force: true });
      rmSync(old + EARLIER, { force: true });
    }
    closeSync(openSync(path, 'ax', 0o600));
    return path;
  } catch {
    return null;
  }
}

/** Logs of a Space, the newest first. */
export function listLogs(stateDir: string, dir: string): readonly string[] {
  try {
    return readdirSync(folder(stateDir, dir))
      .filter((name) => name.endsWith('.log'))
      .sort()
      .reverse()
      .map((name) => join(folder(stateDir, dir), name));
  } catch {
    return [];
  }
}

export interface LogWriter {
  /** Appends lines; a disk that is full ends the log and not the run. */
  write(text: string): void;
  close(): void;
}

/**
 * @param secrets values that are left out, besides everything that looks like a token
 * @param partBytes size at which the log continues in a new file
 */
export function openLog(
  path: string,
  secrets: readonly string[],
  partBytes: number = LOG_PART_BYTES,
): LogWriter {
  let file: number | null = openSync(path, 'a', 0o600);
  let size = statSync(path).size;
  const end = () => {
    if (file !== null) closeSync(file);
    file = null;
  };
  return {
    write(text) {
      if (file === null) return;
      try {
        const bytes = Buffer.from(`${redact(text, secrets)}\n`);
        if (size > 0 && size + bytes.length > partBytes) {
          renameSync(path, path + EARLIER);
          closeSync(file);
          file = openSync(path, 'a', 0o600);
          size = 0;
        }
        size += bytes.length;
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      } catch {
        end();
      }
    },
    close: end,
  };
}
