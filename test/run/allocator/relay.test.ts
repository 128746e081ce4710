/** The device API of a joined run: what passes it, what does not, and how each end sees the other one go. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { helloProof } from '../../../src/allocator/client/greeting.js';
import {
  connect as connectControl,
  controlSecret,
  findServe,
  publishLocator,
} from '../../../src/allocator/client/index.js';
import { type AllocatorServer, startAllocator } from '../../../src/allocator/server/index.js';
import { createVisitorTokens } from '../../../src/allocator/server/visitor-tokens.js';
import { createMockBackend } from '../../../src/gpu/mock/index.js';
import { loadProfile } from '../../../src/platform/index.js';
import { type DeviceRelay, startDeviceRelay } from '../../../src/run/allocator/relay.js';
import { systemClock } from '../../../src/shared/clock.js';
import { identifyProcess } from '../../../src/shared/process-table.js';
import { wire } from '../../support/allocator/daemon.js';
import { temporaryFolder } from '../../support/supervise.js';

const SPACE = '/zerogpu/joined';
const OTHER = '/zerogpu/other';
const tokens = createVisitorTokens(new Uint8Array(32).fill(3), systemClock);

let state: string;
let secret: string;
const warn = vi.fn();

beforeEach(() => {
  state = temporaryFolder();
  secret = controlSecret(state);
  warn.mockClear();
});

/** What `zerogpu serve` is to a run, in this process: two Spaces, one card. */
async function serve(): Promise<AllocatorServer & { stop(): Promise<void> }> {
  const profile = loadProfile('h200');
  const server = await startAllocator({
    rules: { profile, longestCallSeconds: null, concurrencyPerSpace: null },
    backend: createMockBackend({ profile, gpus: 1, vramBytes: null, runDir: state }),
    ...{ tokens, clock: systemClock, onRecord: () => {} },
    control: { secret, kind: 'serve', zerogpuVersion: '9.9.9' },
  });
  for (const id of [SPACE, OTHER]) {
    const owner = { name: 'ada', kind: 'pro' } as const;
    await server.register({ id, name: id.slice(9), owner, tasksSocket: null });
  }
  const root = identifyProcess(process.pid) ?? { pid: 0, startTime: 0 };
  await server.submit({ type: 'space-started', at: systemClock.now(), space: SPACE, root });
  const locator = publishLocator(state, { kind: 'serve', url: server.url, space: null });
  let isOver = false;
  async function stop() {
    if (isOver) return;
    isOver = true;
    locator.remove();
    await server.close();
  }
  onTestFinished(stop);
  return { ...server, stop };
}

async function relay(where = () => findServe(state)?.url ?? null): Promise<DeviceRelay> {
  const opened = await startDeviceRelay({ where, secret, space: SPACE, warn });
  onTestFinished(() => opened.close());
  return opened;
}

async function schedule(url: string, visitor = 'free:ada', taskId = 1) {
  const token = await tokens.sign({ key: visitor, tier: 'free', hasToken: true });
  return wire(url, 'schedule', { cgroupPath: SPACE, taskId, durationSeconds: 20, token });
}

