import { EXIT, UserError } from '../shared/errors.js';
import { isInForeground } from '../shared/foreground.js';
import { choosePaint, noPaint } from '../shared/paint.js';
import { forText } from '../shared/printable.js';
import type { World } from '../shared/world.js';

/** Signals closer together than this are one: terminals send Ctrl-C to us and to our wrappers. */
const SAME_SIGNAL_MS = 100;

/** The world of the real process. */
export function createProcessWorld(): World {
  const interruption = new AbortController();
  const forced: (() => void)[] = [];
  let firstAtMs = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    process.on(name, () => {
      const nowMs = performance.now();
      if (!interruption.signal.aborted) {
        firstAtMs = nowMs;
        interruption.abort(name);
      } else if (nowMs - firstAtMs > SAME_SIGNAL_MS) {
        for (const callback of forced) callback();
      }
    });
  }
  // A reader that went away (`zerogpu … | head`) ends the talk, not the program.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (stream === process.stdout && error.code !== 'EPIPE') reportLostResult(error);
    });
  }
  return {
    argv: process.argv.slice(2),
    env: process.env,
    get cwd() {
      return currentFolder();
    },
    get stdin() {
      return process.stdin;
    },
    inForeground: isInForeground,
    stdout: forText(process.stdout, keepsColours(process.stdout)),
    stderr: forText(process.stderr, keepsColours(process.stderr)),
    interrupted: interruption.signal,
    onForced(callback) {
      forced.push(callback);
    },
  };
}

/** Somebody may have asked for colours; who has not gets no escape code at all, whoever wrote it. */
function keepsColours({ isTTY }: { readonly isTTY?: boolean }): boolean {
  const isAsked = process.argv.some((word) => word.startsWith('--color'));
  return isAsked || choosePaint('auto', process.env, isTTY === true) !== noPaint;
}

/**
 * Asked for by the commands that need it: the others work in a folder that is gone as well.
 *
 * @throws UserError E_CURRENT_FOLDER
 */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new UserError('E_CURRENT_FOLDER', 'the current folder cannot be used', {
      why: `It was deleted, or you may not enter it: ${error instanceof Error ? error.message : error}.`,
      fix: 'cd    (or to any other folder), then run the command again',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

let told = false;

/**
 * A result that a full disk did not take is a failure. A lost log line ends nothing: a run
 * has a Space to look after.
 */
function reportLostResult(error: NodeJS.ErrnoException): void {
  if (told) return;
  told = true;
  process.stderr.write(`error  stdout can't be written: ${error.message}\n`);
  process.once('exit', () => {
    if (!process.exitCode) process.exitCode = EXIT.cannot;
  });
}
