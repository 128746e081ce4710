import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createHttpApi, type Guard, type HttpApi } from '../../../src/allocator/server/http.js';
import { listenOrExplain } from '../../../src/shared/listen.js';

let api: HttpApi;
let errors: unknown[];
let port: number;

const everybody: Guard = () => true;

async function start(guard: Guard = everybody): Promise<HttpApi> {
  errors = [];
  api = createHttpApi(guard, (error) => errors.push(error));
  const listening = await listenOrExplain(api.server, {
    host: '127.0.0.1',
    port: 0,
    explicit: true,
  });
  port = listening.port;
  return api;
}

interface Heard {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

function ask(method: string, path: string, headers = {}, body = ''): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** All that the server says on one connection, until it closes it. */
function sayRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (part) => {
      heard += part.toString('latin1');
    });
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
  });
}

afterEach(() => api.close());

describe('a request', () => {
  it('finds its route by method and path, and brings its query', async () => {
    const http = await start();
    http.on('GET', '/size', ({ query }, reply) => reply.send(200, { n: query['n'] }));
    const answer = await ask('GET', '/size?n=4&n=5');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(answer.body)).toEqual({ n: ['4', '5'] });
    expect((await ask('POST', '/size')).status).toBe(404);
    expect((await ask('GET', '/sizes')).status).toBe(404);
  });

  it('answers HEAD as GET, without the body', async () => {
    const http = await start();
    http.on('GET', '/size', (_request, reply) => reply.send(200, 12));
    const answer = await ask('HEAD', '/size');
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers['content-length']).toBe('2');
  });

  it('brings the decoded parts of its path', async () => {
    const http = await start();
    http.on('POST', '/visitors/:visitor/tier', ({ params }, reply) => reply.send(200, params));
    const answer = await ask('POST', '/visitors/pro%3Aann%2F1/tier');
    expect(JSON.parse(answer.body)).toEqual({ visitor: 'pro:ann/1' });
    expect((await ask('POST', '/visitors//tier')).status).toBe(404);
    expect((await ask('POST', '/visitors/%E0%A4%A/tier')).status).toBe(400);
    expect(errors).toEqual([]);
  });

  it('is taken with a small body, and refused with a long one, whatever its length claims', async () => {
    const http = await start();
    let handled = 0;
    http.on('POST', '/release', (_request, reply) => {
      handled += 1;
      reply.send(200);
    });
    const typed = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask('POST', '/release', typed, 'a=1')).status).toBe(200);
    const chunk = `${(2_000).toString(16)}\r\n${'x'.repeat(2_000)}\r\n`;
    const head = 'POST /release HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await sayRaw(`${head}${chunk}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
    expect(handled).toBe(1);
  });

  it('that is not HTTP at all gets that answer', async () => {
    await start();
    expect(await sayRaw('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a guard', () => {
  it('is asked before the body is read, and its answer is the only one', async () => {
    let handled = 0;
    const http = await start(({ headers }, reply) => {
      if (headers.origin === undefined) return true;
      reply.send(403, { detail: 'no' });
      return false;
    });
    http.on('POST', '/release', (_request, reply) => {
      handled += 1;
      reply.send(200);
    });
    expect((await ask('POST', '/release', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask('POST', '/release')).status).toBe(200);
    expect(handled).toBe(1);
  });

  it('of a route is asked for that route alone', async () => {
    const http = await start();
    http.on('GET', '/open', (_request, reply) => reply.send(200));
    http.on(
      'GET',
      '/closed',
      (_request, reply) => reply.send(200),
      (_request, reply) => {
        reply.send(401);
        return false;
      },
    );
    expect((await ask('GET', '/open')).status).toBe(200);
    expect((await ask('GET', '/closed')).status).toBe(401);
  });
});

describe('a handler', () => {
  it('that can’t read its query is a 400 with the reason, and nothing is logged', async () => {
    const http = await start();
    const query = z.object({ n: z.coerce.number() });
    http.on('GET', '/n', (request, reply) => reply.send(200, query.parse(request.query)));
    http.on('GET', '/later', async (request, reply) =>
      reply.send(200, await query.parseAsync(request.query)),
    );
    for (const path of ['/n?n=x', '/later?n=x']) {
      const answer = await ask('GET', path);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body).detail).toContain('expected number');
    }
    expect(errors).toEqual([]);
  });

  it('that throws, now or later, is a 500 and its error is reported', async () => {
    const http = await start();
    http.on('GET', '/now', () => {
      throw new Error('a bug');
    });
    http.on('GET', '/later', async () => {
      await Promise.resolve();
      throw new Error('a bug');
    });
    expect((await ask('GET', '/now')).status).toBe(500);
    expect((await ask('GET', '/later')).status).toBe(500);
    expect(errors).toEqual([new Error('a bug'), new Error('a bug')]);
  });

  it('answers once: what it says after that is dropped', async () => {
    const http = await start();
    http.on('GET', '/twice', (_request, reply) => {
      reply.send(204);
      reply.send(500, { detail: 'too late' });
    });
    expect(await ask('GET', '/twice')).toMatchObject({ status: 204, body: '' });
  });

  it('hears that its client has gone before the answer, and not after it', async () => {
    const http = await start();
    const gone: string[] = [];
    let release = () => {};
    const left = new Promise<void>((resolve) => {
      release = resolve;
    });
    http.on('GET', '/slow', (_request, reply) =>
      reply.onClientGone(() => {
        gone.push(`slow ${reply.isClientGone}`);
        release();
      }),
    );
    http.on('GET', '/quick', (_request, reply) => {
      reply.onClientGone(() => gone.push('quick'));
      reply.send(200);
    });
    await ask('GET', '/quick');
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n', () => socket.destroy()),
    );
    await left;
    expect(gone).toEqual(['slow true']);
  });

  it('leaves nothing on a connection that brings many requests, and hears of the last one', async () => {
    const http = await start();
    const connections: Socket[] = [];
    http.server.on('connection', (socket) => connections.push(socket));
    const gone: string[] = [];
    const heard = new Promise<void>((resolve) => {
      http.on('POST', '/schedule', ({ query }, reply) => {
        reply.onClientGone(() => {
          gone.push(String(query['n']));
          resolve();
        });
        reply.send(200, {});
      });
    });
    const client = connect(port, '127.0.0.1');
    const listeners: (number | undefined)[] = [];
    for (let n = 1; n <= 50; n += 1) {
      client.write(`POST /schedule?n=${n} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await once(client, 'data');
      listeners.push(connections[0]?.listenerCount('close'));
    }
    expect(new Set(listeners)).toEqual(new Set([listeners[0]]));
    client.resetAndDestroy();
    await heard;
    expect(gone).toEqual(['50']);
  });
});

describe('closing', () => {
  it('cuts whoever still waits, and is done', async () => {
    const http = await start();
    let asked = () => {};
    const waiting = new Promise<void>((resolve) => {
      asked = resolve;
    });
    http.on('GET', '/forever', () => asked());
    const answer = ask('GET', '/forever').catch((error: Error) => error);
    await waiting;
    await http.close();
    expect(await answer).toBeInstanceOf(Error);
  });

  it('is nothing for a server that never listened', async () => {
    await start();
    const other = createHttpApi(everybody, () => {});
    await expect(other.close()).resolves.toBeUndefined();
  });
});
