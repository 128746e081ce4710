/** Whatever way a run ends, no process of its Space is left. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { processesOf } from '../support/e2e/run-processes.js';
import { fixture, type StartedRun, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

let visitors: Visitors;
beforeAll(() => {
  visitors = startVisitors();
});
afterAll(() => visitors.close());

function runDirOf(run: StartedRun): string {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
      if (Number(parent) !== run.pid) continue;
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1');
      const dir = /ZEROGPU_RUN_DIR=([^\0]+)/.exec(environment)?.[1];
      if (dir) return dir;
    } catch {
      // Gone meanwhile.
    }
  }
  throw new Error('the app was not found among the processes');
}

async function waitUntilGone(runDir: string, withinMs: number): Promise<number> {
  const started = performance.now();
  while (processesOf(runDir).length > 0) {
    if (performance.now() - started > withinMs) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(processesOf(runDir)).toEqual([]);
  return performance.now() - started;
}

/** Pids of the daemons of the fixture, by their command: they have no environment. */
const daemons = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1') === 'sleep\x0599.75\0';
      } catch {
        return false;
      }
    });

describe('a Space that starts children of its own', () => {
  it.each([
    ['SIGINT', { code: 0, signal: null }],
    ['SIGTERM', { code: 0, signal: null }],
    ['SIGHUP', null],
    ['SIGKILL', { code: null, signal: 'SIGKILL' }],
  ] as const)('%s in the middle of a call leaves nothing', async (signal, expected) => {
    const run = await startRun(fixture('forker'));
    const dir = runDirOf(run);
    const held = visitors.call(run.url, '/hold', [600], { token: 'pro' });
    await run.waitFor(({ event }) => event === 'allowed');
    // The app, its child, the worker and the worker's child at least.
    await vi.waitFor(() => expect(processesOf(dir).length).toBeGreaterThanOrEqual(4), 10_000);
    run.signal(signal);
    if (signal === 'SIGKILL') await waitUntilGone(dir, 2_000);
    const ended = await run.ended;
    if (expected) expect(ended).toEqual(expected);
    await waitUntilGone(dir, 2_000);
    expect((await held).ok).toBe(false);
  });

  it('the deadline kills the worker with its children, and not the app', async () => {
    const run = await startRun(fixture('forker'));
    try {
      const dir = runDirOf(run);
      const before = processesOf(dir).length;
      const overrun = await visitors.call(run.url, '/overrun', [60], { token: 'pro' });
      expect(overrun).toMatchObject({
        ok: false,
        error: expect.stringMatching(/GPU task aborted/),
      });
      const quick = await visitors.call(run.url, '/quick', [], { token: 'pro' });
      expect(quick).toMatchObject({ ok: true, value: 'quick' });
      // The new call's warm worker is all that was added.
      expect(processesOf(dir).length).toBe(before + 1);
    } finally {
      await run.stop();
    }
  });

  it.each(['/overrun_daemon', '/crash_daemon'])(
    'a worker’s daemon does not outlive it: the next call has the slice alone (%s)',
    async (name) => {
      const run = await startRun(fixture('forker'));
      try {
        const args = name === '/overrun_daemon' ? [60] : [];
        const ended = await visitors.call(run.url, name, args, { token: 'pro' });
        expect(ended.ok).toBe(false);
        const quick = await visitors.call(run.url, '/quick', [], { token: 'pro' });
        expect(quick).toMatchObject({ ok: true, value: 'quick' });
        expect(daemons()).toEqual([]);
      } finally {
        await run.stop();
      }
    },
  );

  it('a crash of the app ends the run with code 1', async () => {
    const run = await startRun(fixture('forker'));
    const dir = runDirOf(run);
    void visitors.call(run.url, '/crash', [], { token: 'pro' });
    expect(await run.ended).toEqual({ code: 1, signal: null });
    await waitUntilGone(dir, 2_000);
  });
});
