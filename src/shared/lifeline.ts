import type { ChildProcess } from 'node:child_process';
import { identifyProcess, killProcessTree } from './process-table.js';

/** Of stdio: where supervise.py holds the other end. */
export const LIFELINE_FD = 3;

/** Seconds that the supervisors get to kill what is below them, before they are killed themselves. */
const SUPERVISOR_SECONDS = 3;

/** Our hold on a process that runs below supervise.py. */
export interface Lifeline {
  /** Sends a signal to the program below; a supervisor that was stopped passes it on as well. */
  signal(name: NodeJS.Signals): void;
  /** Ends the program and everything below it at once, whatever state its supervisors are in. */
  cut(): void;
}

/** @param guard supervise.py, started with `--lifeline-fd 3` and a pipe there */
export function lifelineOf(
  guard: Pick<ChildProcess, 'pid' | 'kill' | 'once'> & {
    readonly stdio: readonly unknown[];
  },
): Lifeline {
  const pipe = guard.stdio[LIFELINE_FD];
  const root = guard.pid === undefined ? null : identifyProcess(guard.pid);
  let ended = false;
  let killing: NodeJS.Timeout | null = null;
  guard.once('exit', () => {
    ended = true;
    if (killing) clearTimeout(killing);
  });
  return {
    signal(name) {
      guard.kill(name);
      guard.kill('SIGCONT');
    },
    cut() {
      if (pipe && typeof pipe === 'object' && 'destroy' in pipe)
        (pipe as { destroy(): void }).destroy();
      guard.kill('SIGCONT');
      if (ended || killing) return;
      killing = setTimeout(() => root && killProcessTree(root), SUPERVISOR_SECONDS * 1_000);
    },
  };
}
