/** Every signal in every state of a run: it ends as it should, and leaves nothing. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { descendantsOf, readProcessStat } from '../../src/shared/process-table.js';
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

describe('Ctrl-C while a run starts, where the end of its processes may be seen first', () => {
  const children = (run: BareRun) => descendantsOf(run.child.pid ?? 0).map(({ pid }) => pid);
  it.each<[string, (run: BareRun) => boolean]>([
    ['asks its Python', (run) => children(run).length > 0],
    ['has said what it starts', (run) => hasEvent(run, 'banner')],
    ['has started its supervisors', (run) => run.marked().length > 0],
    ['waits for its app', (run) => run.processes().length > 0],
  ])('ends it with 130 when it %s', async (_phase, isThere) => {
    const run = startBare(['slow'], ['--log-format', 'json']);
    await expect.poll(() => isThere(run) || run.stderr(), { ...PATIENT, interval: 2 }).toBe(true);
    // As a terminal does, and the others at once: whichever end is seen first, it is the signal's.
    for (const pid of children(run)) process.kill(pid, 'SIGKILL');
    run.child.kill('SIGINT');
    expect(await run.ended).toEqual({ code: 130, signal: null });
    await expectNothingLeft(run);
  });
});

/** A command that can't be missed: a background child, and a daemon without an environment. */
const STUBBORN = `trap '' TERM INT HUP; sleep 600 & (setsid env -i sleep 600 &); echo running; while :; do sleep 0.1; done`;
const PATIENT_COMMAND = 'sleep 600 & echo running; wait';

describe('the command of a run', () => {
  it.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ])('is ended by %s to the run, which never says that all is well', async (signal, code) => {
    const run = startBare([], ['--', 'sh', '-c', PATIENT_COMMAND]);
    await expect.poll(() => run.stdout() || run.stderr(), PATIENT).toContain('running');
    run.child.kill(signal);
    expect(await run.ended).toEqual({ code, signal: null });
    await expectNothingLeft(run);
    expect(run.marked()).toEqual([]);
  });

  it('has no 0 when --for ends it, or its app does', async () => {
    const run = startBare(
      [],
      ['--for', '1s', '--', 'sh', '-c', 'trap "exit 0" TERM; sleep 600 & wait'],
    );
    expect((await run.ended).code).toBe(1);
    const short = startBare(['brief'], ['--', 'sleep', '600']);
    expect((await short.ended).code).toBe(1);
  });

  it.each([
    ['SIGKILL', null],
    ['SIGTERM', 137],
  ] as const)('is gone after %s, whatever it ignores', async (signal, code) => {
    const run = startBare([], ['--', 'sh', '-c', STUBBORN]);
    await expect.poll(() => run.stdout() || run.stderr(), PATIENT).toContain('running');
    // Supervisors of app and command, the app, the shell and what that has started.
    await expect.poll(() => run.marked().length, PATIENT).toBeGreaterThanOrEqual(8);
    run.child.kill(signal);
    expect((await run.ended).code).toBe(code);
    await expect.poll(() => run.marked(), { timeout: 2_000 }).toEqual([]);
  });
});

describe('a run whose processes are killed with it', () => {
  it.each(['guard', 'keeper', 'both'] as const)(
    'and with its %s leaves nothing, at the latest to the next one',
    async (which) => {
      const run = startBare(['hold', 'family'], ['--log-format', 'json']);
      await expect.poll(() => isReady(run) && hasEvent(run, 'allowed'), PATIENT).toBe(true);
      const guard = run.marked().find((pid) => readProcessStat(pid)?.parentPid === run.child.pid);
      const keeper = run.marked().find((pid) => readProcessStat(pid)?.parentPid === guard);
      const killed = [
        ...(which === 'keeper' ? [] : [guard]),
        ...(which === 'guard' ? [] : [keeper]),
      ];
      for (const pid of [run.child.pid, ...killed]) process.kill(pid ?? 0, 'SIGSTOP');
      for (const pid of [run.child.pid, ...killed]) process.kill(pid ?? 0, 'SIGKILL');
      await run.ended;
      if (which === 'both') {
        expect(run.marked().length).toBeGreaterThan(0);
        const next = startBare([], ['--for', '0.1s'], run.stateDir);
        expect((await next.ended).code).toBe(0);
      }
      await expect.poll(() => run.marked(), PATIENT).toEqual([]);
    },
  );

  it('ends with its signal when its supervisors are stopped', async () => {
    const run = startBare(['hold'], ['--log-format', 'json']);
    await expect.poll(() => isReady(run) && hasEvent(run, 'allowed'), PATIENT).toBe(true);
    const guard =
      run.marked().find((pid) => readProcessStat(pid)?.parentPid === run.child.pid) ?? 0;
    for (const { pid } of [{ pid: guard }, ...descendantsOf(guard)]) process.kill(pid, 'SIGSTOP');
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.marked()).toEqual([]);
  });
});
