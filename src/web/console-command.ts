/** `zerogpu console`: a link that opens the console of a run, or of `serve`, in the browser. */
import { resolve } from 'node:path';
import { controlSecret } from '../allocator/client/index.js';
import { chooseRun, noRun } from '../lifecycle/choose-run.js';
import { findRuns } from '../lifecycle/live-runs.js';
import { systemClock } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import { stateDir } from '../shared/user-folders.js';
import type { World } from '../shared/world.js';
import { findConsoles } from './locator.js';
import { openInBrowser } from './open.js';
import { linkTo } from './server/keys.js';

export interface RawConsoleOptions {
  readonly open?: boolean;
  readonly serve?: boolean;
  readonly stateDir?: string;
}

/**
 * Prints the link, which is good once and for five minutes, or opens it.
 *
 * @param said a folder, `owner/name` or an address
 * @returns the exit code
 * @throws UserError E_RUN_NONE where nothing with a console runs, E_RUN_SEVERAL
 */
export async function webConsole(
  said: string,
  options: RawConsoleOptions,
  { env, cwd, stdout, stderr }: Pick<World, 'env' | 'cwd' | 'stdout' | 'stderr'>,
): Promise<number> {
  const state = resolve(cwd, stateDir(options.stateDir ?? null, env));
  const url = options.serve ? consoleOfServe(state) : consoleOf(state, said, cwd);
  const link = linkTo(url, controlSecret(state), systemClock.now().wallMs);
  if (options.open && (await openInBrowser(state, link))) {
    stderr.write(`opened ${url}\n`);
    return EXIT.ok;
  }
  if (options.open) stderr.write('No browser could be started. Follow this link:\n');
  stdout.write(`${link}\n`);
  return EXIT.ok;
}

function consoleOfServe(state: string): string {
  const found = findConsoles(state).find(({ kind }) => kind === 'serve');
  if (found) return found.url;
  throw new UserError('E_RUN_NONE', 'zerogpu serve is not running', {
    fix: ['zerogpu serve', 'zerogpu console   (of the run in this folder)'],
    exitCode: EXIT.cannot,
  });
}

function consoleOf(state: string, said: string, cwd: string): string {
  const runs = findRuns(state);
  const run = chooseRun(runs, said, cwd, 'zerogpu console');
  if (run === null) throw noRun(runs, said, 'zerogpu console');
  const found = findConsoles(state).find(({ pid }) => pid === run.pid);
  if (found) return found.url;
  throw new UserError('E_RUN_NONE', 'this run has no console', {
    why: 'It has not come that far, or it runs a command (zerogpu run -- CMD).',
    fix: 'zerogpu status',
    exitCode: EXIT.cannot,
  });
}
