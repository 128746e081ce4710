/** Device API and control API: whatever comes, they live on, say why, and change nothing unasked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connect, controlSecret, type HostClient } from '../../src/allocator/client/index.js';
import { CONTROL } from '../../src/allocator/client/protocol.js';
import { checkInvariants, encodeState } from '../../src/allocator/core/index.js';
import { type AllocatorServer, startAllocator } from '../../src/allocator/server/index.js';
import { createVisitorTokens } from '../../src/allocator/server/visitor-tokens.js';
import { createMockBackend } from '../../src/gpu/mock/index.js';
import { loadProfile } from '../../src/platform/index.js';
import { systemClock } from '../../src/shared/clock.js';
import { identifyProcess } from '../../src/shared/process-table.js';
import { wire } from '../support/allocator/daemon.js';
import {
  type Endpoint,
  exchange,
  type RawAnswer,
  rawCases,
  type Surface,
  showCase,
  textOf,
} from '../support/fuzz/http.js';
import { FUZZ_TIMEOUT_MS, tryAll } from '../support/fuzz/index.js';

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS });

const SPACE = '/zerogpu/fuzzed';
const tokens = createVisitorTokens(new Uint8Array(32).fill(3), systemClock);
let state: string;
let secret: string;
let server: AllocatorServer;
let client: HostClient;
let port: number;
let notices: string[];

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'zerogpu-fuzz-'));
  secret = controlSecret(state);
  notices = [];
  const profile = loadProfile('rtx-pro-6000');
  server = await startAllocator({
    rules: { profile, longestCallSeconds: null, concurrencyPerSpace: null },
    backend: createMockBackend({ profile, gpus: 1, vramBytes: null, runDir: state }),
    tokens,
    clock: systemClock,
    ledgerDir: state,
    onRecord: () => {},
    onNotice: (notice) => void notices.push(notice),
    control: { secret, kind: 'serve', zerogpuVersion: '9.9.9' },
  });
  port = Number(new URL(server.url).port);
  client = connect(server.url, secret);
  const owner = { name: 'ada', kind: 'pro' } as const;
  const root = identifyProcess(process.pid);
  await client.register({ id: SPACE, name: 'fuzzed', owner, tasksSocket: '/nowhere', root });
});
afterEach(async () => {
  client.close();
  await server.close();
  rmSync(state, { recursive: true, force: true });
});

const TIMES = ['1', '60', '3600'];
const SPACES = ['/zerogpu/other', '/a'];
const PIDS = ['2', '99999', String(process.pid)];

/** @param spaces what is sent as a Space's id; @param visitorTokens what is sent as its visitor's */
function deviceApi(spaces: readonly string[], visitorTokens: readonly string[]): Endpoint[] {
  const schedule = {
    cgroupPath: spaces,
    taskId: ['1', '140', '007'],
    durationSeconds: TIMES,
    gpuSize: ['large', 'xlarge'],
    token: visitorTokens,
    enableQueue: ['true'],
    tokenVersion: ['1', '2'],
  };
  const guessed = ['a', '0'.repeat(22), '1'];
  return [
    { method: 'POST', path: '/schedule', query: schedule },
    { method: 'POST', path: '/schedule', query: schedule },
    { method: 'POST', path: '/allow', query: { allowToken: guessed, pid: PIDS } },
    { method: 'POST', path: '/release', query: { allowToken: guessed, fail: ['true', 'False'] } },
    { method: 'GET', path: '/queue-size', query: {} },
    { method: 'POST', path: '/startup-report', query: {} },
  ];
}

const SIZES = { queue: ['0', '100'], visitors: ['0', '5000'] };
const IDS = { id: [SPACE, '/zerogpu/other'] };
const PROCESS = { pid: PIDS, startTime: ['0', '5'] };
const NAMES = ['ada', 'acme'];
const controlApi: readonly Endpoint[] = [
  { method: 'GET', path: '/metrics', query: {} },
  { method: 'GET', path: '/control/v1/snapshot', query: SIZES },
  {
    method: 'GET',
    path: '/control/v1/stream',
    query: {
      ...SIZES,
      every: ['0.1', '1', '3600'],
      records: ['none', 'only', 'too'],
      replay: ['0', '4000'],
    },
  },
  { method: 'POST', path: '/control/v1/calls/1/kill', query: {} },
  { method: 'POST', path: '/control/v1/calls/1/release', query: {} },
  { method: 'POST', path: '/control/v1/time/advance', query: { seconds: [...TIMES, '31622400'] } },
  { method: 'GET', path: '/control/v1/visitors/free:ada', query: { tier: ['free', 'pro'] } },
  { method: 'POST', path: '/control/v1/visitors/free:ada/tier', query: { tier: ['pro', 'own'] } },
  { method: 'POST', path: '/control/v1/visitors/free:ada/credits', query: { seconds: TIMES } },
  { method: 'POST', path: '/control/v1/visitors/free:ada/reset', query: {} },
  { method: 'POST', path: '/control/v1/faults', query: { spec: ['', 'no-gpu@1', 'quota@2'] } },
  {
    method: 'POST',
    path: '/control/v1/visitors/free:ada/use',
    query: { tier: ['free', 'pro'], used: TIMES, runs: ['0', '3'], resetsIn: TIMES },
  },
  { method: 'GET', path: '/control/v1/hello', query: { nonce: ['0'.repeat(32), 'x'] } },
  {
    method: 'POST',
    path: '/control/v1/spaces',
    query: {
      ...{ ...IDS, ...PROCESS, name: NAMES, owner: NAMES, tasksSocket: ['/nowhere'] },
      ownerKind: ['free', 'pro', 'organization'],
    },
  },
  { method: 'GET', path: '/control/v1/spaces/addresses', query: {} },
  {
    method: 'POST',
    path: '/control/v1/spaces/address',
    query: { ...IDS, spaceId: ['me/hello'], url: ['http://127.0.0.1:7860'] },
  },
  { method: 'POST', path: '/control/v1/spaces/started', query: { ...IDS, ...PROCESS } },
  { method: 'GET', path: '/control/v1/spaces/reported', query: IDS },
  { method: 'POST', path: '/control/v1/spaces/relay', query: { ...IDS, key: ['k'.repeat(16)] } },
  {
    method: 'POST',
    path: '/control/v1/spaces/stops',
    query: { ...IDS, processes: ['', 'all', '1:1', '1:1,99999:5'] },
  },
  {
    method: 'POST',
    path: '/control/v1/spaces/told',
    query: { ...IDS, visitor: ['free:ada'], message: ['No GPU', 'x'.repeat(2_000)] },
  },
  { method: 'POST', path: '/control/v1/spaces/gone', query: IDS },
];

