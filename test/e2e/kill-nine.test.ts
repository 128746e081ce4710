/**
 * kill -9 of the allocator at random moments under load. Every call has a visitor of its own, so
 * that its charge can be read off by itself: an answer that the client got must hold afterwards, and
 * nothing may be there twice.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/allocator/core/types.js';
import { identifyProcess, isProcessAlive } from '../../src/shared/process-table.js';
import { type Daemon, startDaemon, wire } from '../support/allocator/daemon.js';
import { patiently, type Story, wrongCharge } from '../support/allocator/story.js';

const ROUNDS = Number(process.env['ZEROGPU_CRASH_ROUNDS'] ?? 5);
const CLIENTS = 8;
const SPACE = '/zerogpu/crash';
const ASKED_SECONDS = 2;
const SLICES = 32;

const state = mkdtempSync(join(tmpdir(), 'zerogpu-crash-'));
const stories: Story[] = [];
const sleepers = new Set<ChildProcess>();
let daemon: Daemon;
let stop = false;
let number = 0;

function sleeper(): ChildProcess {
  const child = spawn('sleep', ['300'], { stdio: 'ignore' });
  sleepers.add(child);
  child.once('exit', () => sleepers.delete(child));
  return child;
}

async function register(): Promise<void> {
  await daemon.client.register({
    id: SPACE,
    name: 'crash',
    owner: { name: 'ada', kind: 'pro' },
    tasksSocket: '/nowhere',
    root: identifyProcess(process.pid),
  });
}

const daemonUrl = () => daemon.url;

/** Calls again and again, with a worker that forks again whenever it was killed. */
async function client(taskId: number): Promise<void> {
  let worker = sleeper();
  while (!stop) {
    number += 1;
    const visitor: Visitor = { key: `pro:v${number}`, tier: 'pro', hasToken: true };
    const story: Story = {
      visitor: visitor.key,
      startedAfter: null,
      startedBefore: null,
      releaseSent: null,
      releaseTold: null,
    };
    stories.push(story);
    const token = await daemon.sign(visitor);
    const scheduleSent = performance.now();
    const query = { cgroupPath: SPACE, taskId, token, durationSeconds: ASKED_SECONDS };
    const grant = await wire(daemon.url, 'schedule', query);
    if (grant?.status !== 200 || grant.body === null) {
      await sleep(20);
      continue;
    }
    const allowToken = String(grant.body['allowToken']);
    let isBegun = grant.body['idle'] === true;
    if (isBegun) story.startedAfter = scheduleSent;
    else {
      if (worker.exitCode !== null || worker.signalCode !== null) worker = sleeper();
      story.startedAfter = performance.now();
      const allowed = await patiently(
        daemonUrl,
        'allow',
        { allowToken, pid: worker.pid ?? 0 },
        100,
      );
      isBegun = allowed?.status === 200;
    }
    story.startedBefore = performance.now();
    if (!isBegun) continue;
    await sleep(5 + Math.random() * 40);
    story.releaseSent = performance.now();
    const fail = Math.random() < 0.1 ? 'true' : 'false';
    const released = await patiently(daemonUrl, 'release', { allowToken, fail }, 100);
    if (released?.status === 200 || released?.status === 204) {
      story.releaseTold = performance.now();
    }
  }
}

describe('kill -9 of the allocator under load', () => {
  beforeAll(async () => {
    daemon = await startDaemon(state, ['--gpus', String(SLICES)]);
    await register();
  });
  afterAll(async () => {
    stop = true;
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    for (const child of sleepers) child.kill('SIGKILL');
    rmSync(state, { recursive: true, force: true });
  });

  it(`loses no acknowledged charge in ${ROUNDS} rounds, and doubles none`, async () => {
    let longestDownMs = 0;
    const clients = Array.from({ length: CLIENTS }, (_, task) => client(task + 1));
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(100 + Math.random() * 400);
      const killedAt = performance.now();
      daemon.child.kill('SIGKILL');
      await daemon.ended;
      // Every other time a worker dies while no allocator is up.
      if (round % 2 === 1) [...sleepers][0]?.kill('SIGKILL');
      daemon.client.close();
      daemon = await startDaemon(state, ['--gpus', String(SLICES)]);
      await register().catch((error: unknown) => {
        throw new Error(`${error}\n${daemon.stderr()}`);
      });
      longestDownMs = Math.max(longestDownMs, performance.now() - killedAt);
    }
    stop = true;
    await Promise.all(clients);
    // Calls whose /allow was never answered end with their time, the rest has ended.
    await expect
      .poll(async () => (await daemon.client.snapshot()).slices.filter(({ call }) => call).length, {
        timeout: 25_000,
      })
      .toBe(0);

    const { visitors } = await daemon.client.snapshot({ visitors: 5_000, queue: 0 });
    expect(visitors.total).toBeLessThanOrEqual(5_000);
    const used = new Map(visitors.entries.map((entry) => [entry.visitor, entry]));
    let acknowledged = 0;
    const wrong: string[] = [];
    for (const story of stories) {
      const usedMs = (used.get(story.visitor)?.usedSeconds ?? 0) * 1000;
      if (story.releaseTold !== null) {
        acknowledged += 1;
        wrong.push(...[wrongCharge(story, usedMs)].filter((problem) => problem !== null));
        // A worker whose deadline passes while no allocator is up holds its slice until one is.
      } else if (usedMs > ASKED_SECONDS * 1000 + longestDownMs + 500) {
        wrong.push(`${story.visitor}: charged ${usedMs} ms of ${ASKED_SECONDS} s asked for`);
      }
      if ((used.get(story.visitor)?.reservedSeconds ?? 0) !== 0) {
        wrong.push(`${story.visitor}: seconds are still held back`);
      }
    }
    expect(wrong).toEqual([]);
    expect(acknowledged).toBeGreaterThan(ROUNDS);
    process.stderr.write(`  ${stories.length} calls, ${acknowledged} acknowledged releases\n`);
  }, 600_000);

  it('holds no slice for a process that is dead', async () => {
    const { slices } = await daemon.client.snapshot();
    for (const { pid } of slices) {
      const process = pid === null ? null : identifyProcess(pid);
      expect(pid === null || (process !== null && isProcessAlive(process))).toBe(true);
    }
  });
});
