/** Who a request's visitor is, and what a client can't say about itself. */
import { lookup } from 'node:dns/promises';
import { connect, createServer } from 'node:net';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/allocator/core/types.js';
import { createVisitorTokens } from '../../src/allocator/server/visitor-tokens.js';
import { systemClock } from '../../src/shared/clock.js';
import {
  type AskOptions,
  ask,
  askHead,
  type EchoedHead,
  echoHead,
  gatewayBefore,
  tokens,
} from '../support/gateway/index.js';

const ADA: Visitor = { key: 'free:ada', tier: 'free', hasToken: true };
const LIN: Visitor = { key: 'pro:lin', tier: 'pro', hasToken: true };
const PRO: Visitor = { key: 'pro', tier: 'pro', hasToken: true };
const SOMEBODY: Visitor = { key: 'anonymous:127.0.0.1', tier: 'anonymous', hasToken: true };

/** The visitor that the app received, as the allocator would verify it. */
async function visitorOf(head: EchoedHead): Promise<Visitor | string> {
  const verdict = await tokens.verify(head.headers['x-ip-token'] ?? '');
  return verdict.status === 'valid' ? verdict.visitor : verdict.status;
}

const askVisitor = async (url: string, options: AskOptions = {}) =>
  visitorOf(await askHead(url, options));

