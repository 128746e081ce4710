/** The control API over real HTTP, with the real client. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createParser } from '../../../src/allocator/client/event-parser.js';
import type { ServerEvent } from '../../../src/allocator/client/event-source.js';
import {
  connect,
  controlSecret,
  findAllocators,
  type HostClient,
  publishLocator,
  type Snapshot,
} from '../../../src/allocator/client/index.js';
import { signedFor } from '../../../src/allocator/client/secret.js';
import type { Visitor } from '../../../src/allocator/core/types.js';
import { type AllocatorServer, startAllocator } from '../../../src/allocator/server/index.js';
import { createVisitorTokens } from '../../../src/allocator/server/visitor-tokens.js';
import { createMockBackend } from '../../../src/gpu/mock/index.js';
import { loadProfile } from '../../../src/platform/index.js';
import { systemClock } from '../../../src/shared/clock.js';
import { identifyProcess } from '../../../src/shared/process-table.js';
import { wire } from '../../support/allocator/daemon.js';

const SPACE = '/zerogpu/control';
const tokens = createVisitorTokens(new Uint8Array(32).fill(3), systemClock);
let state: string;
let secret: string;
let server: AllocatorServer;
let client: HostClient;
let told: string[] = [];

beforeEach(async () => {
  told = [];
  state = mkdtempSync(join(tmpdir(), 'zerogpu-control-'));
  secret = controlSecret(state);
  const profile = loadProfile('rtx-pro-6000');
  server = await startAllocator({
    rules: { profile, longestCallSeconds: null, concurrencyPerSpace: null },
    backend: createMockBackend({ profile, gpus: 1, vramBytes: null, runDir: state }),
    tokens,
    clock: systemClock,
    onRecord: () => {},
    control: {
      ...{ secret, kind: 'serve', zerogpuVersion: '9.9.9' },
      onTold: (message, visitor) => void told.push(`${visitor}: ${message}`),
    },
  });
  client = connect(server.url, secret);
  await client.register({
    id: SPACE,
    name: 'control',
    owner: { name: 'ada', kind: 'pro' },
    tasksSocket: '/nowhere',
    root: identifyProcess(process.pid),
  });
});
afterEach(async () => {
  client.close();
  await server.close();
  rmSync(state, { recursive: true, force: true });
});

async function schedule(key: string, durationSeconds = 20) {
  const tier = key.startsWith('pro') ? 'pro' : key.startsWith('free') ? 'free' : 'anonymous';
  const visitor: Visitor = { key, tier, hasToken: true };
  const query = {
    cgroupPath: SPACE,
    taskId: 1,
    durationSeconds,
    token: await tokens.sign(visitor),
  };
  return wire(server.url, 'schedule', query);
}

describe('who may ask', () => {
  it.each(['/metrics', '/control/v1/snapshot', '/control/v1/stream'])(
    '%s wants the secret of the state folder',
    async (path) => {
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: secret }]) {
        expect((await fetch(server.url + path, { headers })).status).toBe(401);
      }
    },
  );

  it('no browser does: a request with an Origin is refused, secret or not', async () => {
    const headers = { authorization: `Bearer ${secret}`, origin: 'http://evil.example' };
    expect((await fetch(`${server.url}/control/v1/snapshot`, { headers })).status).toBe(403);
  });

  it('a secret is made once, and is for its user alone', () => {
    expect(controlSecret(state)).toBe(secret);
    expect(statSync(join(state, 'control-secret')).mode & 0o777).toBe(0o600);
  });

  const instead = (make: (path: string) => void) => (path: string) => {
    rmSync(path);
    make(path);
  };
  const planted = `${'ab'.repeat(32)}\n`;
  it.each<[string, (path: string) => void, RegExp]>([
    ['others may read', (path) => chmodSync(path, 0o644), /mode is 0644/],
    ['others may write', (path) => chmodSync(path, 0o602), /mode is 0602/],
    ['is a link', instead((path) => symlinkSync('/dev/zero', path)), /symbolic link|ELOOP/],
    ['is a folder', instead((path) => mkdirSync(path)), /not a file/],
    ['holds something else', (path) => writeFileSync(path, 'secret'), /64 hexadecimal/],
  ])('a secret that %s is refused', (_what, harm, why) => {
    const path = join(state, 'control-secret');
    writeFileSync(path, planted, { mode: 0o600 });
    harm(path);
    expect(() => controlSecret(state)).toThrow(
      expect.objectContaining({ code: 'E_STATE_DIR', why: expect.stringMatching(why) }),
    );
  });

  it.runIf(process.getuid?.() === 0)('a secret that another user has put there is refused', () => {
    const path = join(state, 'control-secret');
    writeFileSync(path, planted, { mode: 0o600 });
    chownSync(path, 65_534, 65_534);
    expect(() => controlSecret(state)).toThrow(
      expect.objectContaining({
        code: 'E_STATE_DIR',
        why: expect.stringContaining('belongs to user 65534'),
        fix: [expect.stringContaining(`rm ${path}`)],
      }),
    );
  });
});

describe('a program that took the port of an allocator', () => {
  it('gets neither the secret nor anything that opens another allocator', async () => {
    const heard: string[] = [];
    const foreign = createServer((request, response) => {
      heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      response.writeHead(200).end('{"instance":"abcdefgh","proof":"00"}');
    });
    await new Promise<void>((listening) => foreign.listen(0, '127.0.0.1', listening));
    const { port } = foreign.address() as AddressInfo;
    const lured = connect(`http://127.0.0.1:${port}`, secret);
    await expect(lured.kill(1)).rejects.toMatchObject({ code: 'E_ALLOCATOR_GONE' });
    const why = new Promise((told) =>
      lured.records({ record: () => {}, connected: () => {}, disconnected: told }),
    );
    expect(await why).toContain('does not know the secret');
    lured.close();
    foreign.close();
    expect(heard.length).toBeGreaterThan(1);
    for (const request of heard) {
      expect(request).toMatch(/^GET \/control\/v1\/hello\?nonce=[0-9a-f]{32} /);
      expect(request).not.toContain(secret);
      expect(request).not.toContain('authorization');
    }
  });

  it('can do nothing with a request that was signed for another allocator', async () => {
    const headers = { authorization: signedFor(secret, 'another-instance') };
    expect((await fetch(`${server.url}/control/v1/snapshot`, { headers })).status).toBe(401);
  });
});

describe('the snapshot', () => {
  it('shows slices, queue, visitors, Spaces and the last minute', async () => {
    await schedule('free:ada');
    await schedule('pro:lin', 30);
    void schedule('free:bob', 40).catch(() => {});
    await vi.waitFor(async () => expect((await client.snapshot()).queue.total).toBe(1));
    const shown = await client.snapshot();
    expect(shown.slices.map(({ use, call }) => [use, call?.visitor])).toEqual([
      ['granted', 'free:ada'],
      ['granted', 'pro:lin'],
    ]);
    expect(shown.queue.entries[0]).toMatchObject({
      position: 1,
      visitor: 'free:bob',
      reason: 'node',
      behind: null,
      spaceName: 'control',
    });
    expect(shown.queue.entries[0]?.timesOutInSeconds).toBeGreaterThan(50);
    expect(shown.spaces).toEqual([{ id: SPACE, name: 'control', owner: 'ada', pid: process.pid }]);
    expect(shown.visitors.total).toBe(3);
    expect(shown.visitors.entries.find(({ visitor }) => visitor === 'pro:lin')).toMatchObject({
      tier: 'pro',
      limitSeconds: 2400,
      reservedSeconds: 30,
      leftSeconds: 2370,
      runsLimit: null,
      creditSeconds: 0,
      nextDefaultCall: null,
    });
    expect(shown.lastMinute).toMatchObject({ granted: 2, refused: 0 });
    expect(shown.allocator).toMatchObject({ kind: 'serve', zerogpuVersion: '9.9.9' });
  });

  it('carries as many entries as were asked for, and the totals', async () => {
    for (const name of ['a', 'b']) await schedule(`free:${name}`, 1);
    const shown = await client.snapshot({ visitors: 1, queue: 0 });
    expect(shown.visitors).toMatchObject({ total: 2 });
    expect(shown.visitors.entries).toHaveLength(1);
    expect(shown.queue.entries).toEqual([]);
  });

  it('the newest records come first to a reader that asks for them, and then each new one', async () => {
    const follow = () => {
      const seen: string[] = [];
      const add = (data: string) => {
        const list = JSON.parse(data) as { call: number; event: string }[];
        seen.push(...list.map(({ call, event }) => `${call} ${event}`));
      };
      const history = (data: string) => {
        add(data);
        seen.push('now');
      };
      const quiet = { connected() {}, disconnected() {} };
      client.records({ ...quiet, history, record: (data) => add(`[${data}]`) });
      return seen;
    };
    const first = follow();
    await vi.waitFor(() => expect(first).toEqual(['now']));
    await schedule('free:ada');
    await vi.waitFor(() => expect(first).toEqual(['now', '1 granted']));
    const second = follow();
    await vi.waitFor(() => expect(second).toEqual(['1 granted', 'now']));
    await schedule('free:bob');
    await vi.waitFor(() => expect(second).toEqual(['1 granted', 'now', '2 granted']));
  });

  it('says what the answer to the next default call would be', async () => {
    await schedule('free:ada', 290);
    const { visitors } = await client.snapshot();
    expect(visitors.entries[0]?.nextDefaultCall).toBe('quota-exceeded');
  });

  it('comes as a stream, which comes back after a break', async () => {
    const seen: Snapshot[] = [];
    const told: string[] = [];
    const stream = client.watch(
      0.1,
      {},
      {
        snapshot: (snapshot) => void seen.push(snapshot),
        connected: () => void told.push('connected'),
        disconnected: () => void told.push('disconnected'),
      },
    );
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(2));
    stream.close();
    const count = seen.length;
    await new Promise((later) => setTimeout(later, 250));
    expect(seen).toHaveLength(count);
    expect(told).toEqual(['connected']);
  });

  it('records come as they happen, with the function’s name', async () => {
    const records: { event: string; function: string }[] = [];
    const connected = vi.fn();
    client.records({
      record: (data) => void records.push(JSON.parse(data)),
      connected,
      disconnected: () => {},
    });
    await vi.waitFor(() => expect(connected).toHaveBeenCalled());
    await schedule('free:ada');
    await vi.waitFor(() => expect(records.map(({ event }) => event)).toEqual(['granted']));
  });

  it('is there for Prometheus', async () => {
    await schedule('free:ada', 290);
    await schedule('free:ada', 290);
    const headers = { authorization: `Bearer ${secret}` };
    const text = await (await fetch(`${server.url}/metrics`, { headers })).text();
    expect(text).toContain('zerogpu_calls_granted_total 1\n');
    expect(text).toContain('zerogpu_calls_refused_total{kind="quota-exceeded"} 1\n');
    expect(text).toContain('zerogpu_wait_seconds_bucket{le="+Inf"} 1\n');
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^}]*\})? -?[\d.]+(e[+-]\d+)?)$/);
    }
  });
});

describe('commands', () => {
  it('kill ends a call that runs', async () => {
    const granted = await schedule('free:ada');
    await expect(client.kill(1)).rejects.toMatchObject({ code: 'E_ALLOCATOR_REFUSED' });
    expect(granted?.status).toBe(200);
    await client.release(1);
    expect((await client.snapshot()).slices[0]?.use).toBe('free');
    await expect(client.release(1)).rejects.toMatchObject({
      message: 'calls/1/release: Call 1 does not wait',
    });
  });

  it('stops of a debugger keep the time of a call', async () => {
    const granted = await schedule('free:ada');
    const allowToken = String(granted?.body?.['allowToken']);
    await wire(server.url, 'allow', { allowToken, pid: process.pid });
    const deadline = async () => (await client.snapshot()).slices[0]?.deadlineInSeconds;
    expect(await deadline()).toBeGreaterThan(10);
    const worker = identifyProcess(process.pid);
    await client.stops(SPACE, worker ? [worker] : []);
    expect(await deadline()).toBeNull();
    await client.stops(SPACE, []);
    expect(await deadline()).toBeGreaterThan(10);
    await client.stops(SPACE, 'all');
    expect(await deadline()).toBeNull();
    await wire(server.url, 'release', { allowToken });
  });

  it('advance moves the quota windows on', async () => {
    const granted = await schedule('free:ada', 100);
    const allowToken = String(granted?.body?.['allowToken']);
    await wire(server.url, 'allow', { allowToken, pid: process.pid });
    await wire(server.url, 'release', { allowToken });
    const before = await client.snapshot();
    expect(before.visitors.entries[0]?.resetsInSeconds).toBeGreaterThan(86_000);
    await client.advance(86_400);
    expect((await client.snapshot()).visitors.entries[0]).toMatchObject({
      usedSeconds: 0,
      resetsInSeconds: null,
    });
  });

  it('faults hit the calls that come after, until there are none again', async () => {
    await client.setFaults('no-gpu@2');
    expect((await schedule('pro:ada'))?.status).toBe(200);
    expect((await schedule('pro:eve'))?.status).toBe(503);
    await client.setFaults('no-gpu');
    await client.setFaults('');
    expect((await schedule('pro:fay'))?.status).toBe(200);
    await expect(client.setFaults('startup-404')).rejects.toMatchObject({
      code: 'E_ALLOCATOR_REFUSED',
      message: expect.stringContaining("startup-404 can't be given to a Space that runs"),
    });
  });

  it('another tier counts until it is removed again', async () => {
    await client.setTier('free:ada', 'pro');
    expect((await schedule('free:ada', 1000))?.status).toBe(200);
    expect((await client.snapshot()).visitors.entries[0]).toMatchObject({ tier: 'pro' });
    await client.setTier('free:ada', null);
    expect((await schedule('free:ada', 1000))?.status).toBe(429);
  });

  it('a quota stands as it stands elsewhere', async () => {
    const use = { usedSeconds: 250, runs: 2, resetsInSeconds: 3_600 };
    await client.setUse('free:dora', 'free', use);
    expect(await client.visitor('free:dora', 'free')).toMatchObject({
      usedSeconds: 250,
      leftSeconds: 50,
    });
    expect((await schedule('free:dora', 100))?.status).toBe(429);
    await client.setUse('free:dora', 'free', { usedSeconds: 0, runs: 0, resetsInSeconds: null });
    expect(await client.visitor('free:dora', 'free')).toMatchObject({ resetsInSeconds: null });
    await expect(
      client.setUse('free:dora', 'free', { ...use, usedSeconds: -1 }),
    ).rejects.toMatchObject({ code: 'E_ALLOCATOR_REFUSED' });
  });

  it('a visitor gets all of the quota again, if there is such a one', async () => {
    await expect(client.resetQuota('free:nobody')).rejects.toMatchObject({
      message: expect.stringContaining('free:nobody has never called'),
    });
    await schedule('free:ada', 100);
    await client.resetQuota('free:ada');
  });

  it('a Space too many is refused with the limit', async () => {
    const join = (id: string) =>
      client.register({
        id,
        name: id,
        owner: { name: 'bob', kind: 'free' },
        tasksSocket: '/nowhere',
        root: null,
      });
    const device = await join('b1');
    expect(device.environment['ZEROGPU_EMULATED_GPU_NAME']).toContain('RTX PRO 6000');
    await join('b2');
    await join('b2');
    await expect(join('b3')).rejects.toMatchObject({
      code: 'E_HOSTING_LIMIT',
      message: expect.stringContaining('2'),
    });
    await client.gone('b1');
    await join('b3');
  });

  it.each([
    ['POST', '/control/v1/time/advance?seconds=-1'],
    ['POST', '/control/v1/time/advance?seconds=1e309'],
    ['POST', '/control/v1/calls/nothing/kill'],
    ['POST', '/control/v1/visitors/free/tier?tier=king'],
    ['POST', '/control/v1/spaces/stops?id=a&processes=4242'],
    ['GET', '/control/v1/snapshot?queue=-5'],
    ['GET', '/control/v1/stream?every=0'],
  ])('%s %s is wrong use, and said so', async (method, path) => {
    const headers = { authorization: `Bearer ${secret}` };
    const response = await fetch(server.url + path, { method, headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.any(String) });
  });
});

describe('how an allocator is found', () => {
  it('by its file, serve first; stale files are removed', () => {
    const run = publishLocator(state, { kind: 'run', url: server.url, space: 'demo' });
    const serve = publishLocator(state, { kind: 'serve', url: server.url, space: null });
    expect(findAllocators(state).map(({ kind }) => kind)).toEqual(['serve', 'run']);
    serve.remove();
    run.remove();
    expect(findAllocators(state)).toEqual([]);
  });

  it('is reported when no answer comes', async () => {
    const nobody = connect('http://127.0.0.1:9', secret);
    await expect(nobody.snapshot()).rejects.toMatchObject({
      code: 'E_ALLOCATOR_GONE',
      exitCode: 3,
    });
  });

  it('an event stream is read whatever a visitor’s name holds', () => {
    const name = 'free:a\u2028b\u2029c\u0085d\re\vf';
    const events: ServerEvent[] = [];
    const parser = createParser((event) => void events.push(event));
    parser.push(`event: snapshot\ndata: ${JSON.stringify({ name })}\n\n`);
    expect(events.map(({ data }) => JSON.parse(data))).toEqual([{ name }]);
  });

  it('an event stream is read whatever pieces it comes in', () => {
    const text = 'event: a\ndata: 1\ndata: 2\n\nevent: b\ndata: {"x": 1}\n\n';
    for (let size = 1; size < text.length; size += 1) {
      const events: ServerEvent[] = [];
      const parser = createParser((event) => void events.push(event));
      for (let at = 0; at < text.length; at += size) parser.push(text.slice(at, at + size));
      expect(events).toEqual([
        { type: 'a', data: '1\n2' },
        { type: 'b', data: '{"x": 1}' },
      ]);
    }
  });
});

describe('what the local Hub asks', () => {
  it('is the quota of a visitor, also of one who was never seen', async () => {
    const { quotaSeconds } = loadProfile('rtx-pro-6000').tiers.free;
    const fresh = { visitor: 'free:new', tier: 'free', limitSeconds: quotaSeconds, usedSeconds: 0 };
    const view = await client.visitor('free:new', 'free');
    expect(view).toMatchObject({ ...fresh, leftSeconds: quotaSeconds, resetsAt: null, speed: 1 });
    expect((await client.snapshot()).visitors.total).toBe(0);

    await schedule('pro:ann', 30);
    const held = await client.visitor('pro:ann', 'pro');
    expect(held).toMatchObject({ reservedSeconds: 30, leftSeconds: held.limitSeconds - 30 });
  });

  it('takes the words that visitors of its Spaces read', async () => {
    const words = 'ZeroGPU quota exceeded: 60s requested vs. 0s left. <b>&\n';
    await client.told(SPACE, 'free:ada', words);
    expect(told).toEqual([`free:ada: ${words}`]);
    await expect(client.told('/zerogpu/no', 'free:ada', words)).rejects.toThrow('not here');
    await expect(client.told(SPACE, 'free:ada', 'x'.repeat(2_001))).rejects.toThrow();
  });

  it('is where each Space is reached, until it is gone', async () => {
    expect(await client.addresses()).toEqual([]);
    await client.address(SPACE, 'ada/control', 'http://127.0.0.1:7860');
    const known = { spaceId: 'ada/control', url: 'http://127.0.0.1:7860' };
    expect(await client.addresses()).toEqual([known]);
    await expect(client.address('/zerogpu/no', 'a/b', known.url)).rejects.toThrow('not here');
    await client.gone(SPACE);
    expect(await client.addresses()).toEqual([]);
  });
});
