/**
 * Beside a ledger that is written lies a mark. SQLite removes the write-ahead log when the last one
 * closes the file, and so a missing log alone says nothing; a missing log beside a mark was deleted,
 * and with it whatever had not been taken into the file.
 */
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';

export function logPath(path: string): string {
  return `${path}-wal`;
}

/** Files that belong to a ledger besides the file itself, by what is appended to its name. */
export const SUFFIXES = ['-wal', '-shm', '-open', '-last'] as const;

function markPath(path: string): string {
  return `${path}-open`;
}

/** After the first commit: from now on there is a log. */
export function markOpen(path: string): void {
  writeFileSync(markPath(path), '', { mode: 0o600 });
}

/** While the log is still whole, though all of it is in the file: a crash leaves no false mark. */
export function unmarkOpen(path: string): void {
  rmSync(markPath(path), { force: true });
}

/**
 * The log was deleted while a ledger was not closed; who only looked may have left an empty one. SQLite's
 * index of the log without either file is what is left when somebody deletes all but that.
 */
export function hasLostLog(path: string): boolean {
  const log = statSync(logPath(path), { throwIfNoEntry: false });
  if ((log?.size ?? 0) > 0) return false;
  return existsSync(markPath(path)) || (!existsSync(path) && existsSync(`${path}-shm`));
}
