import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { noRun, notRunning } from '../lifecycle/choose-run.js';
import { startDetached } from '../lifecycle/detach.js';
import { findRuns, type LiveRun } from '../lifecycle/live-runs.js';
import { stopRun } from '../lifecycle/stop-run.js';
import { confirmOn } from '../shared/confirm.js';
import { EXIT, UserError } from '../shared/errors.js';
import { shellWord } from '../shared/shell-word.js';
import type { CallWorld, RawCallOptions } from './call.js';

/** How long the run may take to end before it is ended at once, milliseconds. */
const STOP_WITHIN_MS = 20_000;

/**
 * Starts the Space of a folder for one call, on any free port, with the settings of its zerogpu.json and
 * of the environment.
 *
 * @param options with the folder, and `--state-dir`, which is passed on
 * @param command what the user typed, up to the name of another run
 * @throws UserError E_RUN_NONE when the folder is not a Space, or its user does not want to install; E_RUN_ENDED
 *   when the Space does not start
 */
export async function startForCall(
  { space: said, stateDir: stateFlag, yes = false }: RawCallOptions,
  command: string,
  state: string,
  world: CallWorld,
): Promise<{ readonly url: string; readonly run: LiveRun; readonly stop: () => Promise<void> }> {
  const dir = resolve(world.cwd, said);
  const isSpace = ['README.md', 'app.py'].some((name) => existsSync(join(dir, name)));
  if (!isSpace) throw noRun(findRuns(state), said, command);
  const mayInstall = yes || (await mayInstallFor(dir, said, world));
  world.stderr.write('the Space is not running: it is started for this call\n');
  const { run, exitCode } = await startDetached({
    program: process.argv[1] ?? '',
    args: [
      ...['run', dir, '--port', '0'],
      // The run has no terminal to ask on.
      ...(mayInstall ? ['--yes'] : []),
      ...(stateFlag === undefined ? [] : ['--state-dir', state]),
    ],
    dir,
    stateDir: state,
    ...{ env: world.env, cwd: world.cwd, interrupted: world.interrupted },
    onText: (text) => void world.stderr.write(text),
  });
  if (run?.url) {
    return {
      url: run.url,
      run,
      async stop() {
        await stopRun(run, STOP_WITHIN_MS);
        world.stderr.write(
          'the Space was stopped; zerogpu run --detach keeps one for more calls\n',
        );
      },
    };
  }
  throw new UserError('E_RUN_ENDED', 'the Space did not start', {
    why: 'What it printed is above.',
    fix: `zerogpu run ${said}`,
    exitCode: exitCode ?? EXIT.failed,
  });
}

/**
 * Asks before packages are installed, where a person can answer.
 *
 * @returns whether the run may install unasked; without a person it does what `run` does without one
 */
async function mayInstallFor(dir: string, said: string, world: CallWorld): Promise<boolean> {
  const confirm = confirmOn(world);
  const missing = confirm && (await world.missing?.(dir));
  if (!confirm || !missing) return false;
  if (await confirm(`The Space does not run, and ${missing}. Start it?`)) return true;
  throw new UserError('E_RUN_NONE', notRunning(said), {
    why: 'It was not started, since its packages would have to be installed.',
    fix: ['zerogpu call --yes …   (starts it without asking)', `zerogpu run ${shellWord(said)}`],
    exitCode: EXIT.cannot,
  });
}
