import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeState } from '../../../src/allocator/core/index.js';
import type { CallRecord, Visitor } from '../../../src/allocator/core/types.js';
import { type AllocatorServer, startAllocator } from '../../../src/allocator/server/index.js';
import { createVisitorTokens } from '../../../src/allocator/server/visitor-tokens.js';
import type { GpuBackend } from '../../../src/gpu/port.js';
import { loadProfile } from '../../../src/platform/index.js';
import { systemClock } from '../../../src/shared/clock.js';
import { identifyProcess } from '../../../src/shared/process-table.js';

const SPACE = '/zerogpu/test';
const SLICE_UUIDS = [
  'GPU-00000000-0000-0000-0000-000000000001',
  'GPU-00000000-0000-0000-0000-000000000002',
];

let server: AllocatorServer;
let records: CallRecord[];
let memory: { allocatedBytes: number; callPeakBytes: number } | null;
const workers: ChildProcess[] = [];
const secret = new Uint8Array(32).fill(7);
const tokens = createVisitorTokens(secret, systemClock);
const free: Visitor = { key: 'free:ada', tier: 'free', hasToken: true };
const pro: Visitor = { key: 'pro:lin', tier: 'pro', hasToken: true };

async function start(slices: number, longestCallSeconds: number | null = null): Promise<void> {
  const backend: GpuBackend = {
    name: 'mock',
    description: 'a test device',
    slices: SLICE_UUIDS.slice(0, slices).map((uuid, index) => ({
      index,
      gpu: index,
      uuid,
      vramBytes: 1e9,
    })),
    environment: () => ({}),
    pythonPath: () => [],
    beginCall() {},
    readMemory: () => memory,
    forget() {},
    close: async () => {},
  };
  server = await startAllocator({
    rules: { profile: loadProfile('h200'), longestCallSeconds, concurrencyPerSpace: null },
    backend,
    tokens,
    clock: systemClock,
    onRecord: (record) => records.push(record),
  });
  await server.register({
    id: SPACE,
    name: 'test',
    owner: { name: 'ada', kind: 'pro' },
    tasksSocket: null,
  });
  const root = identifyProcess(process.pid);
  if (root) {
    await server.submit({ type: 'space-started', at: systemClock.now(), space: SPACE, root });
  }
}

beforeEach(() => {
  records = [];
  memory = { allocatedBytes: 10, callPeakBytes: 20 };
});
afterEach(async () => {
  await server.close();
  for (const worker of workers.splice(0)) worker.kill('SIGKILL');
});

function worker(): number {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  workers.push(child);
  return child.pid ?? 0;
}

async function post(
  path: string,
  query: Record<string, string | number> = {},
  init: RequestInit = {},
) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) search.set(name, String(value));
  return fetch(`${server.url}${path}?${search}`, { method: 'POST', ...init });
}

async function schedule(
  visitor: Visitor | null,
  query: Record<string, string | number> = {},
  init = {},
) {
  const token = visitor ? { token: await tokens.sign(visitor) } : {};
  return post(
    '/schedule',
    { cgroupPath: SPACE, taskId: 1, enableQueue: 'true', ...token, ...query },
    init,
  );
}

interface GrantBody {
  readonly idle: boolean;
  readonly nvidiaIndex: number;
  readonly nvidiaUUID: string;
  readonly allowToken: string;
}

async function grant(visitor: Visitor | null, query = {}): Promise<GrantBody> {
  const response = await schedule(visitor, query);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/json');
  return (await response.json()) as GrantBody;
}

