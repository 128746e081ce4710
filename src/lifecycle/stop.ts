/** `zerogpu stop`: ends a run as Ctrl-C in its terminal does. */
import { resolve } from 'node:path';
import { parseDuration } from '../shared/duration.js';
import { EXIT, UserError } from '../shared/errors.js';
import { printableLine } from '../shared/printable.js';
import { stateDir } from '../shared/user-folders.js';
import { noRun, runsNamed } from './choose-run.js';
import { findRuns, type LiveRun } from './live-runs.js';
import { stopRun } from './stop-run.js';
import type { LifecycleWorld } from './world.js';

export interface RawStopOptions {
  readonly all?: boolean;
  readonly timeout: string;
  readonly stateDir?: string;
}

/**
 * Stops the runs of a Space, and waits until nothing of them is left.
 *
 * @param said a folder, `owner/name` or an address
 * @returns the exit code
 * @throws UserError E_RUN_NONE; E_RUN_STUCK when a run outlasts both signals
 */
export async function stop(
  said: string,
  options: RawStopOptions,
  { env, cwd, stderr }: LifecycleWorld,
): Promise<number> {
  const state = resolve(cwd, stateDir(options.stateDir ?? null, env));
  const withinMs = parseDuration(options.timeout, '--timeout') * 1_000;
  const runs = findRuns(state);
  const meant = options.all ? runs : runsNamed(runs, said, cwd);
  if (meant.length === 0 && !options.all) throw noRun(runs, said, 'zerogpu stop');
  const outcomes = await Promise.all(
    meant.map(async (run) => ({ run, outcome: await stopRun(run, withinMs) })),
  );
  for (const { run, outcome } of outcomes) {
    if (outcome === 'still-there') continue;
    const how = outcome === 'forced' ? ' at the second signal' : '';
    stderr.write(`${printableLine(`stopped ${run.spaceId ?? run.dir} (pid ${run.pid})${how}`)}\n`);
  }
  if (meant.length === 0) stderr.write('No Space is running.\n');
  const stuck = outcomes.flatMap(({ run, outcome }) => (outcome === 'still-there' ? [run] : []));
  if (stuck.length > 0) throw stuckRuns(stuck);
  return EXIT.ok;
}

function stuckRuns(runs: readonly LiveRun[]): UserError {
  const pids = runs.map(({ pid }) => pid).join(' ');
  return new UserError('E_RUN_STUCK', `still there after two signals: pid ${pids}`, {
    fix: `kill -KILL ${pids}   (its app ends with it; the next run removes its files)`,
    exitCode: EXIT.cannot,
  });
}