describe('the token for the app', () => {
  it('has what a client calls itself, which the app does not see, and nothing that is not a name', async () => {
    const { url } = await gatewayBefore(echoHead);
    const head = await askHead(url, { headers: { 'x-zerogpu-client': 'call-1' } });
    expect(await visitorOf(head)).toEqual({ ...SOMEBODY, client: 'call-1' });
    expect(head.headers['x-zerogpu-client']).toBeUndefined();
    expect(await askVisitor(url, { headers: { 'x-zerogpu-client': 'call-2' } })).toMatchObject({
      client: 'call-2',
    });
    expect(await askVisitor(url, { headers: { 'x-zerogpu-client': 'a b' } })).toEqual(SOMEBODY);
    expect(await askVisitor(url)).toEqual(SOMEBODY);
  });

  it('names its request where calls are traced, with the span that it continues', async () => {
    const { url } = await gatewayBefore(echoHead, { isTraced: true });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const post = (headers: Record<string, string> = {}) =>
      askVisitor(url, { method: 'POST', headers: { 'content-length': '0', ...headers } });
    expect(await post({ traceparent })).toEqual({
      ...SOMEBODY,
      request: { atMs: expect.any(Number), traceparent },
    });
    for (const wrong of ['', 'a-b-c', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`]) {
      expect(await post({ traceparent: wrong })).toMatchObject({ request: { traceparent: null } });
    }
    // What brings no call shares one token.
    expect(await askVisitor(url, { headers: { traceparent } })).toEqual(SOMEBODY);
    expect(
      await askVisitor((await gatewayBefore(echoHead)).url, { headers: { traceparent } }),
    ).toEqual(SOMEBODY);
  });

  it('is one that the allocator verifies, of the visitor of --as when none is named', async () => {
    const { url } = await gatewayBefore(echoHead);
    expect(await askVisitor(url)).toEqual(SOMEBODY);
    const other = await gatewayBefore(echoHead, { defaultVisitor: { tier: 'pro', name: 'lin' } });
    expect(await askVisitor(other.url)).toEqual(LIN);
  });

  it.each([
    ['of an unknown signer', () => 'not.a.token'],
    ['of another secret', () => createVisitorTokens(new Uint8Array(32), systemClock).sign(LIN)],
    ['without a signature', () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"pro:lin"}')}.`],
  ])('takes the place of one %s', async (_, forge) => {
    const { url } = await gatewayBefore(echoHead);
    const headers = { 'x-ip-token': await forge() };
    expect(await askVisitor(url, { headers })).toEqual(SOMEBODY);
  });

  it('stays when it is the allocator’s own: a Space passes its visitor on to another', async () => {
    const { url } = await gatewayBefore(echoHead);
    const token = await tokens.sign(LIN);
    const { headers } = await askHead(url, { headers: { 'x-ip-token': token } });
    expect(headers['x-ip-token']).toBe(token);
  });
});

describe('a visitor is named by', () => {
  it.each([
    ['authorization', 'Bearer free:ada', ADA],
    ['authorization', 'bearer pro', PRO],
    ['x-hf-authorization', 'Bearer pro:lin', LIN],
    ['authorization', 'Bearer hf_pro:lin', LIN],
    ['cookie', 'a=1; zerogpu_as=free%3Aada', ADA],
  ])('the header %s: %s', async (name, value, visitor) => {
    const { url } = await gatewayBefore(echoHead);
    const head = await askHead(url, { headers: { [name]: value } });
    expect(await visitorOf(head)).toEqual(visitor);
    expect(head.headers['authorization']).toBeUndefined();
    expect(head.headers['x-hf-authorization']).toBeUndefined();
    expect(head.headers['cookie']).toBe(name === 'cookie' ? 'a=1' : undefined);
  });

  it('?as=, which the page’s later requests keep by a cookie', async () => {
    const { url } = await gatewayBefore(echoHead);
    const page = await ask(`${url}/?as=pro:lin`);
    const [cookie = ''] = page.headers['set-cookie'] ?? [];
    expect(cookie).toBe('zerogpu_as=pro%3Alin; Path=/; SameSite=Lax; HttpOnly');
    expect(await visitorOf(JSON.parse(page.text))).toEqual(LIN);
    const later = await ask(`${url}/config`, { headers: { cookie: cookie.split(';')[0] } });
    expect(await visitorOf(JSON.parse(later.text))).toEqual(LIN);
    expect(later.headers['set-cookie']).toBeUndefined();
  });

  it('?as= before a header, and a header before the cookie', async () => {
    const { url } = await gatewayBefore(echoHead);
    const headers = { authorization: 'Bearer free:ada', cookie: 'zerogpu_as=pro' };
    expect(await askVisitor(`${url}/?as=pro%3Alin`, { headers })).toEqual(LIN);
    expect(await askVisitor(url, { headers })).toEqual(ADA);
    expect(await askVisitor(url, { headers: { cookie: headers.cookie } })).toEqual(PRO);
  });
});

describe('the address', () => {
  it.each([
    ['/?as=pro', '/'],
    ['/?as=pro&x=1', '/?x=1'],
    ['/p?x=%20+&as=pro&y=', '/p?x=%20+&y='],
    ['/?as=', '/'],
    ['/?has=pro&alias', '/?has=pro&alias'],
  ])('%s reaches the app as %s', async (asked, reached) => {
    const { url } = await gatewayBefore(echoHead);
    expect((await askHead(url + asked)).url).toBe(reached);
  });

  it('keeps the app’s own cookies beside the visitor’s', async () => {
    const { url } = await gatewayBefore((_, response) => {
      response.setHeader('set-cookie', ['app=1', 'b=2']).end();
    });
    const { headers } = await ask(`${url}/?as=free`);
    expect(headers['set-cookie']).toEqual(['app=1', 'b=2', expect.stringMatching(/^zerogpu_as=/)]);
  });
});

describe('names without an owner', () => {
  it('are refused in ?as=, with what a name looks like', async () => {
    const asked: string[] = [];
    const { url } = await gatewayBefore((incoming) => void asked.push(incoming.url ?? ''));
    for (const name of ['prp', 'free:', 'free:a%20b', 'pro:lin:x', 'free:../x']) {
      const answer = await ask(`${url}/?as=${name}`);
      expect(answer.status, name).toBe(400);
      expect(answer.text).toMatch(
        /^\?as=\S.* is not a visitor\. A visitor is anonymous, free, pro, team or enterprise/,
      );
    }
    expect(asked).toEqual([]);
  });

  it('are those of tiers that the platform does not have', async () => {
    const { url } = await gatewayBefore(echoHead, { tiers: ['anonymous', 'free', 'pro'] });
    const answer = await ask(`${url}/?as=team:ann`);
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(
      '?as=team:ann is not a visitor. A visitor is anonymous, free or pro, or one of them with a name: free:ada, pro:lin.\n',
    );
    const byToken = await ask(url, { headers: { authorization: 'Bearer team:ann' } });
    expect(byToken.status).toBe(400);
    expect(byToken.text).toMatch(/^the token team:ann is not a visitor\./);
  });

  it('count for nothing elsewhere', async () => {
    const { url } = await gatewayBefore(echoHead);
    for (const headers of [
      { authorization: 'Bearer nobody' },
      { authorization: 'Basic cHJvOng=' },
      { 'x-hf-authorization': 'Bearer nobody' },
      { cookie: 'zerogpu_as=nobody' },
      { cookie: 'zerogpu_as=%E0%A4%A' },
    ]) {
      expect(await askVisitor(url, { headers }), JSON.stringify(headers)).toEqual(SOMEBODY);
    }
  });

  it('stay the app’s own when they may be meant for it, but no account’s token does', async () => {
    const { url } = await gatewayBefore(echoHead);
    const headerOf = async (value: string) =>
      (await askHead(url, { headers: { authorization: value } })).headers['authorization'];
    expect(await headerOf('Bearer of-the-app')).toBe('Bearer of-the-app');
    expect(await headerOf('Basic cHJvOng=')).toBe('Basic cHJvOng=');
    for (const token of ['Bearer hf_abcdef', 'hf_abcdef', 'token hf_abcdef', 'Bearer  hf_a b']) {
      expect(await headerOf(token), token).toBeUndefined();
    }
  });
});

describe('what a client says of its way here', () => {
  it('is replaced by what the gateway sees', async () => {
    const { url, port } = await gatewayBefore(echoHead);
    const forged = Object.fromEntries(
      ['for', 'host', 'proto', 'port'].map((name) => [`x-forwarded-${name}`, 'evil.example']),
    );
    const { headers } = await askHead(url, { headers: { ...forged, forwarded: 'for=1.2.3.4' } });
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-proto': 'http',
    });
    expect(JSON.stringify(headers)).not.toMatch(/evil|1\.2\.3\.4/);
  });

  it('is removed under any spelling that an app could take for it', async () => {
    const { url } = await gatewayBefore(echoHead);
    const own = await tokens.sign(LIN);
    for (const name of ['X-IP-TOKEN', 'x_ip_token', 'X-Ip_Token', 'x-ip-Token']) {
      const { headers } = await askHead(url, {
        headers: { [name]: 'forged', X_Forwarded_For: '6.6.6.6' },
      });
      expect(JSON.stringify(headers)).not.toMatch(/forged|6\.6\.6\.6/);
    }
    const passed = await askHead(url, { headers: { x_ip_token: own } });
    expect(await visitorOf(passed)).toEqual(SOMEBODY);
    // Nor can the client remove ours.
    const named = await askHead(url, {
      headers: { connection: 'close, x-ip-token, x-forwarded-for' },
    });
    expect(await visitorOf(named)).toEqual(SOMEBODY);
  });

  it('cannot be said twice either', async () => {
    let head = '';
    const app = createServer((socket) => {
      socket.on('data', (part) => {
        head += part;
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      });
    });
    const { port } = await gatewayBefore(app);
    const socket = connect(port, '127.0.0.1').resume();
    const own = await tokens.sign(LIN);
    socket.write(
      `GET / HTTP/1.1\r\nHost: localhost\r\nX-IP-Token: ${own}\r\nx-ip-token: x\r\n\r\n`,
    );
    await expect.poll(() => head).toContain('x-forwarded-proto');
    socket.destroy();
    const sent = [...head.matchAll(/^x-ip-token: (.*)\r$/gim)].map(([, token]) => token ?? '');
    expect(sent).toHaveLength(1);
    expect(await tokens.verify(sent[0] ?? '')).toMatchObject({ visitor: SOMEBODY });
  });
});

