/**
 * The little of SQLite that the ledger needs, on whatever is at hand: `node:sqlite` where Node has
 * it without a warning (24 and later), else libsql's prebuilt binding.
 */
import { createRequire } from 'node:module';

export interface Statement {
  run(...values: readonly (string | number)[]): unknown;
  get(...values: readonly (string | number)[]): unknown;
  all(...values: readonly (string | number)[]): unknown[];
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type Open = (path: string, readonly: boolean) => Database;

const require = createRequire(import.meta.url);

/**
 * Opens a database file, and makes it when it is not there (unless `readonly`).
 *
 * @throws what SQLite says; see `sqliteCode`
 */
export function openDatabase(path: string, readonly = false): Database {
  return driver()(path, readonly);
}

let known: Open | null = null;

function driver(): Open {
  known ??= Number(process.versions.node.split('.')[0]) >= 24 ? nodeSqlite() : libsql();
  return known;
}

function libsql(): Open {
  const Libsql = require('libsql') as new (path: string, options: object) => Database;
  return (path, readonly) => new Libsql(path, { readonly });
}

function nodeSqlite(): Open {
  const { DatabaseSync } = require('node:sqlite') as {
    DatabaseSync: new (path: string, options: object) => Database;
  };
  return (path, readOnly) => new DatabaseSync(path, { readOnly });
}

/** SQLite's result codes that the ledger tells apart (sqlite.org/rescode.html). */
const FULL = 13;
const READ_ONLY = 8;
const CANNOT_OPEN = 14;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const IO_ERROR = 10;
/** Extended code of a failed fsync. */
const IO_ERROR_FSYNC = 1034;

export type StoreProblem = 'full' | 'damaged' | 'fsync' | 'unwritable' | 'other';

/** What kind of trouble an error of the driver speaks of. */
export function problemOf(error: unknown): StoreProblem {
  const { rawCode, errcode } = error as { rawCode?: unknown; errcode?: unknown };
  const extended = Number(rawCode ?? errcode ?? 0);
  if (extended === IO_ERROR_FSYNC) return 'fsync';
  switch (extended & 0xff) {
    case FULL:
      return 'full';
    case CORRUPT:
    case NOT_A_DATABASE:
      return 'damaged';
    case READ_ONLY:
    case CANNOT_OPEN:
    case IO_ERROR:
      return 'unwritable';
    default:
      return 'other';
  }
}
