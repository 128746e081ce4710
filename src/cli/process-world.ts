import type { World } from './world.js';

/** Signals closer together than this are one: terminals send Ctrl-C to us and to our wrappers. */
const SAME_SIGNAL_MS = 100;

/** The world of the real process. */
export function createProcessWorld(): World {
  const interruption = new AbortController();
  let force: (() => void) | null = null;
  let firstAtMs = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const nowMs = performance.now();
      if (!interruption.signal.aborted) {
        firstAtMs = nowMs;
        interruption.abort(name);
      } else if (nowMs - firstAtMs > SAME_SIGNAL_MS) {
        force?.();
      }
    });
  }
  // A reader that went away (`zerogpu … | head`) ends the talk, not the program.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    interrupted: interruption.signal,
    onForced(callback) {
      force = callback;
    },
  };
}
