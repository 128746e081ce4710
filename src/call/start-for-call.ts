import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { noRun } from '../lifecycle/choose-run.js';
import { startDetached } from '../lifecycle/detach.js';
import { findRuns, type LiveRun } from '../lifecycle/live-runs.js';
import { stopRun } from '../lifecycle/stop-run.js';
import { EXIT, UserError } from '../shared/errors.js';

/** How long the run may take to end before it is ended at once, milliseconds. */
const STOP_WITHIN_MS = 20_000;

/**
 * Starts the Space of a folder for one call, on any free port, with the settings of its zerogpu.json and
 * of the environment.
 *
 * @param said the folder
 * @param stateFlag of `--state-dir`, passed on
 * @throws UserError E_RUN_NONE when the folder is not a Space; E_APP_CRASHED when the Space does not start
 */
export async function startForCall(
  said: string,
  stateFlag: string | undefined,
  state: string,
  world: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
    readonly stderr: Writable;
    readonly interrupted: AbortSignal;
  },
): Promise<{ readonly url: string; readonly run: LiveRun; readonly stop: () => Promise<void> }> {
  const dir = resolve(world.cwd, said);
  const isSpace = ['README.md', 'app.py'].some((name) => existsSync(join(dir, name)));
  if (!isSpace) throw noRun(findRuns(state), said, 'zerogpu call … --space');
  world.stderr.write('no run of this Space goes on: it is started for this call\n');
  const { run, exitCode } = await startDetached({
    program: process.argv[1] ?? '',
    args: [
      ...['run', dir, '--port', '0'],
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
