/** `zerogpu run --detach`: the run has a session of its own and outlives its terminal. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import { findRuns, type LiveRun } from './live-runs.js';
import { followLog } from './read-log.js';
import { makeLog } from './run-logs.js';

/** Tells a run where its log is, and that nothing else reads what it prints. */
export const DETACHED_LOG = 'ZEROGPU_DETACHED_LOG';
const LOOK_EVERY_MS = 50;
/** How long an interrupted run gets to end, before the next signal, milliseconds. */
const INTERRUPT_MS = 2_500;

export interface DetachRequest {
  /** The program behind this command line: `bin/zerogpu.js`. */
  readonly program: string;
  /** What comes after it: `run`, folder and flags. */
  readonly args: readonly string[];
  /** Absolute folder of the Space. */
  readonly dir: string;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly interrupted: AbortSignal;
  /** What the run prints until it is ready. */
  readonly onText: (text: string) => void;
}

/** A run that is ready, or continues without its app (`failed`), or how it ended before. */
export type Detached =
  | { readonly run: LiveRun; readonly exitCode: null }
  | { readonly run: null; readonly exitCode: number };

/**
 * Starts a run that outlives this process, and waits until its app answers.
 *
 * @throws UserError E_STATE_DIR when there is no place for its log; the signal's reason when interrupted:
 *   then the run is stopped
 */
export async function startDetached(request: DetachRequest): Promise<Detached> {
  const { stateDir, dir, interrupted } = request;
  const log = makeLog(stateDir, dir, systemClock.now().wallMs, process.pid);
  if (log === null) {
    throw new UserError('E_STATE_DIR', `no log can be written in ${stateDir}`, {
      why: 'A detached run has no terminal to print to.',
      fix: 'zerogpu run --detach --state-dir DIR   (a folder that you may write to)',
      exitCode: EXIT.cannot,
    });
  }
  const file = openSync(log, 'a', 0o600);
  // Without "--", Node 20 reads a file of `--env-file` itself.
  const words = [...process.execArgv, '--', request.program, ...request.args];
  const child = spawn(process.execPath, words, {
    cwd: request.cwd,
    // The run itself is not to leave once more.
    env: { ...request.env, [DETACHED_LOG]: log, ZEROGPU_DETACH: '' },
    stdio: ['ignore', 'ignore', file],
    detached: true,
  });
  closeSync(file);
  let ended: number | null = null;
  child.once('exit', (code, signal) => {
    ended = code ?? (signal === null ? EXIT.bug : EXIT.sigint);
  });
  child.once('error', () => {
    ended = EXIT.bug;
  });
  const reader = followLog(log, 0);
  const tell = () => {
    const text = reader.next();
    if (text !== '') request.onText(text);
  };
  for (;;) {
    const run = findRuns(stateDir).find(({ pid }) => pid === child.pid);
    tell();
    // One that watches its files continues without its app.
    if (run?.state === 'ready' || run?.state === 'failed') {
      child.unref();
      return { run, exitCode: null };
    }
    if (ended !== null) {
      tell();
      return { run: null, exitCode: ended };
    }
    if (interrupted.aborted) break;
    await sleep(LOOK_EVERY_MS);
  }
  // As from its terminal: the first stops it, the second kills its app; the last ends it whatever it does.
  for (const name of ['SIGINT', 'SIGINT', 'SIGKILL'] as const) {
    child.kill(name);
    const untilMs = systemClock.now().monotonicMs + INTERRUPT_MS;
    while (ended === null && systemClock.now().monotonicMs < untilMs) await sleep(LOOK_EVERY_MS);
  }
  tell();
  throw interrupted.reason;
}
