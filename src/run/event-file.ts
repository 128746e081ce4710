import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import { jsonConsole, type RunConsole } from './console.js';

/**
 * Writes the events of calls to a file as well, as `--log-format json` has them. Appended line by
 * line: what happened before a crash is there after it.
 *
 * @throws UserError E_USAGE when the file can't be written from the start
 */
export function teeEvents(talk: RunConsole, file: string, clock: Clock): RunConsole {
  append(file, '');
  let failed = false;
  const events = jsonConsole((line) => {
    if (failed) return;
    try {
      append(file, `${line}\n`);
    } catch (error) {
      // A full disk is no reason to end a run that works.
      failed = true;
      talk.warn(`${error instanceof Error ? error.message : error}; it ends here`);
    }
  }, clock);
  return {
    ...talk,
    call(record) {
      talk.call(record);
      events.call(record);
    },
    told(message, visitor) {
      talk.told(message, visitor);
      events.told(message, visitor);
    },
    table(rows) {
      talk.table(rows);
      events.table(rows);
    },
  };
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw new UserError('E_USAGE', `--events ${file} can't be written`, {
      why: error instanceof Error ? error.message : String(error),
      fix: `mkdir -p ${dirname(file)}`,
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}