describe('/schedule, /allow, /release', () => {
  it('grants, allows, releases and charges what was used', async () => {
    await start(1);
    const granted = await grant(free, { durationSeconds: 30 });
    expect(granted).toMatchObject({ idle: false, nvidiaIndex: 0, nvidiaUUID: SLICE_UUIDS[0] });
    const pid = worker();
    const allowToken = granted.allowToken;
    expect((await post('/allow', { allowToken, pid })).status).toBe(200);
    expect((await post('/release', { allowToken, fail: 'False' })).status).toBe(200);
    expect(records.map(({ event }) => event)).toEqual(['granted', 'allowed', 'ended']);
    expect(records.at(-1)).toMatchObject({
      end: 'released',
      peakVramBytes: 20,
      leftBeforeSeconds: 210,
    });
  });

  it('reuses the warm worker without a second /allow', async () => {
    await start(1);
    const first = await grant(free);
    const pid = worker();
    await post('/allow', { allowToken: first.allowToken, pid });
    await post('/release', { allowToken: first.allowToken, fail: 'false' });
    const second = await grant(free);
    expect(second).toMatchObject({ idle: true, nvidiaIndex: 0 });
    expect(second.allowToken).not.toBe(first.allowToken);
    expect((await post('/release', { allowToken: second.allowToken, fail: 'false' })).status).toBe(
      200,
    );
  });

  it('kills the worker of another task before its slice is given on', async () => {
    await start(1);
    const first = await grant(free, { taskId: 1 });
    const pid = worker();
    const gone = once(workers[0] as ChildProcess, 'exit');
    await post('/allow', { allowToken: first.allowToken, pid });
    await post('/release', { allowToken: first.allowToken, fail: 'false' });
    const second = await grant(free, { taskId: 2 });
    expect(second.idle).toBe(false);
    expect(await gone).toEqual([null, 'SIGKILL']);
  });

  it('kills an overrunning worker at its deadline and frees the slice', async () => {
    await start(1);
    const { allowToken } = await grant(free, { durationSeconds: 1 });
    const pid = worker();
    const gone = once(workers[0] as ChildProcess, 'exit');
    await post('/allow', { allowToken, pid });
    expect(await gone).toEqual([null, 'SIGKILL']);
    await expect.poll(() => records.at(-1)).toMatchObject({ event: 'ended', end: 'deadline' });
    expect((await post('/release', { allowToken, fail: 'true' })).status).toBe(404);
    expect((await grant(free)).idle).toBe(false);
  });

  it('answers 204 when the worker never touched the device', async () => {
    await start(1);
    memory = null;
    const { allowToken } = await grant(free);
    await post('/allow', { allowToken, pid: worker() });
    expect((await post('/release', { allowToken, fail: 'false' })).status).toBe(204);
  });

  it('knows only the tokens that it gave, and only processes of the Space', async () => {
    await start(1);
    expect((await post('/allow', { allowToken: 'guess', pid: worker() })).status).toBe(404);
    expect((await post('/release', { allowToken: 'guess', fail: 'false' })).status).toBe(404);
    const { allowToken } = await grant(free);
    expect((await post('/allow', { allowToken, pid: 1 })).status).toBe(400);
    expect((await post('/allow', { allowToken, pid: process.ppid })).status).toBe(404);
    expect((await post('/allow', { allowToken, pid: 4_000_000 })).status).toBe(404);
  });
});

describe('a guessed token', () => {
  it('gets that answer ten thousand times, and leaves no trace in the ledger', async () => {
    await start(1);
    // Begun, so that no time-out of its own changes the state meanwhile.
    const { allowToken } = await grant(free, { durationSeconds: 200 });
    await post('/allow', { allowToken, pid: worker() });
    const before = JSON.stringify(encodeState(server.state));
    for (let guess = 0; guess < 10_000; guess += 40) {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          post(i % 2 ? '/allow' : '/release', {
            allowToken: `${(guess + i).toString(36)}`.padStart(32, 'A'),
            pid: process.pid,
          }),
        ),
      );
      for (const answer of answers) {
        expect(answer.status).toBe(404);
        expect(await answer.json()).toEqual({ detail: expect.stringMatching(/allowToken/) });
      }
    }
    expect(JSON.stringify(encodeState(server.state))).toBe(before);
  });
});

describe('a grant of a warm worker that does not arrive', () => {
  /** Sends a /schedule, and closes in one of the ways that clients close. */
  async function scheduleAndClose(close: (socket: Socket) => void): Promise<void> {
    const token = await tokens.sign(free);
    const query = new URLSearchParams({ cgroupPath: SPACE, taskId: '1', token });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    const head = `POST /schedule?${query} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n`;
    await new Promise((sent) => socket.write(head, sent));
    close(socket);
    await once(socket, 'close');
  }

  it.each<[string, (socket: Socket) => void]>([
    ['closes', (socket) => socket.destroy()],
    ['closes its side', (socket) => socket.end()],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
  ])('costs nothing when its client %s at once, and the worker stays', async (_how, close) => {
    await start(1);
    const first = await grant(free);
    const pid = worker();
    await post('/allow', { allowToken: first.allowToken, pid });
    await post('/release', { allowToken: first.allowToken, fail: 'false' });
    for (let round = 0; round < 5; round += 1) await scheduleAndClose(close);
    // The server reads what was sent before it answers a later connection.
    await (await fetch(`${server.url}/queue-size`)).json();
    await expect.poll(() => server.state.leases.size).toBe(0);
    const undelivered = records.filter((record) => record.event === 'ended').slice(1);
    expect(undelivered.map(({ end, chargedSeconds }) => [end, chargedSeconds])).toEqual(
      undelivered.map(() => ['undelivered', 0]),
    );
    expect(server.state.warmWorkers).toMatchObject([{ process: { pid }, evicting: false }]);
    expect(server.state.accounts.get('free:ada')).toMatchObject({ runs: 1, reservedMs: 0 });
    expect((await grant(free)).idle).toBe(true);
  });
});

