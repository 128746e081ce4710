/** The allocator in front of a driver that is a fake: workers here are processes that sleep. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CallRecord } from '../../../src/allocator/core/types.js';
import { type AllocatorServer, startAllocator } from '../../../src/allocator/server/index.js';
import { createVisitorTokens } from '../../../src/allocator/server/visitor-tokens.js';
import { createNvidiaBackend } from '../../../src/gpu/nvidia/index.js';
import type { GpuBackend } from '../../../src/gpu/port.js';
import { loadProfile } from '../../../src/platform/index.js';
import { systemClock } from '../../../src/shared/clock.js';
import type { UserError } from '../../../src/shared/errors.js';
import { identifyProcess } from '../../../src/shared/process-table.js';
import { fakeSmi } from '../../support/gpu/fake-smi.js';

const SPACE = '/zerogpu/test';
const CARD = 'GPU-40900000-0000-4000-8000-000000000001';
const SECOND = 'GPU-40900000-0000-4000-8000-000000000002';
const TWO_CARDS = [
  `0, ${CARD}, NVIDIA GeForce RTX 4090, 24564, 1, 0, 38, 20, [N/A]`,
  `1, ${SECOND}, NVIDIA GeForce RTX 4090, 24564, 1, 0, 38, 20, [N/A]\n`,
].join('\n');
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function start(card: 'rtx-4090' | 'two-gpus', slices = 2, gpus = 1, platform = 'h200') {
  const smi = fakeSmi(card);
  const runDir = mkdtempSync(join(tmpdir(), 'nvidia-run-'));
  cleanups.push(smi.remove, () => rmSync(runDir, { recursive: true, force: true }));
  const profile = loadProfile(platform);
  const backend: GpuBackend = await createNvidiaBackend({
    ...{ profile, gpus, slices, vramBytes: null, runDir },
    env: smi.env,
  });
  cleanups.push(backend.close);
  const records: CallRecord[] = [];
  const notices: string[] = [];
  const fatal: UserError[] = [];
  const server: AllocatorServer = await startAllocator({
    rules: { profile, longestCallSeconds: null, concurrencyPerSpace: null },
    backend,
    tokens: createVisitorTokens(new Uint8Array(32).fill(7), systemClock),
    clock: systemClock,
    onRecord: (record) => records.push(record),
    onNotice: (message) => notices.push(message),
    onFatal: (error) => fatal.push(error),
  });
  cleanups.push(server.close);
  const owner = { name: 'ada', kind: 'pro' } as const;
  await server.register({ id: SPACE, name: 'test', owner, tasksSocket: null });
  const root = identifyProcess(process.pid);
  if (!root) throw new Error('this process is not to be seen');
  await server.submit({ type: 'space-started', at: systemClock.now(), space: SPACE, root });
  return { smi, backend, records, notices, fatal, server, runDir };
}

function worker(): number {
  const child: ChildProcess = spawn('sleep', ['60'], { stdio: 'ignore' });
  cleanups.push(() => child.kill('SIGKILL'));
  return child.pid ?? 0;
}

async function post(server: AllocatorServer, path: string, query: Record<string, string>) {
  return fetch(`${server.url}${path}?${new URLSearchParams(query)}`, { method: 'POST' });
}

/** A call whose worker runs. */
async function call(server: AllocatorServer, more: Record<string, string> = {}) {
  const answer = await post(server, '/schedule', {
    ...{ cgroupPath: SPACE, taskId: '1', enableQueue: 'true', tokenVersion: '2' },
    ...more,
  });
  expect(answer.status).toBe(200);
  const grant = (await answer.json()) as { allowToken: string; nvidiaUUID: string };
  const pid = worker();
  const { allowToken } = grant;
  expect((await post(server, '/allow', { allowToken, pid: String(pid) })).status).toBe(200);
  return { ...grant, pid };
}

const patient = { timeout: 8_000, interval: 50 };

describe('slices of one card', () => {
  it('are handed out under its UUID, two at once, each with its share', async () => {
    const { server, backend, runDir } = await start('rtx-4090');
    const [one, two] = [await call(server), await call(server, { taskId: '2' })];
    expect([one.nvidiaUUID, two.nvidiaUUID]).toEqual([CARD, CARD]);
    const share = join(runDir, 'share', String(one.pid));
    expect(Number(readFileSync(share, 'utf8'))).toBe(backend.slices[0]?.vramBytes);
    expect(statSync(share).mode & 0o777).toBe(0o600);
  });

  it('have both shares for a call of size xlarge', async () => {
    const { server, backend, runDir } = await start('rtx-4090', 2, 1, 'rtx-pro-6000');
    const { pid } = await call(server, { gpuSize: 'xlarge' });
    const share = Number(readFileSync(join(runDir, 'share', String(pid)), 'utf8'));
    expect(share).toBeGreaterThan(2 * (backend.slices[0]?.vramBytes ?? 0));
  });

  it('show what the driver says of worker and card', async () => {
    const { server, backend, smi } = await start('rtx-4090');
    const { pid } = await call(server);
    smi.setApps(`${CARD}, ${pid}, 4096`);
    const process = identifyProcess(pid);
    await vi.waitFor(() => {
      expect(process && backend.readMemory(process)?.callPeakBytes).toBe(4096 * 2 ** 20);
    }, patient);
    expect(backend.cards?.()).toEqual([
      {
        gpu: 0,
        name: 'NVIDIA GeForce RTX 4090',
        utilizationPercent: 3,
        memoryUsedBytes: 312 * 2 ** 20,
        memoryTotalBytes: 24_564 * 2 ** 20,
        temperatureCelsius: 41,
        powerWatts: 22.05,
      },
    ]);
  });
});

