import { systemClock, type Timer } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import { isInterrupted } from '../shared/interruption.js';
import type { AppExit, AppProcess } from './app-process.js';
import { type Ending, howEnded } from './ending.js';
import type { RunOptions } from './options.js';
import { waitUntilAnswering } from './wait-ready.js';

/**
 * Waits for the app's first answer.
 *
 * @returns the port that answers
 * @throws the signal's reason when the start is interrupted; UserError E_APP_CRASHED, E_APP_SILENT
 */
export async function waitForStart(
  app: AppProcess,
  candidatePorts: () => readonly number[],
  options: Pick<RunOptions, 'startTimeoutSeconds'>,
  interrupted: AbortSignal,
): Promise<number> {
  const gaveUp = new AbortController();
  const timeout = systemClock.after(options.startTimeoutSeconds * 1_000, () => gaveUp.abort());
  const answering = waitUntilAnswering(
    candidatePorts,
    AbortSignal.any([interrupted, gaveUp.signal]),
  );
  const first = await Promise.race([
    answering.then((port) => ({ port })),
    app.exited.then((exit) => ({ exit })),
  ]);
  timeout.cancel();
  gaveUp.abort();
  if ('exit' in first) throw crashed(first.exit, app.lastLines());
  if (first.port !== null) return first.port;
  interrupted.throwIfAborted();
  throw new UserError(
    'E_APP_SILENT',
    `the app did not answer within ${options.startTimeoutSeconds} s`,
    {
      why: 'It runs, but no port of it answers HTTP: does it call demo.launch()?',
      fix: ['zerogpu run --start-timeout 30m   (if it needs longer, e.g. for a download)'],
      exitCode: EXIT.failed,
    },
  );
}

function crashed(exit: AppExit, lastLines: readonly string[]): UserError {
  const last = lastLines.filter((line) => line.trim() !== '').at(-1);
  const missing = /No module named '([\w.]+)'/.exec(last ?? '')?.[1];
  return new UserError('E_APP_CRASHED', `the app ended with ${howEnded(exit)} before it answered`, {
    ...(last === undefined ? {} : { why: last.trim() }),
    fix: missing
      ? `add the package of \`${missing.split('.')[0]}\` to requirements.txt`
      : 'mend the error that the app printed above',
    exitCode: EXIT.failed,
  });
}

/**
 * Serves until a signal, the end of `--for`, the end of the app, or of the command after `--`.
 *
 * @param commandEnded the code of that command; null without one
 */
export async function serveUntilDone(
  appEnded: Promise<AppExit>,
  forSeconds: number | null,
  commandEnded: Promise<number> | null,
  interrupted: AbortSignal,
): Promise<Ending> {
  const endings: Promise<Ending>[] = [
    onAbort(interrupted).then(() => ({ kind: 'interrupted', signal: String(interrupted.reason) })),
    appEnded.then((exit) => ({ kind: 'app-ended', exit })),
  ];
  let timer: Timer | null = null;
  if (forSeconds !== null) {
    endings.push(
      new Promise((resolve) => {
        timer = systemClock.after(forSeconds * 1_000, () => resolve({ kind: 'time-over' }));
      }),
    );
  }
  if (commandEnded) {
    endings.push(commandEnded.then(async (code) => commandEnding(code, interrupted)));
  }
  return Promise.race(endings).finally(() => timer?.cancel());
}

/** Ctrl-C in a terminal reaches the command as well, whose end may be seen first. */
async function commandEnding(code: number, interrupted: AbortSignal): Promise<Ending> {
  if (code !== 0 && (await isInterrupted(interrupted))) {
    return { kind: 'interrupted', signal: String(interrupted.reason) };
  }
  return { kind: 'command-ended', code };
}

function onAbort(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