describe('the queue', () => {
  it('holds the second call in an event stream until the slice is free', async () => {
    await start(1);
    const first = await grant(free);
    const pid = worker();
    await post('/allow', { allowToken: first.allowToken, pid });
    const waiting = await schedule(pro);
    expect(waiting.headers.get('content-type')).toBe('text/event-stream');
    expect(waiting.headers.get('x-queuing-reason')).toBe('node');
    expect(waiting.headers.get('x-authenticated')).toBe('pro');
    expect(await (await fetch(`${server.url}/queue-size`)).json()).toBe(1);
    await post('/release', { allowToken: first.allowToken, fail: 'false' });
    const text = await waiting.text();
    const last = text.split('\n\n').filter(Boolean).at(-1) ?? '';
    const [event, data, ...rest] = last.split('\n');
    expect([event, rest]).toEqual(['event: succeeded', []]);
    expect(JSON.parse(data?.slice('data: '.length) ?? '')).toMatchObject({
      idle: true,
      nvidiaIndex: 0,
    });
  });

  it('runs two calls at once on two slices', async () => {
    await start(2);
    const [a, b] = [await grant(free), await grant(free)];
    expect([a.nvidiaIndex, b.nvidiaIndex].sort()).toEqual([0, 1]);
  });

  it('forgets a call whose client has left', async () => {
    await start(1);
    await grant(free);
    const leaving = new AbortController();
    const waiting = await schedule(free, {}, { signal: leaving.signal });
    expect(waiting.status).toBe(200);
    leaving.abort();
    await expect.poll(async () => (await fetch(`${server.url}/queue-size`)).json()).toBe(0);
    expect(records.at(-1)?.event).toBe('abandoned');
  });
});

describe('refusals', () => {
  it('refuses an illegal duration with a negative wait, whatever is left', async () => {
    await start(1);
    const response = await schedule(free, { durationSeconds: 9_999 });
    expect(response.status).toBe(429);
    expect(response.headers.get('x-approve-result')).toBe('illegal-duration');
    expect(response.headers.get('x-authenticated')).toBe('regular');
    expect(((await response.json()) as { wait: number }).wait).toBeLessThan(0);
  });

  it('keeps to the operator’s longest duration', async () => {
    await start(1, 90);
    expect((await schedule(pro, { durationSeconds: 91 })).status).toBe(429);
    expect((await schedule(pro, { durationSeconds: 90 })).status).toBe(200);
  });

  it('refuses more than is left, with the seconds left and the wait', async () => {
    await start(2);
    await grant(free, { durationSeconds: 200 });
    const response = await schedule(free, { durationSeconds: 60 });
    expect(response.status).toBe(429);
    expect(response.headers.get('x-approve-result')).toBe('quota-exceeded');
    const body = (await response.json()) as { left: number; wait: number };
    expect(body.left).toBe(10);
    expect(body.wait).toBeGreaterThan(0);
    expect(body.wait).toBeLessThanOrEqual(86_400);
  });

  it('tells anonymous visitors from tokens that are forged', async () => {
    await start(1);
    const anonymous = await schedule(null);
    expect(anonymous.status).toBe(200);
    expect(anonymous.headers.get('x-authenticated')).toBeNull();
    expect((await schedule(null, { token: 'not.a.token' })).status).toBe(401);
    const stranger = createVisitorTokens(new Uint8Array(32).fill(8), systemClock);
    expect((await schedule(null, { token: await stranger.sign(pro) })).status).toBe(401);
  });
});

describe('bad requests', () => {
  it.each([
    [{ cgroupPath: SPACE, durationSeconds: 0 }, 400],
    [{ cgroupPath: SPACE, durationSeconds: -1 }, 400],
    [{ cgroupPath: SPACE, durationSeconds: '1e309' }, 400],
    [{ cgroupPath: SPACE, durationSeconds: '99999999999999999999' }, 400],
    [{ cgroupPath: SPACE, durationSeconds: 'NaN' }, 400],
    [{ cgroupPath: SPACE, taskId: 'x' }, 400],
    [{ cgroupPath: SPACE, gpuSize: 'huge' }, 400],
    [{}, 400],
    [{ cgroupPath: '/zerogpu/other' }, 404],
    [{ cgroupPath: SPACE, somethingNew: 1 }, 200],
  ])('answers /schedule %j with %d', async (query, status) => {
    await start(1);
    const response = await post('/schedule', query as Record<string, string>);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('json');
  });

  it('answers browsers and foreign hosts with 403', async () => {
    await start(1);
    const page = { headers: { origin: 'http://evil.example' } };
    expect((await post('/startup-report', {}, page)).status).toBe(403);
  });

  it('takes the startup report, and a repeated parameter as a bad request', async () => {
    await start(1);
    expect((await post('/startup-report')).status).toBe(200);
    expect(server.state.spaces.get(SPACE)?.startup).toEqual({ over: true, defaultSize: 'large' });
    const twice = await fetch(`${server.url}/schedule?cgroupPath=${SPACE}&cgroupPath=x`, {
      method: 'POST',
    });
    expect(twice.status).toBe(400);
  });
});