describe('the watch', () => {
  it('ends a worker above its share, with the reason, and no other', async () => {
    const { server, smi, records, notices } = await start('rtx-4090');
    const [greedy, modest] = [await call(server), await call(server, { taskId: '2' })];
    smi.setApps(`${CARD}, ${greedy.pid}, 20000`, `${CARD}, ${modest.pid}, 4000`);
    await vi.waitFor(() => {
      expect(records).toContainEqual(
        expect.objectContaining({ event: 'killing', reason: 'over-vram' }),
      );
    }, patient);
    expect(notices.join()).toContain(`worker ${greedy.pid} is ended: it holds 21.0 GB`);
    expect(identifyProcess(modest.pid)).not.toBeNull();
    await vi.waitFor(() => expect(identifyProcess(greedy.pid)).toBeNull(), patient);
    // Dead, and the driver still counts its memory: the slice is not free yet.
    expect(records.some(({ event }) => event === 'ended')).toBe(false);
    smi.setApps(`${CARD}, ${modest.pid}, 4000`);
    await vi.waitFor(() => {
      expect(records).toContainEqual(expect.objectContaining({ event: 'ended', end: 'over-vram' }));
    }, patient);
  });

  it('tells of a process of a Space that uses the GPU without a lease, once', async () => {
    const { smi, notices } = await start('rtx-4090');
    const pid = worker();
    smi.setApps(`${CARD}, ${pid}, 100`, `${CARD}, 1, 100`);
    const told = () => notices.filter((notice) => notice.includes('without a lease'));
    await vi.waitFor(() => expect(told()).toHaveLength(1), patient);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(told()).toEqual([`process ${pid} of a Space uses ${CARD} without a lease`]);
  });

  it('ends the call on a card that disappears, and continues with the other', async () => {
    const { server, smi, records, fatal, notices } = await start('two-gpus', 1, 2);
    const calls = [await call(server), await call(server, { taskId: '2' })];
    const left = calls.find(({ nvidiaUUID }) => nvidiaUUID === SECOND);
    smi.setCards(`1, ${SECOND}, NVIDIA GeForce RTX 4090, 24564, 1, 0, 38, 20, [N/A]\n`);
    await vi.waitFor(() => {
      expect(records).toContainEqual(expect.objectContaining({ event: 'ended', end: 'gpu-lost' }));
    }, patient);
    expect(identifyProcess(left?.pid ?? 0)).not.toBeNull();
    expect(fatal).toEqual([]);
    // The card's slice is free, and no call gets it until the driver lists the card again.
    expect([...server.state.lost]).toHaveLength(1);
    const next = post(server, '/schedule', {
      ...{ cgroupPath: SPACE, taskId: '3', enableQueue: 'true', durationSeconds: '10' },
    });
    await vi.waitFor(() => expect(server.state.queue).toHaveLength(1), patient);
    smi.setCards(TWO_CARDS);
    expect(await (await next).text()).toContain(`"nvidiaUUID":"${CARD}"`);
    expect(notices.some((text) => text.endsWith('again'))).toBe(true);
  });

  it('ends the allocator when no card is left', async () => {
    const { smi, fatal } = await start('rtx-4090');
    smi.setCards('');
    await vi.waitFor(() => {
      expect(fatal[0]).toMatchObject({ code: 'E_GPU_UNAVAILABLE', exitCode: 3 });
    }, patient);
  });

  it('says when the driver does not answer any more, and kills no worker for it', async () => {
    const { server, smi, notices, records } = await start('rtx-4090');
    const { pid } = await call(server);
    smi.fail('Unable to determine the device handle for GPU0: Unknown Error');
    await vi.waitFor(() => expect(notices.join()).toContain('are not watched until'), patient);
    expect(identifyProcess(pid)).not.toBeNull();
    expect(records.some(({ event }) => event === 'killing')).toBe(false);
  });
});

it('a release is never told that the GPU was not used: memory is looked at now and then only', async () => {
  const { server } = await start('rtx-4090');
  const { allowToken } = await call(server);
  expect((await post(server, '/release', { allowToken, fail: 'false' })).status).toBe(200);
});
