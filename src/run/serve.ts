import { systemClock, type Timer } from '../shared/clock.js';
import { isInterrupted } from '../shared/interruption.js';
import type { AppExit } from './app/index.js';
import type { Ending } from './ending.js';

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
