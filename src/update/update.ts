/**
 * The update notice: on a terminal, after a command, from what a process in the background heard at
 * most a day ago. Nothing ever waits for the network, and ZEROGPU_NO_UPDATE_CHECK=1 keeps it quiet.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../shared/clock.js';
import { makeFolder } from '../shared/make-folder.js';
import { cacheDir } from '../shared/user-folders.js';
import { isQuestionDue, mayNotify, noticeOf, readUpdateState } from './decide.js';

/** What the notice may touch of its process. */
export interface UpdateWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { readonly isTTY?: boolean };
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
}

/** Beside this code in the built package; missing where the sources run as they are. */
const ASKER = new URL('./ask-npm.js', import.meta.url);

/** Says what is known, and lets the registry be asked when it is time. Never throws. */
export function notifyOfUpdate(
  argv: readonly string[],
  world: UpdateWorld,
  version: string,
  clock: Clock,
  ask: (folder: string, env: UpdateWorld['env']) => void = askInBackground,
): void {
  const isTerminal = world.stdout.isTTY === true && world.stderr.isTTY === true;
  if (!mayNotify(argv, world.env, isTerminal)) return;
  const folder = updateFolder(world.env);
  const state = readUpdateState(readOrNull(join(folder, 'update.json')));
  const lines = [...noticeOf(state, version)];
  const isDue = isQuestionDue(state, clock.now().wallMs);
  if (isDue && state === null) {
    lines.push(
      'zerogpu asks npm once a day for a newer version of itself; ZEROGPU_NO_UPDATE_CHECK=1 ends that',
    );
  }
  if (lines.length > 0) world.stderr.write(`\n${lines.join('\n')}\n`);
  if (isDue) ask(folder, world.env);
}

/** Where the newest version is noted. */
export const updateFolder = cacheDir;

/** The answer is for the next command: this one is over. */
function askInBackground(folder: string, env: UpdateWorld['env']): void {
  const asker = fileURLToPath(ASKER);
  if (!existsSync(asker)) return;
  try {
    makeFolder(folder, 0o700);
    const child = spawn(process.execPath, [asker, folder], {
      ...{ cwd: folder, env, detached: true, stdio: 'ignore' },
    });
    child.on('error', () => {});
    child.unref();
  } catch {
    // A folder that can't be made: there is no update notice, and nothing else is lost.
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