/** A connection of the app, byte by byte: what came, and how it ended. */
function rawRequest(url: string, path: string) {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  const ended = new Promise<string>((done) => {
    socket.once('end', () => done('closed'));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
  });
  socket.on('data', (part) => {
    text += part.toString('latin1');
  });
  socket.write(`POST ${pathname}/${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  onTestFinished(() => void socket.destroy());
  return { socket, text: () => text, ended };
}

function waiting(url: string) {
  return rawRequest(url, `schedule?cgroupPath=${encodeURIComponent(SPACE)}&taskId=9`);
}

describe('a joined run', () => {
  it('is scheduled through its own address, and knows no other', async () => {
    await serve();
    const { url } = await relay();
    expect(await schedule(url)).toMatchObject({ status: 200, body: { nvidiaIndex: 0 } });
  });

  it.each(['', 'x', 'A'.repeat(32)])('does nothing for who has the key %j', async (key) => {
    const server = await serve();
    const { url } = await relay();
    const { status } = (await schedule(new URL(`/${key}`, url).href)) ?? {};
    expect(status).toBe(404);
    expect(server.state.leases.size).toBe(0);
  });

  it('reports its start as the Space that it is, whoever else is here', async () => {
    const server = await serve();
    const { url } = await relay();
    expect((await fetch(`${url}/startup-report`, { method: 'POST' })).status).toBe(200);
    const over = [...server.state.spaces.values()].map(({ id, startup }) => [id, startup.over]);
    expect(over).toEqual([
      [SPACE, true],
      [OTHER, false],
    ]);
    // Somebody without the key starts nothing.
    const bare = new URL('/startup-report', url);
    expect((await fetch(bare, { method: 'POST' })).status).toBe(404);
  });

  it('has its connections reset while serve is away, and follows it to another port', async () => {
    const first = await serve();
    const { url } = await relay();
    await first.stop();
    expect(await rawRequest(url, 'queue-size').ended).toBe('ECONNRESET');
    const second = await serve();
    expect(second.url).not.toBe(first.url);
    expect((await schedule(url))?.status).toBe(200);
    expect(second.state.leases.size).toBe(1);
    expect(warn).not.toHaveBeenCalled();
  });

  it('has its control connection follow as well', async () => {
    const first = await serve();
    const connected = vi.fn();
    const client = connectControl(() => findServe(state)?.url ?? null, secret);
    onTestFinished(() => client.close());
    client.records({ record: () => {}, connected, disconnected: () => {} });
    await vi.waitFor(() => expect(connected).toHaveBeenCalledTimes(1));
    await first.stop();
    await expect(client.snapshot()).rejects.toMatchObject({ message: 'no allocator runs' });
    await serve();
    await vi.waitFor(() => expect(connected).toHaveBeenCalledTimes(2), { timeout: 10_000 });
    expect((await client.snapshot()).spaces).toHaveLength(2);
  });
});

describe('a call that waits behind a relay', () => {
  it('has its events one by one, and its grant', async () => {
    const server = await serve();
    const { url } = await relay();
    const holder = await schedule(url);
    const call = waiting(url);
    await vi.waitFor(() => expect(call.text()).toContain('text/event-stream'));
    expect(server.state.queue).toHaveLength(1);
    await wire(url, 'release', { allowToken: String(holder?.body?.['allowToken']) });
    await vi.waitFor(() => expect(call.text()).toContain('event: succeeded\ndata: {'));
    expect(call.text()).toMatch(/\r\n0\r\n\r\n$/);
  });

  it.each(['close', 'reset'])('leaves the queue when its client goes with a %s', async (how) => {
    const server = await serve();
    const { url } = await relay();
    await schedule(url);
    const call = waiting(url);
    await vi.waitFor(() => expect(server.state.queue).toHaveLength(1));
    if (how === 'reset') call.socket.resetAndDestroy();
    else call.socket.destroy();
    await vi.waitFor(() => expect(server.state.queue).toHaveLength(0));
  });

  it('gives back a grant whose client has gone without reading it', async () => {
    const server = await serve();
    const { url } = await relay();
    const call = waiting(url);
    call.socket.pause();
    await vi.waitFor(() => expect(server.state.leases.size).toBe(1));
    call.socket.resetAndDestroy();
    await vi.waitFor(() => expect(server.state.leases.size).toBe(0));
  });
});

/** Proves itself as serve does, and then does as it likes with the app's requests. */
async function standIn(act: (socket: Socket) => void): Promise<Server> {
  const server = createServer((request, response) => {
    const { socket } = request;
    const nonce = /nonce=(\w+)/.exec(request.url ?? '')?.[1];
    if (nonce) {
      const own = `${socket.localAddress}:${socket.localPort}`;
      const proof = helloProof(secret, nonce, 'stand-in', own);
      response.end(JSON.stringify({ instance: 'stand-in', proof }));
    } else if (request.url?.startsWith('/control/v1/spaces/relay')) response.writeHead(204).end();
    else act(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

const at = (server: { address(): unknown }) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const HALF = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n';

describe('the app behind a relay', () => {
  it.each([
    ['a reset', 'ECONNRESET', (socket: Socket) => void socket.resetAndDestroy()],
    ['an end without its last chunk', 'closed', (socket: Socket) => void socket.destroySoon()],
  ])('sees %s of its allocator as what it is', async (_what, seen, end) => {
    const server = await standIn((socket) => socket.write(HALF, () => setTimeout(end, 50, socket)));
    const { url } = await relay(() => at(server));
    const call = rawRequest(url, 'schedule');
    expect(await call.ended).toBe(seen);
    expect(call.text()).toBe(HALF);
  });

  it('is sent no more than it reads', async () => {
    const part = Buffer.alloc(65_536, 'x');
    let written = 0;
    const server = await standIn((socket) => {
      const more = () => {
        while (written < 200e6) {
          written += part.length;
          if (!socket.write(part)) return void socket.once('drain', more);
        }
      };
      more();
    });
    const { url } = await relay(() => at(server));
    const call = rawRequest(url, 'schedule');
    call.socket.pause();
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = written === before;
        before = written;
        expect(isStill && written > 0).toBe(true);
      },
      { interval: 200, timeout: 15_000 },
    );
    expect(written).toBeLessThan(50e6);
  });
});

describe('a program on the port of a serve that has ended', () => {
  /** Answers as `answer` says, and writes down what it heard. */
  async function foreign(answer: (socket: Socket, text: string) => void) {
    const heard: string[] = [];
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (part) => {
        heard.push(part.toString('latin1'));
        answer(socket, part.toString('latin1'));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return { url: at(server), heard };
  }
  const GREETING =
    /^GET \/control\/v1\/hello\?nonce=[0-9a-f]{32} HTTP\/1\.1\r\nhost: 127\.0\.0\.1\r\n\r\n$/;

  const OK = 'HTTP/1.1 200 OK\r\ncontent-length: ';
  it.each([
    ['a wrong proof', `${OK}39\r\n\r\n{"instance":"abcdefgh","proof":"000000"}`],
    ['no end', `${OK}999999\r\n\r\n${'x'.repeat(20_000)}`],
    ['more than an answer', `${OK}2\r\n\r\n{}{}`],
    ['something else', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
  ])('that answers with %s gets no token, and the app a reset', async (_what, answer) => {
    const { url: taken, heard } = await foreign((socket) => void socket.end(answer));
    const { url } = await relay(() => taken);
    expect(await schedule(url)).toBeNull();
    expect(await schedule(url)).toBeNull();
    for (const request of heard) expect(request).toMatch(GREETING);
    expect(heard).toHaveLength(2);
    // Once, not for each call.
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain(`no call reaches zerogpu serve at ${taken}`);
  });

  it('can not pass on the proof of the serve at another port', async () => {
    const real = await serve();
    const port = Number(new URL(real.url).port);
    const { url: taken, heard } = await foreign((socket, text) => {
      const onward = connect(port, '127.0.0.1');
      onward.on('error', () => {});
      onward.write(text);
      onward.on('data', (part) => socket.write(part));
    });
    const { url } = await relay(() => taken);
    expect(await schedule(url)).toBeNull();
    const lured = connectControl(taken, secret);
    await expect(lured.kill(1)).rejects.toMatchObject({ code: 'E_ALLOCATOR_GONE' });
    for (const request of heard) expect(request).toMatch(/^GET \/control\/v1\/hello\?/);
    expect(heard.join()).not.toMatch(/authorization|token=/i);
  });
});
