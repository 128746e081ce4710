/** Bodies that stop, drip, or come as they should. */

import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BODY_BEGINS, BODY_LIMITS, isTooSlow, paceAfter } from '../../src/gateway/slow-body.js';
import { ask, gatewayBefore, type Handler } from '../support/gateway/index.js';

const LIMITS = { silentMs: 300, bytesPerSecond: 100, lookEveryMs: 50 };
const SOON = { timeout: 15_000 };

/** Reads a body and answers with its length. */
const length: Handler = (request, response) => {
  let bytes = 0;
  request.on('data', (part) => {
    bytes += part.length;
  });
  request.on('end', () => response.end(String(bytes)));
  request.on('error', () => {});
};

function client(port: number, head: string) {
  const socket = connect(port, '127.0.0.1');
  const state = { socket, text: '', closed: false };
  socket.on('data', (part) => {
    state.text += part;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    state.closed = true;
  });
  socket.write(`POST /upload HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n`);
  onTestFinished(() => void socket.destroy());
  return state;
}

describe('a body', () => {
  it.each([
    ['of a said length', 'Content-Length: 100'],
    ['in chunks', 'Transfer-Encoding: chunked'],
    [
      'whose client would also speak HTTP/2',
      'Content-Length: 9\r\nConnection: Upgrade\r\nUpgrade: h2c',
    ],
  ])('%s that never ends is cut with 408, and others are served', async (_, head) => {
    const left: string[] = [];
    const { port, url } = await gatewayBefore(
      (request, response) => {
        request.on('aborted', () => left.push('aborted'));
        length(request, response);
      },
      { bodyLimits: LIMITS },
    );
    const stuck = client(port, head);
    expect((await ask(url, { method: 'POST', body: Buffer.alloc(5) })).text).toBe('5');
    await expect.poll(() => stuck.closed, SOON).toBe(true);
    expect(stuck.text).toMatch(/^HTTP\/1\.1 408 /);
    await expect.poll(() => left, SOON).toEqual(['aborted']);
  });

  it('leaves nothing on its connection, which may bring thousands', async () => {
    const warnings: string[] = [];
    const listen = ({ name }: Error) => void warnings.push(name);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const { port } = await gatewayBefore(length, { bodyLimits: LIMITS });
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    for (let n = 0; n < 30; n += 1) {
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx');
      await once(socket, 'data');
    }
    expect(warnings).toEqual([]);
  });

  it('that drips is cut, although it is never silent', async () => {
    const { port } = await gatewayBefore(length, { bodyLimits: LIMITS });
    const slow = client(port, 'Content-Length: 1000000');
    const drip = setInterval(() => slow.socket.write('x'), 60);
    onTestFinished(() => clearInterval(drip));
    await expect.poll(() => slow.closed, SOON).toBe(true);
    expect(slow.text).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('that never ends is cut although the app has answered', async () => {
    const { port } = await gatewayBefore((_, response) => void response.end('early'), {
      bodyLimits: LIMITS,
    });
    const stuck = client(port, 'Content-Length: 100');
    await expect.poll(() => stuck.text, SOON).toContain('early');
    await expect.poll(() => stuck.closed, SOON).toBe(true);
    expect(stuck.text).not.toContain('408');
  });

  it('that the app does not read is not its client’s fault', async () => {
    const size = 30_000_000;
    const { url } = await gatewayBefore(
      (request, response) => void setTimeout(() => length(request, response), 1_500),
      { bodyLimits: LIMITS },
    );
    const answer = await ask(url, { method: 'POST', body: Buffer.alloc(size) });
    expect(answer.text).toBe(String(size));
  });
});

describe('the pace', () => {
  it('lets pass whatever comes at twice the least, in whatever pieces', () => {
    const seconds = fc.array(fc.integer({ min: 200, max: 1_000_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(seconds, (pieces) => {
        let [pace, bytes] = [BODY_BEGINS, 0];
        for (const piece of pieces) {
          bytes += piece;
          pace = paceAfter(pace, bytes, 1_000, false);
          expect(isTooSlow(pace, BODY_LIMITS)).toBe(false);
        }
      }),
    );
  });

  it('ends whatever comes at half the least', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 100 }), (pieces) => {
        let [pace, bytes] = [BODY_BEGINS, 0];
        for (const piece of pieces) {
          bytes += piece;
          pace = paceAfter(pace, bytes, 1_000, false);
        }
        expect(isTooSlow(pace, BODY_LIMITS)).toBe(true);
      }),
    );
  });
});
