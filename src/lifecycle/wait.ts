/** `zerogpu wait`: until a run answers. */

import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../shared/clock.js';
import { parseDuration } from '../shared/duration.js';
import { EXIT, UserError } from '../shared/errors.js';
import { interruptible } from '../shared/interruption.js';
import { stateDir } from '../shared/user-folders.js';
import { chooseRun, noRun } from './choose-run.js';
import { findRuns, type LiveRun } from './live-runs.js';
import type { LifecycleWorld } from './world.js';

export interface RawWaitOptions {
  readonly timeout: string;
  readonly stateDir?: string;
}

const LOOK_EVERY_MS = 100;

/**
 * Waits until a run of the Space is ready, and prints its address. One that has not begun yet is waited
 * for as well.
 *
 * @param said a folder, `owner/name` or an address
 * @returns the exit code
 * @throws UserError E_RUN_ENDED when the run ends before it is ready, E_RUN_WAIT after the time given
 */
export async function wait(
  said: string,
  options: RawWaitOptions,
  { env, cwd, stdout, interrupted }: LifecycleWorld,
): Promise<number> {
  const state = resolve(cwd, stateDir(options.stateDir ?? null, env));
  const withinSeconds = parseDuration(options.timeout, '--timeout');
  const giveUpMs = systemClock.now().monotonicMs + withinSeconds * 1_000;
  let seen: LiveRun | null = null;
  return interruptible(interrupted, async () => {
    for (;;) {
      const runs = findRuns(state);
      const run = chooseRun(runs, said, cwd, 'zerogpu wait');
      if (run?.state === 'ready' && run.url !== null) {
        stdout.write(`ready ${run.url}\n`);
        return EXIT.ok;
      }
      if (run === null && seen !== null) throw ended(said);
      if (systemClock.now().monotonicMs >= giveUpMs) {
        throw run === null ? noRun(runs, said, 'zerogpu wait') : late(said, run, withinSeconds);
      }
      seen = run ?? seen;
      await sleep(LOOK_EVERY_MS, undefined, { signal: interrupted });
    }
  });
}

function ended(said: string): UserError {
  return new UserError('E_RUN_ENDED', 'the run has ended before it was ready', {
    fix: `zerogpu logs${said === '.' ? '' : ` ${said}`}`,
    exitCode: EXIT.failed,
  });
}

function late(said: string, { state }: LiveRun, seconds: number): UserError {
  const where = said === '.' ? '' : ` ${said}`;
  return new UserError('E_RUN_WAIT', `the run is not ready after ${seconds} s`, {
    why: `It is ${state}.`,
    fix: [`zerogpu logs${where}`, `zerogpu wait${where} --timeout 10m`],
    exitCode: EXIT.cannot,
  });
}
