/** Connections to an allocator end when they are closed, whatever was collected meanwhile. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { followEvents } from '../../../src/allocator/client/event-source.js';
import { ask } from '../../../src/allocator/client/http.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const quiet = { connected: () => {}, event: () => {}, disconnected: () => {} };

async function startServer(answer: RequestListener) {
  const server: Server = createServer(answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), sockets };
}

describe('a stream of events', () => {
  it('is closed for good, also after a collection of garbage', async () => {
    const { url, sockets } = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: ping\n\n');
    });
    const seen = vi.fn();
    const stream = followEvents(async () => ({ url, headers: {} }), { ...quiet, event: seen });
    await expect.poll(() => seen.mock.calls.length).toBe(1);
    for (let times = 0; times < 3; times += 1) {
      collectGarbage();
      await new Promise((later) => setTimeout(later, 10));
    }
    expect(sockets.size).toBe(1);
    stream.close();
    await expect.poll(() => sockets.size).toBe(0);
  });

  it('that can’t be parsed is reported, and opened again', async () => {
    let asked = 0;
    const { url } = await startServer((_request, response) => {
      asked += 1;
      response.writeHead(200).write('event: nonsense\n\n');
    });
    const disconnected = vi.fn();
    const stream = followEvents(async () => ({ url, headers: {} }), {
      ...quiet,
      event() {
        throw new Error('what is this?');
      },
      disconnected,
    });
    await expect.poll(() => asked).toBeGreaterThan(1);
    stream.close();
    expect(disconnected).toHaveBeenCalledWith('what is this?');
  });

  it('is opened again after a refusal and a break, each reported with its reason', async () => {
    let asked = 0;
    const { url } = await startServer((_request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503).end('busy');
      else if (asked === 2) response.writeHead(200).end();
      else response.writeHead(200).flushHeaders();
    });
    const why: string[] = [];
    const connected = vi.fn();
    const stream = followEvents(async () => ({ url, headers: {} }), {
      ...quiet,
      connected,
      disconnected: (w) => why.push(w),
    });
    await expect.poll(() => connected.mock.calls.length).toBe(2);
    stream.close();
    expect(why).toEqual(['it answered 503', 'it ended the stream']);
  });
});

describe('a question', () => {
  it.each([
    ['before the answer’s head', () => {}],
    [
      'in the middle of the answer',
      (_request: unknown, response: Parameters<RequestListener>[1]) => {
        response.writeHead(200).write('{"half":');
      },
    ],
  ] as const)('to one that hangs %s ends in time', async (_when, answer) => {
    const { url, sockets } = await startServer(answer);
    const asked = ask(url, { method: 'GET', headers: {} }, 200);
    const refused = expect(asked).rejects.toThrow('no answer in 200 ms');
    await expect.poll(() => sockets.size).toBe(1);
    collectGarbage();
    await refused;
    await expect.poll(() => sockets.size).toBe(0);
  });
});
