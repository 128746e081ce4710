/** Takes a ledger for the last one that was written: a backup that somebody has put in its place. */
import { openDatabase } from './database.js';
import { positionOf, removeLastWritten, writeLastWritten } from './last-written.js';
import { recover } from './recover.js';
import { takeInLog } from './writer.js';

/**
 * Gives the ledger a new identity: the one that it replaces is another from now on. Call it with the lock.
 *
 * @returns number of its last event, and what was repaired
 * @throws UserError E_LEDGER_DAMAGED, E_LEDGER_NEWER, E_STATE_DIR
 */
export function acceptLedger(path: string): { seq: number; repairs: readonly string[] } {
  const { seq, repairs } = recover(path, true);
  const database = openDatabase(path);
  try {
    removeLastWritten(path);
    database.exec('UPDATE identity SET id = lower(hex(randomblob(16)))');
    takeInLog(path, database);
    const position = positionOf(database);
    if (position) writeLastWritten(path, position);
  } finally {
    database.close();
  }
  return { seq, repairs };
}