it('every request of the control API is among them', () => {
  const asked = controlApi.map(({ method, path }) => `${method} ${path}`);
  const inTable = Object.values(CONTROL).map(({ method, path }) => {
    const values: Record<string, string> = { call: '1', visitor: 'free:ada' };
    return `${method} ${path.replace(/:(\w+)/g, (_, name: string) => values[name] ?? '')}`;
  });
  expect(asked.sort()).toEqual(inTable.sort());
});

/** Nothing but a reason: no stack, none of our paths. */
function expectReason(answer: RawAnswer, head: string): void {
  expect(answer.status, textOf(answer)).toBeLessThan(500);
  if (answer.status < 400) return;
  const type = answer.headers['content-type'];
  if (type === undefined) {
    // Node's parser speaks for itself: what it can't read never reaches a route.
    expect([400, 408, 413, 417, 431]).toContain(answer.status);
    return;
  }
  expect(type).toBe('application/json; charset=utf-8');
  if (head.startsWith('"HEAD ')) return;
  const body = JSON.parse(textOf(answer)) as Record<string, unknown>;
  const isQuota = answer.status === 429 && 'left' in body && 'wait' in body;
  if (!isQuota) expect(body['detail']).toMatch(/\S/);
  expect(JSON.stringify(body)).not.toMatch(/\bat .*\.ts:|node_modules/);
}

async function attack(surface: Surface, short: number): Promise<void> {
  await tryAll(
    rawCases(surface),
    short,
    async (one) => {
      const answer = await exchange(port, one);
      if (answer) expectReason(answer, showCase(one));
    },
    showCase,
  );
}

/** A whole call, by the wire, with a worker that is ours. */
async function expectService(): Promise<void> {
  const token = await tokens.sign({ key: 'free:eve', tier: 'free', hasToken: true });
  const query = { cgroupPath: SPACE, taskId: 1, durationSeconds: 5, token };
  const granted = await wire(server.url, 'schedule', query);
  expect(granted?.status).toBe(200);
  const allowToken = String(granted?.body?.['allowToken']);
  expect((await wire(server.url, 'release', { allowToken }))?.status).toBe(204);
  await client.setTier('free:eve', 'pro');
}

it('strangers change nothing, whatever they send', async () => {
  const before = JSON.stringify(encodeState(server.state));
  await attack({ endpoints: [...deviceApi(SPACES, ['a.b.c']), ...controlApi] }, 900);
  expect(JSON.stringify(encodeState(server.state))).toBe(before);
  expect(notices).toEqual([]);
  await expectService();
});

it('Spaces that send nonsense get no more than their due', async () => {
  const token = await tokens.sign({ key: 'free:ada', tier: 'free', hasToken: true });
  await attack({ endpoints: deviceApi([SPACE], [token, token, 'a.b.c']) }, 600);
  expect(checkInvariants(server.state)).toEqual([]);
  expect(notices).toEqual([]);
  await server.submit({ type: 'space-gone', at: systemClock.now(), space: SPACE });
  const owner = { name: 'ada', kind: 'pro' } as const;
  await client.register({ id: SPACE, name: 'fuzzed', owner, tasksSocket: '/n', root: null });
  await expectService();
});

it('the user’s own programs may be wrong as well', async () => {
  const headers = [`Authorization: Bearer ${secret}`];
  await attack({ endpoints: controlApi, headers }, 600);
  expect(checkInvariants(server.state)).toEqual([]);
  expect(notices).toEqual([]);
  // A Space may have been sent away by its name: it comes again.
  const owner = { name: 'new', kind: 'pro' } as const;
  await client.register({ id: SPACE, name: 'fuzzed', owner, tasksSocket: '/n', root: null });
  await expectService();
});
