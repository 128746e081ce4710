/** The local Hub over real HTTP, before a stand-in for the real one. */
import { createServer, type IncomingMessage, type Server, request as send } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { returnedHeaders } from '../../../src/hub/local/forward.js';
import { type LocalHub, type LocalHubPorts, startLocalHub } from '../../../src/hub/local/index.js';
import { routeOf } from '../../../src/hub/local/route.js';

const RESETS_AT = Date.UTC(2026, 10, 25, 9, 30);
const ports: LocalHubPorts = {
  visitorOf: (token) =>
    /^(hf_)?pro:ann$/.test(token) ? { key: 'pro:ann', name: 'ann', tier: 'pro' } : null,
  quotaOf: async () => ({
    ...{ limitSeconds: 1500, leftSeconds: 1490.5, resetsAtMs: RESETS_AT, runs: 3, runsLimit: 10 },
  }),
  spaces: async () => [{ id: 'me/hello', url: 'http://127.0.0.1:7860' }],
};

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function hubBefore(
  answer: (request: IncomingMessage) => { status?: number; headers?: object; body?: string },
): Promise<{ hub: LocalHub; endpoint: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const real: Server = createServer((request, response) => {
    seen.push(request);
    const { status = 200, headers = {}, body = '' } = answer(request);
    response.writeHead(status, { ...headers }).end(body);
  });
  await new Promise<void>((listening) => real.listen(0, '127.0.0.1', listening));
  const address = real.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const hub = await startLocalHub(ports, { endpoint, offline: false }, 0);
  open.push(hub, { close: () => void real.close() });
  return { hub, endpoint, seen };
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('the local Hub', () => {
  it('answers a local visitor without a request to the Hub', async () => {
    const { hub, seen } = await hubBefore(() => ({}));
    const quota = await fetch(`${hub.url}/api/spaces/zero-gpu/quota`, bearer('pro:ann'));
    const resetsAt = new Date(RESETS_AT).toISOString();
    expect(await quota.json()).toEqual({
      ...{ base: 1500, current: 1490.5, resetsAt },
      runs: { used: 3, limit: 10, remaining: 7, resetsAt },
    });
    const who = await fetch(`${hub.url}/api/whoami-v2`, bearer('hf_pro:ann'));
    expect(await who.json()).toMatchObject({ name: 'ann', isPro: true });
    const space = await fetch(`${hub.url}/api/spaces/me/hello`);
    expect(await space.json()).toMatchObject({ id: 'me/hello', host: 'http://127.0.0.1:7860' });
    expect((await fetch(`${hub.url}/api/spaces/zero-gpu/quota`)).status).toBe(401);
    expect(seen).toEqual([]);
  });

  it('hands everything else on, with a real token and never with a local one', async () => {
    const { hub, endpoint, seen } = await hubBefore(() => ({ status: 404, body: 'nothing' }));
    const real = await fetch(`${hub.url}/api/whoami-v2?x=1`, bearer(`hf_${'a'.repeat(34)}`));
    expect([real.status, await real.text()]).toEqual([404, 'nothing']);
    for (const token of ['pro:ann', 'hf_pro:ann']) {
      const { headers } = bearer(token);
      await fetch(`${hub.url}/api/models?search=x`, {
        headers: { ...headers, cookie: 'zerogpu_as=pro', 'x-hf-authorization': 'Bearer pro:ann' },
      });
    }
    expect(seen.map(({ url }) => url)).toEqual([
      '/api/whoami-v2?x=1',
      '/api/models?search=x',
      '/api/models?search=x',
    ]);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer hf_${'a'.repeat(34)}`,
      undefined,
      undefined,
    ]);
    expect(JSON.stringify(seen.slice(1).map(({ rawHeaders }) => rawHeaders))).not.toContain('pro');
    expect(seen.map(({ headers }) => `http://${headers.host}`)).toEqual(Array(3).fill(endpoint));
  });

  it('follows no redirect itself, and leads those to the endpoint back here', async () => {
    const { hub, endpoint } = await hubBefore(({ url }) => ({
      status: 302,
      headers: { location: url === '/away' ? 'http://127.0.0.2:9/x' : `${endpoint}/next?a=1` },
    }));
    const moved = await fetch(`${hub.url}/near`, { redirect: 'manual' });
    expect(moved.headers.get('location')).toBe(`${hub.url}/next?a=1`);
    const away = await fetch(`${hub.url}/away`, { redirect: 'manual' });
    expect(away.headers.get('location')).toBe('http://127.0.0.2:9/x');
  });

  it('passes bodies on in both directions', async () => {
    const { hub } = await hubBefore(() => ({ body: 'x'.repeat(300_000) }));
    const answer = await fetch(`${hub.url}/api/x`, { method: 'POST', body: 'y'.repeat(300_000) });
    expect((await answer.text()).length).toBe(300_000);
  });

  it('says 503 offline, where no answer comes, and where it would ask itself', async () => {
    const dead = 'http://127.0.0.1:9';
    for (const [offline, word] of [
      [true, 'HF_HUB_OFFLINE'],
      [false, "can't be reached"],
    ] as const) {
      const hub = await startLocalHub(ports, { endpoint: dead, offline }, 0);
      open.push(hub);
      const answer = await fetch(`${hub.url}/api/models`);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: expect.stringContaining(word) });
      expect(answer.headers.get('x-error-message')).toContain(word);
    }
  });

  it('says 503 when the allocator does not answer', async () => {
    const broken = { ...ports, quotaOf: () => Promise.reject(new Error('gone')) };
    const hub = await startLocalHub(broken, { endpoint: 'http://127.0.0.1:9', offline: false }, 0);
    open.push(hub);
    const answer = await fetch(`${hub.url}/api/spaces/zero-gpu/quota`, bearer('pro:ann'));
    expect(answer.status).toBe(503);
  });

  it('is not to be reached by a name that somebody else points here', async () => {
    const { hub } = await hubBefore(() => ({}));
    const status = await new Promise((resolve, reject) => {
      const asked = send(`${hub.url}/api/whoami-v2`, { headers: { host: 'evil.example' } });
      asked.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect(status).toBe(403);
  });
});

describe('what is not for the local Hub', () => {
  const real = `hf_${'a'.repeat(34)}`;

  it('is refused: a page of another site', async () => {
    const { hub, seen } = await hubBefore(() => ({}));
    for (const origin of ['http://evil.example', 'null']) {
      const answer = await fetch(`${hub.url}/api/models`, { headers: { origin } });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toEqual({ error: 'Not for pages of other sites.' });
    }
    const own = { headers: { origin: 'http://localhost:5173' } };
    expect((await fetch(`${hub.url}/api/models`, own)).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  it('is refused: an address that would lead elsewhere once it stands behind the endpoint', async () => {
    const { hub, seen } = await hubBefore(() => ({}));
    const elsewhere = createServer((request, response) => {
      seen.push(request);
      response.end();
    });
    await new Promise<void>((listening) => elsewhere.listen(0, '127.0.0.1', listening));
    open.push({ close: () => void elsewhere.close() });
    const { port } = elsewhere.address() as AddressInfo;
    for (const target of [`*@127.0.0.1:${port}/x`, `http://127.0.0.1:${port}/x`]) {
      const heard = await new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(Number(new URL(hub.url).port), '127.0.0.1', () => {
          const head = ['Host: localhost', `Authorization: Bearer ${real}`, 'Connection: close'];
          socket.write(`GET ${target} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
        });
        socket.on('data', (part) => {
          text += part;
        });
        socket.on('close', () => resolve(text));
      });
      expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(seen).toEqual([]);
  });
});

describe('a token that is not the Hub’s', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const latin = (text: string) => Buffer.from(text).toString('latin1');

  it.each([
    ['of other letters', `Bearer ${latin('pro:ünï')}`],
    ['with a colon', 'Bearer someone:else'],
    ['misspelt', 'Bearer pro:ann:x'],
    ['as a password', basic('user:pro:bob')],
  ])('%s is refused, and never handed on', async (_, authorization) => {
    const { hub, seen } = await hubBefore(() => ({}));
    const answer = await fetch(`${hub.url}/api/models`, { headers: { authorization } });
    expect(answer.status).toBe(401);
    expect(seen).toEqual([]);
  });

  it.each([
    ['two words', 'Bearer pro:ann lee'],
    ['another scheme', 'Token pro:ann'],
    ['none', 'pro:ann'],
    ['none, of other letters', latin('pro:ünï')],
    ['a password of ours', basic('user:pro:ann')],
    ['a password of other letters', basic('user:ünï')],
  ])('in a header with %s is not handed on', async (_, authorization) => {
    const { hub, seen } = await hubBefore(() => ({}));
    await fetch(`${hub.url}/api/models`, { headers: { authorization } });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('but could be continues as it came, a password too', async () => {
    const { hub, seen } = await hubBefore(() => ({}));
    const headers = [`Bearer hf_${'a'.repeat(34)}`, basic(`user:hf_${'a'.repeat(34)}`)];
    for (const authorization of headers)
      await fetch(`${hub.url}/api/x`, { headers: { authorization } });
    expect(seen.map((one) => one.headers.authorization)).toEqual(headers);
  });
});

describe('routes and addresses', () => {
  it('knows what it is asked for', () => {
    expect(routeOf('GET', '/api/spaces/zero-gpu/quota?x')).toEqual({ kind: 'quota' });
    expect(routeOf('GET', '/api/spaces/me/hello?expand=host')).toEqual({
      kind: 'space',
      id: 'me/hello',
    });
    expect(routeOf('GET', '/api/spaces/me%2Fhello/runtime')).toEqual({
      kind: 'runtime',
      id: 'me/hello',
    });
    expect(routeOf('GET', '/api/spaces/me/hello/revision/HEAD').kind).toBe('space');
    expect(routeOf('POST', '/api/spaces/me/hello')).toEqual({ kind: 'other' });
    expect(routeOf('GET', '/api/spaces/me/hello/secrets')).toEqual({ kind: 'other' });
  });

  it('changes the endpoint in Link and Location, and no host that only begins like it', () => {
    const change = (link: string) =>
      returnedHeaders({ link }, 'https://hub.co', 'http://l')['link'];
    expect(change('<https://hub.co/api?c=1>; rel="next"')).toBe('<http://l/api?c=1>; rel="next"');
    expect(change('<https://hub.com/x>')).toBe('<https://hub.com/x>');
    expect(change('<https://hub.co.uk/x>, <https://hub.co/y>')).toBe(
      '<https://hub.co.uk/x>, <http://l/y>',
    );
  });
});
