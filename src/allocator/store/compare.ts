/** What follows for a ledger from what was recorded beside it. */
import { constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EXIT, UserError } from '../../shared/errors.js';
import { type Database, openDatabase } from './database.js';
import { versionOf } from './format.js';
import { judge, lastWrittenPath, type Position, positionOf, type Verdict } from './last-written.js';
import { logPath } from './open-mark.js';

export interface Comparison {
  readonly verdict: Verdict;
  readonly found: Position | null;
  readonly last: Position | null;
}

export function compare(database: Database, last: Position | null): Comparison {
  const found = positionOf(database);
  return { verdict: judge(found, versionOf(database) === 0, last), found, last };
}

/**
 * The same, of a copy: closing a file takes the log into it, and a ledger that is refused must not change.
 *
 * @returns null where there is no log, or nothing to compare with, or the copy can't be made or read
 */
export function compareCopy(path: string, last: Position | null): Comparison | null {
  if (last === null || !existsSync(path) || !existsSync(logPath(path))) return null;
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-ledger-'));
  const copy = join(folder, basename(path));
  try {
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    copyFileSync(logPath(path), logPath(copy), constants.COPYFILE_FICLONE);
    const database = openDatabase(copy);
    try {
      return compare(database, last);
    } finally {
      database.close();
    }
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A deleted log makes a ledger older as well; that is said, with the time up to which it is known.
 *
 * @throws UserError E_LEDGER_OLDER
 */
export function refuseOlder(
  path: string,
  { verdict, ...positions }: Comparison,
  isLogLost: boolean,
): void {
  if (verdict !== 'other' && (verdict !== 'older' || isLogLost)) return;
  const why = howItDiffers(path, { verdict, ...positions });
  throw new UserError('E_LEDGER_OLDER', `the ledger ${path} is not the one that was written last`, {
    why: `${why.charAt(0).toUpperCase()}${why.slice(1)}. The file is untouched.`,
    fix: [
      `${stateCommand('accept', path)}   (continues with this one)`,
      `${stateCommand('reset', path)}   (starts with full quotas, backs it up)`,
    ],
    exitCode: EXIT.cannot,
  });
}

/** What has to be said of a ledger that is read or written all the same, as sentences. */
export function notesOn(path: string, comparison: Comparison): readonly string[] {
  switch (comparison.verdict) {
    case 'last':
      return [];
    case 'unknown':
      return [
        `${lastWrittenPath(path)} is missing: an older copy of the ledger would not be noticed`,
      ];
    case 'gone':
      return [`the ledger ${path} was deleted: quotas are full`];
    default:
      return [`this is not the ledger that was written last: ${howItDiffers(path, comparison)}`];
  }
}

function howItDiffers(path: string, { verdict, found, last }: Comparison): string {
  const record = lastWrittenPath(path);
  if (verdict === 'other') return `it is another ledger than the one that ${record} names`;
  const end = found === null ? 'it is of an earlier zerogpu' : `it ends with ${placeOf(found)}`;
  return `${end}, and ${record} says that it was written up to ${placeOf(last)}`;
}

function placeOf(position: Position | null): string {
  if (position === null) return 'its end';
  const { seq, at } = position;
  return `event ${seq}${at === 0 ? '' : ` of ${new Date(at).toISOString()}`}`;
}

/** A command for this ledger: without a flag it would be that of `serve`, where both are kept. */
export function stateCommand(name: 'accept' | 'reset', path: string): string {
  return `zerogpu state ${name} ${basename(dirname(path)) === 'serve' ? '--serve' : '--space DIR'}`;
}
