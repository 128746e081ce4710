/** The form of the ledger file: tables, versions, and how a row proves itself. */
import { crc32 } from 'node:zlib';
import type { Database } from './database.js';

/** `ZGPU`: tells `file` and people whose database it is. */
const APPLICATION_ID = 0x5a475055;

/**
 * From each version to the next, in order. A published one never changes: files of it exist.
 * `events` are what went into the core, `snapshots` its state after the event `seq`, `identity` which ledger
 * this is and how many snapshots were written.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE events (
     seq INTEGER PRIMARY KEY,
     wall_ms INTEGER NOT NULL,
     type TEXT NOT NULL,
     body TEXT NOT NULL,
     crc INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE snapshots (
     seq INTEGER PRIMARY KEY,
     boot_id TEXT NOT NULL,
     body TEXT NOT NULL,
     crc INTEGER NOT NULL
   ) STRICT;`,
  `CREATE TABLE identity (
     id TEXT NOT NULL,
     generation INTEGER NOT NULL
   ) STRICT;
   INSERT INTO identity VALUES (lower(hex(randomblob(16))), 0);`,
];

/**
 * Every commit is on the disk when it returns; readers never block the writer. The log is taken into
 * the file at a megabyte (256 pages of 4 KiB): a start after a crash reads all of it.
 */
export const PRAGMAS = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 256;
`;

/** Version of the file, 0 for one that was just made. */
export function versionOf(database: Database): number {
  return Number(Object.values(database.prepare('PRAGMA user_version').get() as object)[0]);
}

/** Brings a file of any older version to the newest, each step in a transaction of its own. */
export function migrate(database: Database, migrations: readonly string[] = MIGRATIONS): void {
  for (let version = versionOf(database); version < migrations.length; version += 1) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[version]}
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${version + 1};
      COMMIT;`);
  }
}

/** A row that was changed behind our back does not match its checksum. */
export function checksum(seq: number, body: string): number {
  return crc32(body, seq >>> 0);
}
