/** `zerogpu logs`: what a run has printed, this one or one of the last five. */

import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../shared/errors.js';
import { isProcessAlive } from '../shared/process-table.js';
import { stateDir } from '../shared/user-folders.js';
import { chooseRun } from './choose-run.js';
import { findRuns, type LiveRun } from './live-runs.js';
import { followLog, lastLines, sizeOf } from './read-log.js';
import { listLogs } from './run-logs.js';
import type { LifecycleWorld } from './world.js';

export interface RawLogsOptions {
  readonly follow?: boolean;
  readonly lines?: string;
  readonly previous?: string;
  readonly stateDir?: string;
}

const LOOK_EVERY_MS = 100;

/**
 * Prints a log to stdout; with `--follow`, until the run ends or Ctrl-C.
 *
 * @param said a folder, `owner/name` or an address
 * @returns the exit code
 * @throws UserError E_USAGE; E_RUN_NONE when no run of the Space has left a log
 */
export async function logs(
  said: string,
  options: RawLogsOptions,
  { env, cwd, stdout, interrupted }: LifecycleWorld,
): Promise<number> {
  const state = resolve(cwd, stateDir(options.stateDir ?? null, env));
  const count = options.lines === undefined ? 100 : lineCount(options.lines);
  const back = options.previous === undefined ? 0 : wholeNumber(options.previous, '--previous');
  const runs = findRuns(state);
  const live = chooseRun(runs, said, cwd, 'zerogpu logs');
  const path = logOf(live, listLogs(state, live?.dir ?? resolve(cwd, said)), back);
  if (path === null) throw noLog(said, back);
  const follows = options.follow === true && live !== null && live.log === path;
  const reader = followLog(path, sizeOf(path));
  const lines = lastLines(path, count);
  stdout.write(lines.map((line) => `${line}\n`).join(''));
  while (follows && !interrupted.aborted) {
    const isOver = !isProcessAlive(live);
    const text = reader.next();
    if (text !== '') stdout.write(text);
    if (isOver) break;
    await sleep(LOOK_EVERY_MS);
  }
  return EXIT.ok;
}

/** The log of the active run, or that of the run so many before the newest. */
function logOf(live: LiveRun | null, kept: readonly string[], back: number): string | null {
  if (back === 0) return live?.log ?? kept[0] ?? null;
  return kept[back] ?? null;
}

function lineCount(text: string): number {
  return text === 'all' ? Number.POSITIVE_INFINITY : wholeNumber(text, '--lines');
}

function wholeNumber(text: string, flag: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const all = flag === '--lines' ? ', or all' : '';
  throw new UserError('E_USAGE', `${flag} is "${text}", which is not a number`, {
    why: `${flag} takes a whole number from 0${all}.`,
    fix: `${flag} 1`,
  });
}

function noLog(said: string, back: number): UserError {
  const which = back === 0 ? 'has left a log' : `is ${back} before the newest`;
  return new UserError('E_RUN_NONE', `no run of ${said === '.' ? 'this folder' : said} ${which}`, {
    why: 'The logs of the last five runs of a Space are kept in the state folder.',
    fix: 'zerogpu status   (lists the active runs)',
    exitCode: EXIT.cannot,
  });
}
