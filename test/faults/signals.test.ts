/** Every signal in every state of a run: it ends as it should, and leaves nothing. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BareRun, type Behaviour, startBare } from '../support/faults/bare-space.js';

const PATIENT = { timeout: 20_000, interval: 20 };

const isReady = (run: BareRun) => run.stdout().includes('ready');
const hasEvent = (run: BareRun, name: string) => run.stderr().includes(`"event":"${name}"`);

/** What a run is doing, how the app is made to bring it there, and how one sees that it is there. */
const STATES: readonly (readonly [string, readonly Behaviour[], (run: BareRun) => boolean])[] = [
  ['starting', ['slow'], (run) => run.processes().length > 0],
  ['idle', [], isReady],
  ['running a call', ['hold'], (run) => isReady(run) && hasEvent(run, 'allowed')],
  ['keeping one waiting', ['hold', 'wait'], (run) => isReady(run) && hasEvent(run, 'queued')],
];

async function expectNothingLeft(run: BareRun): Promise<void> {
  await expect.poll(() => run.processes(), PATIENT).toEqual([]);
  const runs = join(run.stateDir, 'runs');
  const folders = existsSync(runs) ? readdirSync(runs) : [];
  // A run that was killed can't take its folder away: the next one does.
  if (run.child.signalCode !== 'SIGKILL') expect(folders).toEqual([]);
}

describe.each(STATES)('a run, %s', (state, behaviour, isThere) => {
  const whenReady = state !== 'starting';
  it.each<[string, readonly NodeJS.Signals[], number | null]>([
    ['SIGINT', ['SIGINT'], whenReady ? 0 : 130],
    ['SIGTERM', ['SIGTERM'], whenReady ? 0 : 143],
    ['SIGHUP', ['SIGHUP'], whenReady ? 0 : 129],
    ['SIGINT, and again', ['SIGINT', 'SIGINT'], whenReady ? 0 : 130],
    ['SIGKILL', ['SIGKILL'], null],
  ])('%s ends it, and nothing is left', async (_, signals, code) => {
    const run = startBare(behaviour, ['--log-format', 'json']);
    await expect.poll(() => isThere(run) || run.stderr(), PATIENT).toBe(true);
    for (const signal of signals) {
      run.child.kill(signal);
      // Closer together they are one: terminals send Ctrl-C twice.
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    const ended = await run.ended;
    if (code === null) expect(ended.signal).toBe('SIGKILL');
    // The last of several may come when Node has taken its handlers down: it has ended by then.
    else if (signals.length > 1) expect([code, null]).toContain(ended.code);
    else expect(ended).toEqual({ code, signal: null });
    await expectNothingLeft(run);
  });
});
