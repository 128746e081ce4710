/** Who stops in the middle of a request is cut off; who had no chance to be read is not. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { cutSlowRequests, NO_LIMITS, type RequestLimits } from '../../src/shared/slow-requests.js';

const LIMITS = { headMs: 150, wholeMs: 300, lookEveryMs: 50 };
const SOON = { timeout: 15_000 };
let server: Server;
let sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  server.closeAllConnections();
  server.close();
});

async function start(limits: RequestLimits = LIMITS): Promise<void> {
  server = createServer(NO_LIMITS, (request, response) => {
    request.resume();
    request.once('end', () => response.end('here'));
  });
  cutSlowRequests(server, limits);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function client(text: string) {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const heard = { socket, text: '', closed: false };
  socket.on('data', (part) => {
    heard.text += part;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    heard.closed = true;
  });
  sockets.push(socket);
  socket.write(text);
  return heard;
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const answers = ({ text }: { text: string }) => text.match(/HTTP\/1\.1 \d+/g);

describe('a request', () => {
  it.each([
    ['that never begins', ''],
    ['whose head never ends', 'GET / HTTP/1.1\r\nHost: a\r\n'],
    ['whose body never ends', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx'],
    [
      'whose chunks never end',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n',
    ],
  ])('%s is cut with 408', async (_, text) => {
    await start();
    const slow = client(text);
    await expect.poll(() => slow.closed, SOON).toBe(true);
    expect(answers(slow)).toEqual(['HTTP/1.1 408']);
  });

  it('that is the second of its connection is cut as well', async () => {
    await start();
    const slow = client(GET);
    await expect.poll(() => slow.text, SOON).toContain('here');
    slow.socket.write('GET / HT');
    await expect.poll(() => slow.closed, SOON).toBe(true);
    expect(answers(slow)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408']);
  });

  it('may be long in coming on a connection that is kept, and whole it is answered', async () => {
    await start();
    const kept = client(GET);
    for (let n = 1; n <= 3; n += 1) {
      await expect.poll(() => answers(kept)?.length, SOON).toBe(n);
      await new Promise((resolve) => setTimeout(resolve, 4 * LIMITS.headMs));
      kept.socket.write(GET);
    }
    await expect.poll(() => answers(kept), SOON).toEqual(Array(4).fill('HTTP/1.1 200'));
  });

  it('that lay in the kernel while this process stood still is answered', async () => {
    await start();
    // Accepted, and not yet read: so long is the turn of the loop in between.
    server.once('connection', () => setImmediate(() => standStill(10 * LIMITS.headMs)));
    const patient = client(GET);
    await expect.poll(() => answers(patient), SOON).toEqual(['HTTP/1.1 200']);
  });
});

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