/** Where this machine's own name leads, on many to 127.0.1.1. */
const own = await lookup(hostname(), 4).then(
  ({ address }) => address,
  () => '',
);
const ownNameIsLocal = own.startsWith('127.');

describe('a web page', () => {
  const asked = (origin: string, more = {}) => ({ headers: { origin, ...more } });

  it('of another site is refused, with or without a name of its own for this machine', async () => {
    const { url } = await gatewayBefore(echoHead);
    for (const origin of ['http://evil.example', 'https://127.0.0.1.evil.example', 'null', 'x']) {
      const answer = await ask(url, { method: 'POST', ...asked(origin) });
      expect(answer.status, origin).toBe(403);
      expect(answer.text).toContain('pages of other sites');
    }
    const rebound = asked('http://evil.example', {
      host: 'evil.example',
      'sec-fetch-site': 'same-origin',
    });
    expect((await ask(url, rebound)).status).toBe(403);
  });

  it.skipIf(!ownNameIsLocal)(
    'of another site is refused where --host is a name that leads to loopback',
    async () => {
      const { port } = await gatewayBefore(echoHead, { host: hostname() });
      const at = `http://${own}:${port}`;
      const rebound = asked('http://evil.example', { host: 'evil.example' });
      expect((await ask(at, rebound)).status).toBe(403);
      expect((await ask(at, { method: 'POST', ...asked('http://evil.example') })).status).toBe(403);
      const host = `${hostname()}:${port}`;
      expect((await ask(at, asked(`http://${host}`, { host }))).status).toBe(200);
    },
  );

  it('of this machine is not, nor the Space’s own behind a proxy', async () => {
    const { url, port } = await gatewayBefore(echoHead);
    for (const origin of [`http://127.0.0.1:${port}`, 'http://localhost:5173', 'http://[::1]']) {
      expect((await ask(url, asked(origin))).status, origin).toBe(200);
    }
    const proxied = asked('https://my-workspace.example', { 'sec-fetch-site': 'same-origin' });
    expect((await ask(url, proxied)).status).toBe(200);
  });
});

