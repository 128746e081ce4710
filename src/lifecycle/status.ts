/** `zerogpu status`: the active runs, their addresses, and how long each has run. */
import { resolve } from 'node:path';
import { findAllocators, type Locator } from '../allocator/client/index.js';
import { systemClock } from '../shared/clock.js';
import { alignColumns } from '../shared/columns.js';
import { formatSeconds } from '../shared/duration.js';
import { EXIT } from '../shared/errors.js';
import { printableLine } from '../shared/printable.js';
import { stateDir } from '../shared/user-folders.js';
import { noRun, runsNamed } from './choose-run.js';
import { findRuns, type LiveRun } from './live-runs.js';
import type { LifecycleWorld } from './world.js';

export interface RawStatusOptions {
  readonly json?: boolean;
  readonly stateDir?: string;
}

/**
 * Prints the active runs, a line each, and `zerogpu serve`.
 *
 * @param said a folder, `owner/name` or an address; undefined for all
 * @returns the exit code: 0, or 3 when none is active
 */
export function status(
  said: string | undefined,
  options: RawStatusOptions,
  { env, cwd, stdout, stderr }: LifecycleWorld,
): number {
  const state = resolve(cwd, stateDir(options.stateDir ?? null, env));
  const all = findRuns(state);
  const runs = said === undefined ? all : runsNamed(all, said, cwd);
  const serve =
    said === undefined
      ? (findAllocators(state).find(({ kind }) => kind === 'serve') ?? null)
      : null;
  const nowMs = systemClock.now().wallMs;
  if (options.json) {
    stdout.write(`${JSON.stringify(statusObject(runs, serve, nowMs))}\n`);
  } else if (runs.length === 0 && serve === null) {
    if (said !== undefined) throw noRun(all, said, 'zerogpu status');
    stderr.write('No Space is running. Start one: zerogpu run --detach\n');
  } else {
    const lines = statusLines(runs, serve, nowMs, stdout.isTTY === true);
    stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
  return runs.length === 0 && serve === null ? EXIT.cannot : EXIT.ok;
}

/** The form of `--json`: version 1; fields may be added within it. */
export function statusObject(
  runs: readonly LiveRun[],
  serve: Locator | null,
  nowMs: number,
): object {
  return {
    version: 1,
    runs: runs.map((run) => ({
      ...{ dir: run.dir, spaceId: run.spaceId, state: run.state, url: run.url },
      ...{ pid: run.pid, startedAt: run.startedAt, upSeconds: upSeconds(run, nowMs) },
      ...{ visitor: run.visitor, allocatorUrl: run.allocatorUrl, log: run.log },
    })),
    serve: serve && { url: serve.url, pid: serve.pid, startedAt: serve.startedAt },
  };
}

/** @param aligned for a terminal; else fields are separated by tabs, and times are ISO 8601 */
export function statusLines(
  runs: readonly LiveRun[],
  serve: Locator | null,
  nowMs: number,
  aligned: boolean,
): readonly string[] {
  const since = (one: { readonly startedAt: string }) =>
    aligned ? formatSeconds(upSeconds(one, nowMs)) : one.startedAt;
  const rows = [
    ['Space', 'state', 'address', 'pid', aligned ? 'up' : 'started_at', 'folder'],
    ...runs.map((run) => [
      ...[run.spaceId ?? '-', run.state, run.url ?? '-', String(run.pid), since(run), run.dir],
    ]),
    ...(serve ? [['zerogpu serve', 'ready', serve.url, String(serve.pid), since(serve), '-']] : []),
  ].map((row) => row.map(printableLine));
  if (!aligned) return rows.map((row) => row.join('\t'));
  return alignColumns(rows);
}

/** Whole seconds; a clock that was set back counts as none. */
function upSeconds({ startedAt }: { readonly startedAt: string }, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - Date.parse(startedAt)) / 1_000));
}
