import { constants } from 'node:os';
import { execa } from 'execa';
import { systemClock } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import type { AppExit, AppProcess } from './app-process.js';
import type { RunOptions } from './options.js';
import { waitUntilAnswering } from './wait-ready.js';

/** Why a run ended. */
export type Ending =
  | { readonly kind: 'interrupted'; readonly signal: string }
  | { readonly kind: 'time-over' }
  | { readonly kind: 'app-ended'; readonly exit: AppExit }
  | { readonly kind: 'command-ended'; readonly code: number };

/**
 * Waits for the app's first answer.
 *
 * @returns the port that answers, or how the start was interrupted
 * @throws UserError E_APP_CRASHED, E_APP_SILENT
 */
export async function waitForStart(
  app: AppProcess,
  candidatePorts: () => readonly number[],
  options: Pick<RunOptions, 'startTimeoutSeconds'>,
  interrupted: AbortSignal,
): Promise<{ readonly port: number } | { readonly signal: string }> {
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
  if (first.port !== null) return { port: first.port };
  if (interrupted.aborted) return { signal: String(interrupted.reason) };
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

/** `code 1`, `SIGKILL`. */
export function howEnded(exit: AppExit): string {
  return exit.signal ?? `code ${exit.code ?? 'unknown'}`;
}

/** Serves until a signal, the end of `--for`, the end of the app, or of the command after `--`. */
export async function serveUntilDone(
  appEnded: Promise<AppExit>,
  options: Pick<RunOptions, 'forSeconds' | 'command'>,
  url: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  interrupted: AbortSignal,
): Promise<Ending> {
  const done = new AbortController();
  const endings: Promise<Ending>[] = [
    onAbort(interrupted).then(() => ({ kind: 'interrupted', signal: String(interrupted.reason) })),
    appEnded.then((exit) => ({ kind: 'app-ended', exit })),
  ];
  const { forSeconds } = options;
  if (forSeconds !== null) {
    endings.push(
      new Promise((resolve) => {
        const timer = systemClock.after(forSeconds * 1_000, () => resolve({ kind: 'time-over' }));
        done.signal.addEventListener('abort', timer.cancel);
      }),
    );
  }
  if (options.command.length > 0) {
    endings.push(runCommand(options.command, url, cwd, env, done.signal));
  }
  try {
    return await Promise.race(endings);
  } finally {
    done.abort();
  }
}

async function runCommand(
  [file = '', ...args]: readonly string[],
  url: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  cancel: AbortSignal,
): Promise<Ending> {
  const result = await execa(file, args, {
    cwd,
    env: { ...env, ZEROGPU_URL: url, GRADIO_URL: url },
    extendEnv: false,
    stdio: 'inherit',
    buffer: false,
    reject: false,
    cancelSignal: cancel,
    forceKillAfterDelay: 5_000,
  });
  if (result.exitCode === undefined && result.signal === undefined && !cancel.aborted) {
    throw new UserError('E_COMMAND_NOT_FOUND', `could not start ${file}`, {
      why: (result.code !== 'ENOENT' && result.shortMessage) || 'There is no such program.',
      fix: 'zerogpu run DIR -- COMMAND   (a program on PATH, or its path)',
      exitCode: EXIT.cannot,
    });
  }
  // As shells have it for a command that a signal ended.
  const signalCode = result.signal ? 128 + constants.signals[result.signal] : EXIT.failed;
  return { kind: 'command-ended', code: result.exitCode ?? signalCode };
}

function onAbort(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
