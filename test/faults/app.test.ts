/** An app that misbehaves: whatever it does, the run continues answering, and ends when it is stopped. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDaemon } from '../support/allocator/daemon.js';
import { type BareRun, startBare } from '../support/faults/bare-space.js';

const PATIENT = { timeout: 30_000, interval: 20 };

async function ready(run: BareRun): Promise<string> {
  await expect.poll(() => run.stdout() || run.stderr(), PATIENT).toContain('ready http');
  return /ready (\S+)/.exec(run.stdout())?.[1] ?? '';
}

/** Resident memory of a process at its highest, bytes. */
const peakBytes = (pid: number | undefined) =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;

async function expectCleanStop(run: BareRun): Promise<number> {
  const startedMs = performance.now();
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual({ code: 0, signal: null });
  await expect.poll(() => run.processes(), PATIENT).toEqual([]);
  return (performance.now() - startedMs) / 1_000;
}

describe('an app', () => {
  it.each([
    ['in lines', 'lines'],
    ['in one line without an end', 'line'],
  ] as const)(
    'that writes 200 MB %s neither fills memory nor stops the run',
    async (_, behaviour) => {
      const run = startBare([behaviour]);
      const url = await ready(run);
      const before = peakBytes(run.child.pid);
      const floodIsOver = () => run.flooded();
      await expect.poll(floodIsOver, { timeout: 60_000 }).toBe(true);
      expect((await fetch(url)).status).toBe(200);
      expect(peakBytes(run.child.pid) - before).toBeLessThan(150e6);
      await expectCleanStop(run);
    },
  );

  it('whose output is not read waits for its reader, and fills no memory', async () => {
    const run = startBare(['lines']);
    const url = await ready(run);
    run.child.stderr?.pause();
    const before = peakBytes(run.child.pid);
    for (let look = 0; look < 20; look += 1) {
      expect((await fetch(url)).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(peakBytes(run.child.pid) - before).toBeLessThan(150e6);
    run.child.stderr?.resume();
    await expectCleanStop(run);
  });

  it('that closes its stdout and stderr is served on', async () => {
    const run = startBare(['mute']);
    expect((await fetch(await ready(run))).status).toBe(200);
    await expectCleanStop(run);
  });

  it('that is deaf to SIGTERM is killed after its grace, a second Ctrl-C sooner', async () => {
    const patient = startBare(['deaf', 'family']);
    await ready(patient);
    expect(await expectCleanStop(patient)).toBeLessThan(15);
    const hasty = startBare(['deaf', 'family']);
    await ready(hasty);
    hasty.child.kill('SIGINT');
    await expect.poll(() => hasty.stderr(), PATIENT).toContain('Stopping');
    await new Promise((resolve) => setTimeout(resolve, 150));
    hasty.child.kill('SIGINT');
    expect((await hasty.ended).code).toBe(0);
    await expect.poll(() => hasty.processes(), PATIENT).toEqual([]);
  });

  it('whose supervisor is killed ends the run, and its daemons with it', async () => {
    const run = startBare(['family', 'hold']);
    await ready(run);
    await expect.poll(() => run.processes().length, PATIENT).toBeGreaterThanOrEqual(4);
    const supervisor = run.processes().find((pid) => parentOf(pid) === run.child.pid);
    const startedMs = performance.now();
    process.kill(supervisor ?? 0, 'SIGKILL');
    expect((await run.ended).code).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await expect.poll(() => run.processes(), PATIENT).toEqual([]);
  });
});

describe('a port that another process takes while the app starts', () => {
  it('is not the app: nothing is ready, and nothing that visitors send gets there', async () => {
    const run = startBare(['slow'], ['--log-format', 'json']);
    const app = () => run.processes().at(-1) ?? 0;
    await expect.poll(app, PATIENT).toBeGreaterThan(0);
    const environment = () => readFileSync(`/proc/${app()}/environ`, 'latin1');
    await expect.poll(environment, PATIENT).toContain('ZEROGPU_APP_PID');
    const port = Number(/GRADIO_SERVER_PORT=(\d+)/.exec(environment())?.[1]);
    const heard: unknown[] = [];
    const thief = createServer((request, response) => {
      heard.push(request.headers);
      response.end('mine');
    }).listen(port, '127.0.0.1');
    onTestFinished(() => void thief.close());
    await once(thief, 'listening');
    const gateway = /"url":"(http:[^"]+)"/.exec(run.stderr())?.[1] ?? '';
    for (let look = 0; look < 20; look += 1) {
      expect((await fetch(`${gateway}?as=pro`)).status).toBe(503);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(run.stdout()).not.toContain('ready');
    expect(heard).toEqual([]);
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
  });
});

const parentOf = (pid: number) =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

describe('a run that has joined an allocator which is frozen', () => {
  it('ends all the same, in seconds', async () => {
    const run = startBare([]);
    await ready(run);
    await expectCleanStop(run);
    const daemon = await startDaemon(run.stateDir);
    const joined = startBare([], [], run.stateDir);
    await ready(joined);
    daemon.child.kill('SIGSTOP');
    try {
      const startedMs = performance.now();
      joined.child.kill('SIGINT');
      expect((await joined.ended).code).toBe(0);
      expect((performance.now() - startedMs) / 1_000).toBeLessThan(12);
      expect(joined.processes()).toEqual([]);
    } finally {
      daemon.child.kill('SIGCONT');
      daemon.child.kill('SIGTERM');
      await daemon.ended;
    }
  });
});

describe('a reader that does not read', () => {
  it('of --events holds up neither the run nor its end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zerogpu-events-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const fifo = join(folder, 'events');
    execFileSync('mkfifo', [fifo]);
    const run = startBare(['hold'], ['--events', fifo]);
    const url = await ready(run);
    expect((await fetch(url)).status).toBe(200);
    const startedMs = performance.now();
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(run.stderr()).toMatch(/its reader did not take \d+ events?/);
  });

  it.each([['text'], ['json']])('of stderr (%s) does not hold up its end', async (format) => {
    const run = startBare(['lines'], ['--log-format', format]);
    await ready(run);
    run.child.stderr?.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const exited = once(run.child, 'exit');
    const startedMs = performance.now();
    run.child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - startedMs).toBeLessThan(12_000);
    expect(run.processes()).toEqual([]);
    run.child.stderr?.resume();
  });
});
