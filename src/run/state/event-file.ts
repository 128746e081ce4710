import { dirname } from 'node:path';
import type { Clock } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { jsonConsole, type RunConsole } from '../console/index.js';
import { type EventSink, openEventSink } from './event-sink.js';

/** A console that writes the events of calls to a file as well. */
export interface TeedConsole {
  readonly console: RunConsole;
  /** Writes what is left, and warns of what was not. */
  close(): Promise<void>;
}

/**
 * Writes the events of calls to a file as well, as `--log-format json` has them. Appended line by
 * line: what happened before a crash is there after it. The file may be a pipe: a run does not wait for
 * its reader, and says how many events it did not take.
 *
 * @throws UserError E_USAGE when the file can't be written from the start
 */
export function teeEvents(talk: RunConsole, file: string, clock: Clock): TeedConsole {
  const sink = open(file);
  let failed = false;
  /** Since the last one that was written. */
  let dropped = 0;
  let hasWarned = false;

  function write(line: string): void {
    if (failed) return;
    try {
      // First the gap, so that who reads on knows of it.
      if (dropped > 0 && sink.write(gap(dropped))) dropped = 0;
      if (dropped > 0 || !sink.write(line)) drop();
    } catch (error) {
      // A full disk is not a reason to end a run that works.
      failed = true;
      talk.warn(`${unwritable(file, error).message}; it ends here`);
    }
  }
  function drop(): void {
    dropped += 1;
    if (hasWarned) return;
    hasWarned = true;
    talk.warn(`--events ${file}: its reader does not keep up, and events are dropped`);
  }
  function gap(events: number): string {
    let text = '';
    const take = jsonConsole((line) => {
      text = line;
    }, clock);
    take.warn(`${events} events before this one were dropped: the reader did not keep up`);
    return text;
  }
  const events = jsonConsole(write, clock);
  return {
    console: {
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
    },
    async close() {
      const lost = dropped + (await sink.close());
      if (lost === 0) return;
      const events = lost === 1 ? 'event' : 'events';
      talk.warn(`--events ${file}: its reader did not take ${lost} ${events}`);
    },
  };
}

function open(file: string): EventSink {
  try {
    return openEventSink(file);
  } catch (error) {
    throw unwritable(file, error);
  }
}

function unwritable(file: string, error: unknown): UserError {
  return new UserError('E_USAGE', `--events ${file} can't be written`, {
    why: error instanceof Error ? error.message : String(error),
    fix:
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `mkdir -p ${dirname(file)}`
        : '--events FILE   (a file or a pipe that you may write to)',
    exitCode: EXIT.usage,
    cause: error,
  });
}