describe('a request for something other than a path', () => {
  it.each(['*', 'http://evil.example/', 'x'])('%s is refused', async (path) => {
    const { port } = await gatewayBefore(echoHead);
    const heard = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`OPTIONS ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      });
      socket.once('data', (part) => resolve(part.toString()));
    });
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a token that only looks like a visitor', () => {
  it.each(['pro:\u00fcn\u00ef', 'hf_free:', 'pro:ann:x', 'PRO:-', 'pro:ann lee'])(
    'is refused and not passed to the app: %s',
    async (name) => {
      const seen: string[] = [];
      const { url } = await gatewayBefore((request, response) => {
        seen.push(String(request.headers.authorization));
        response.end();
      });
      for (const header of ['authorization', 'x-hf-authorization']) {
        const bytes = Buffer.from(name).toString('latin1');
        const answer = await ask(url, { headers: { [header]: `Bearer ${bytes}` } });
        expect(answer.status, header).toBe(400);
        expect(answer.text).toContain('is not a visitor. A visitor is');
      }
      expect(seen).toEqual([]);
    },
  );
});

describe('a login', () => {
  const ann = { tier: 'pro', name: 'ann' } as const;
  const keys: string[] = [];
  const login = () =>
    gatewayBefore(
      async (request, response) => {
        const verdict = await tokens.verify(String(request.headers['x-ip-token']));
        keys.push(verdict.status === 'valid' ? verdict.visitor.key : 'nobody');
        expect(request.headers.cookie).toBeUndefined();
        expect(request.headers.authorization).toBeUndefined();
        response.setHeader('set-cookie', 'session=x; Path=/; Secure; HttpOnly; SameSite=None');
        response.end('app');
      },
      {
        visitorOfLogin: async (token) => (token === 'hf_oauth_local_x' ? ann : null),
        login: {
          path: '/.zerogpu/login',
          async answer(_, response, { as, cookieFor }) {
            response.setHeader('set-cookie', cookieFor('pro:ann'));
            response.end(`page for ${as}`);
          },
        },
      },
    );

  it('has its page at the gateway, which says who the browser is already', async () => {
    const { url } = await login();
    const page = `${url}/.zerogpu/login?x=1`;
    expect((await ask(page)).text).toBe('page for null');
    const known = await ask(page, { headers: { cookie: 'zerogpu_as=free%3Aeve' } });
    expect(known.text).toBe('page for free:eve');
    expect(known.headers['set-cookie']).toEqual([
      'zerogpu_login=pro%3Aann; Path=/; SameSite=Lax; HttpOnly',
    ]);
    expect((await ask(`${url}/.zerogpu/login/more`)).text).toBe('app');
  });

  it('goes before an earlier ?as=, until the next one and until logging out', async () => {
    keys.length = 0;
    const { url } = await login();
    const cookie = 'zerogpu_as=free; zerogpu_login=pro%3Aann';
    await ask(url, { headers: { cookie } });
    const chosen = await ask(`${url}/?as=free:eve`, { headers: { cookie } });
    expect(chosen.headers['set-cookie']).toContainEqual(
      expect.stringMatching(/^zerogpu_login=;.*Max-Age=0/),
    );
    const out = await ask(`${url}/gradio/logout?x=1`, { headers: { cookie } });
    expect(out.headers['set-cookie']).toContainEqual(
      expect.stringMatching(/^zerogpu_login=;.*Max-Age=0/),
    );
    expect(keys).toEqual(['pro:ann', 'free:eve', 'pro:ann']);
  });

  it('names its visitor by its access token, which stays with the gateway', async () => {
    keys.length = 0;
    const { url } = await login();
    for (const header of ['authorization', 'x-hf-authorization']) {
      await ask(url, { headers: { [header]: 'Bearer hf_oauth_local_x' } });
    }
    expect(keys).toEqual(['pro:ann', 'pro:ann']);
  });

  it('keeps the cookie of its app, which the platform sends over TLS', async () => {
    const { url } = await login();
    const { headers } = await ask(url);
    expect(headers['set-cookie']).toEqual(['session=x; Path=/; HttpOnly; SameSite=Lax']);
  });
});

describe('a tab of its own', () => {
  it('is this visitor by its address, and changes no other tab', async () => {
    const { url } = await gatewayBefore(echoHead);
    const page = await ask(`${url}/?as_tab=pro:lin`);
    expect(page.headers['set-cookie']).toBeUndefined();
    const head = await askHead(`${url}/?as_tab=pro:lin&x=1`);
    expect([head.url, await visitorOf(head)]).toEqual(['/?x=1', LIN]);
  });

  it.each([
    ['/?as_tab=pro%3Alin', LIN],
    ['/?__theme=dark&as=free:ada', ADA],
    ['/?as=nobody', SOMEBODY],
    ['/', SOMEBODY],
  ])('stays who it is when its page %s asks', async (page, visitor) => {
    const { url } = await gatewayBefore(echoHead);
    expect(await askVisitor(`${url}/queue/join`, { headers: { referer: url + page } })).toEqual(
      visitor,
    );
  });

  it('counts before the cookies of other tabs, and after a token', async () => {
    const { url } = await gatewayBefore(echoHead);
    const referer = `${url}/?as_tab=pro:lin`;
    const cookie = 'zerogpu_as=free; zerogpu_login=free%3Aeve';
    expect(await askVisitor(url, { headers: { referer, cookie } })).toEqual(LIN);
    const authorization = 'Bearer free:ada';
    expect(await askVisitor(url, { headers: { referer, authorization } })).toEqual(ADA);
  });

  it('is not what a page of another origin says', async () => {
    const { url } = await gatewayBefore(echoHead);
    for (const origin of ['http://evil.example', 'http://127.0.0.1:1', 'no address']) {
      const headers = { referer: `${origin}/?as=pro:lin` };
      expect(await askVisitor(url, { headers })).toEqual(SOMEBODY);
    }
  });

  it('has links on a page beside the Space, which holds nothing else', async () => {
    const { url } = await gatewayBefore(echoHead, { tiers: ['anonymous', 'free'] });
    for (const path of ['/_zerogpu', '/_zerogpu/?as_tab=free:ada']) {
      const { status, text, headers } = await ask(url + path);
      expect(status).toBe(200);
      expect(text).toContain('href="/?as_tab=free');
      expect(text).not.toMatch(/as_tab=pro|<script/);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
    }
    expect((await ask(`${url}/_zerogpux`)).text).not.toContain('as_tab');
  });

  it('the session of the console reaches no app', async () => {
    const { url } = await gatewayBefore(echoHead);
    const headers = { cookie: 'a=1; zerogpu_console=1.2.3; b=2; zerogpu_as=free' };
    expect((await askHead(url, { headers })).headers['cookie']).toBe('a=1; b=2');
  });
});
