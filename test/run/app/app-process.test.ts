/** The app behind its supervisors, for real: stopping it works in whatever state they are. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { howEnded, startApp } from '../../../src/run/app/app-process.js';
import { processesOfRun, runMark } from '../../../src/shared/process-marks.js';
import { descendantsOf, killProcessTree } from '../../../src/shared/process-table.js';
import { PYTHON, SUPERVISOR, temporaryFolder } from '../../support/supervise.js';

async function startedApp() {
  const runId = randomBytes(8).toString('hex');
  const cwd = temporaryFolder();
  const appFile = join(cwd, 'app.py');
  writeFileSync(appFile, 'import time\nprint("ready", flush=True)\ntime.sleep(600)\n');
  const lines: string[] = [];
  const app = startApp({
    ...{ python: PYTHON, supervisor: SUPERVISOR, appFile, cwd, mark: runMark(runId) },
    env: { PATH: process.env['PATH'] ?? '' },
    onLine: (line) => lines.push(line),
    hide: (line) => line,
    sink: new PassThrough(),
  });
  onTestFinished(() => {
    for (const left of processesOfRun(runId)) killProcessTree(left);
  });
  await expect.poll(() => lines).toContain('ready');
  const guard = app.root?.pid ?? 0;
  const [keeper, python] = descendantsOf(guard).map(({ pid }) => pid);
  return { app, runId, guard, keeper: keeper ?? 0, python: python ?? 0 };
}

describe('stopping an app', () => {
  it.each(['guard', 'keeper', 'both'] as const)(
    'wakes supervisors that were stopped: %s',
    async (which) => {
      const { app, runId, guard, keeper } = await startedApp();
      if (which !== 'keeper') process.kill(guard, 'SIGSTOP');
      if (which !== 'guard') process.kill(keeper, 'SIGSTOP');
      const startedMs = performance.now();
      await app.stop();
      expect(performance.now() - startedMs).toBeLessThan(4_000);
      expect(processesOfRun(runId)).toEqual([]);
    },
  );

  it('kills supervisors that are stopped again and again', async () => {
    const { app, runId, guard, keeper } = await startedApp();
    const again = setInterval(() => {
      for (const pid of [guard, keeper]) {
        try {
          process.kill(pid, 'SIGSTOP');
        } catch {
          // Killed by now.
        }
      }
    }, 1);
    onTestFinished(() => clearInterval(again));
    app.kill();
    await app.exited;
    clearInterval(again);
    await expect.poll(() => processesOfRun(runId)).toEqual([]);
  });

  it('ends an app that is stopped itself', async () => {
    const { app, runId, python } = await startedApp();
    process.kill(python, 'SIGSTOP');
    app.kill();
    await app.exited;
    expect(processesOfRun(runId)).toEqual([]);
  });
});

describe('how an app ended', () => {
  it('is its signal or its code', () => {
    expect(howEnded({ code: null, signal: 'SIGKILL' })).toBe('SIGKILL');
    expect(howEnded({ code: 2, signal: null })).toBe('code 2');
    expect(howEnded({ code: null, signal: null })).toBe('code unknown');
  });
});
