import { resolve } from 'node:path';
import { chooseRun } from '../lifecycle/choose-run.js';
import { startDetached } from '../lifecycle/detach.js';
import { findRuns } from '../lifecycle/live-runs.js';
import { EXIT, UserError } from '../shared/errors.js';
import { stateDir } from '../shared/user-folders.js';
import type { RunOptions } from './options/index.js';
import type { RunWorld } from './run-context.js';

/** The flag, in every form that the command line takes. */
const DETACH = /^(?:-d|--detach)$/;

/**
 * `run --detach`: the same command line without the flag, in a session of its own.
 *
 * @returns the exit code: 0 when the app answers, 1 when the run waits for a fix of it, else that of the run
 * @throws UserError E_RUN_SEVERAL when the Space runs already
 */
export async function detachRun(options: RunOptions, world: RunWorld): Promise<number> {
  const state = resolve(world.cwd, stateDir(options.stateDir, world.env));
  const running = chooseRun(findRuns(state), options.dir, world.cwd, 'zerogpu stop');
  if (running) {
    throw new UserError('E_RUN_SEVERAL', `the Space runs already, as pid ${running.pid}`, {
      why: `It is ${running.state}${running.url === null ? '' : ` at ${running.url}`}.`,
      fix: [`zerogpu stop ${options.dir}`, `zerogpu wait ${options.dir}`],
    });
  }
  const { run, exitCode } = await startDetached({
    program: process.argv[1] ?? '',
    args: (world.argv ?? []).filter((word) => !DETACH.test(word)),
    dir: options.dir,
    stateDir: state,
    ...{ env: world.env, cwd: world.cwd, interrupted: world.interrupted },
    onText: (text) => void world.stderr.write(text),
  });
  if (run === null) return exitCode;
  if (run.state === 'failed') {
    world.stderr.write(`  detached, pid ${run.pid}: the app does not come up; fix it and save\n`);
    return EXIT.failed;
  }
  world.stdout.write(`ready ${run.url}\n`);
  const commands = nextCommands(options.dir === resolve(world.cwd) ? null : run.url);
  world.stderr.write(`  detached, pid ${run.pid}: ${commands}\n`);
  return EXIT.ok;
}

/** What to type next. Pure. @param url of the run; null in the Space's folder, where the commands find it */
export function nextCommands(url: string | null): string {
  const [name, flag] = url === null ? ['', ''] : [` ${url}`, ` --space ${url}`];
  return `zerogpu logs -f${name}, zerogpu call${flag}, zerogpu stop${name}`;
}
