/** The provider of a Space's login: what it gives, to whom, and what it refuses. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startLocalHub } from '../../../src/hub/local/index.js';
import { loginApp, loginEnvironment, loginWish } from '../../../src/hub/login/app.js';
import {
  createAccessTokens,
  createLoginProvider,
  type LoginVisitor,
} from '../../../src/hub/login/index.js';
import { type LoginRequest, readLoginRequest, returnTo } from '../../../src/hub/login/request.js';
import type { Clock } from '../../../src/shared/clock.js';

const ANN: LoginVisitor = { as: 'pro:ann', tier: 'pro', username: 'ann' };
const HOST = '127.0.0.1:7860';
const CALLBACK = `https://${HOST}/login/callback?_target_url=%2F`;
const wish = loginWish((key) => ({ hf_oauth: true, hf_oauth_scopes: ['email'] })[key]) ?? {
  scopes: [],
  lifetimeSeconds: 0,
};
const app = loginApp(wish, 'me/hello', new Uint8Array(32).fill(1));

function clockAt(startMs: number) {
  const state = { ms: startMs };
  const clock: Clock = {
    now: () => ({ wallMs: state.ms, monotonicMs: state.ms }),
    after: () => ({ cancel() {} }),
  };
  const later = (ms: number) => {
    state.ms += ms;
  };
  return { clock, later };
}

function provider() {
  // jose and the hub's whoami look at the real clock as well.
  const time = clockAt(Date.now());
  const tokens = createAccessTokens(new Uint8Array(32).fill(2));
  return { ...time, provider: createLoginProvider(app, tokens, time.clock) };
}

const query = (change: Readonly<Record<string, string | undefined>> = {}) => {
  const all = {
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
    state: 'st',
    nonce: 'no',
    ...change,
  };
  const said = Object.entries(all).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return new URLSearchParams(said);
};
const read = (change: Readonly<Record<string, string | undefined>> = {}) =>
  readLoginRequest(query(change), app, (host) => host === HOST);

function good(change: Readonly<Record<string, string | undefined>> = {}): LoginRequest {
  const reading = read(change);
  if (reading.kind !== 'good') throw new Error(JSON.stringify(reading));
  return reading.request;
}

const form = (code: string, change: Readonly<Record<string, string>> = {}) =>
  new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    ...change,
  });
const basic = (id = app.clientId, secret = app.clientSecret) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const ISSUER = 'http://127.0.0.1:7870';

async function jsonOf(answer: Response | Promise<Response>): Promise<Record<string, unknown>> {
  return (await (await answer).json()) as Record<string, unknown>;
}

describe('what a Space asks for', () => {
  it('is a login where hf_oauth is true, with openid and profile first', () => {
    expect(loginWish(() => undefined)).toBeNull();
    expect(loginWish((key) => (key === 'hf_oauth' ? 'true' : undefined))).toBeNull();
    expect(wish).toEqual({ scopes: ['openid', 'profile', 'email'], lifetimeSeconds: 28_800 });
    const longer = loginWish(
      (key) => ({ hf_oauth: true, hf_oauth_expiration_minutes: 99_999 })[key],
    );
    expect(longer).toEqual({ scopes: ['openid', 'profile'], lifetimeSeconds: 2_592_000 });
    const odd = loginWish((key) => ({ hf_oauth: true, hf_oauth_scopes: ['a b', 1, 'email'] })[key]);
    expect(odd?.scopes).toEqual(['openid', 'profile', 'email']);
  });

  it('is the same client from run to run, and another for another Space', () => {
    const again = loginApp(wish, 'me/hello', new Uint8Array(32).fill(1));
    expect(again).toEqual(app);
    const other = loginApp(wish, 'me/other', new Uint8Array(32).fill(1));
    expect(other.clientSecret).not.toBe(app.clientSecret);
    expect(loginEnvironment(app, ISSUER)).toEqual({
      OAUTH_CLIENT_ID: app.clientId,
      OAUTH_CLIENT_SECRET: app.clientSecret,
      OAUTH_SCOPES: 'openid profile email',
      OPENID_PROVIDER_URL: ISSUER,
    });
  });
});

describe('a request for a code', () => {
  it('may name any path of its Space, by either scheme', () => {
    expect(read()).toMatchObject({ kind: 'good', request: { state: 'st', nonce: 'no' } });
    expect(good({ redirect_uri: `http://${HOST}/any/path?x=1` }).returnPath).toBe('/any/path?x=1');
    expect(good({ redirect_uri: `http://${HOST}//evil.example/` }).returnPath).toBe(
      '/evil.example/',
    );
  });

  it.each([
    undefined,
    '',
    'https://evil.example/login/callback',
    `https://${HOST}.evil.example/`,
    `https://${HOST}@evil.example/`,
    `https://evil.example/${HOST}`,
    `https://evil.example#@${HOST}/`,
    `https://evil.example\\@${HOST}/`,
    `//${HOST}/login`,
    `javascript://${HOST}/%0aalert(1)`,
    `https://${HOST}/#fragment`,
    'https://127.0.0.1:7861/login/callback',
    '/login/callback',
  ])('is refused with a page when it would lead elsewhere: %s', (redirect_uri) => {
    expect(read({ redirect_uri })).toMatchObject({ kind: 'refused' });
  });

  it('never leads away from the Space, whatever it names', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        fc.string(),
        (url, path) => {
          for (const redirect_uri of [url, `https://${HOST}${path}`]) {
            const reading = read({ redirect_uri });
            if (reading.kind !== 'good') continue;
            const location = returnTo(reading.request.returnPath, { code: 'c', state: null });
            expect(new URL(location, `http://${HOST}`).host).toBe(HOST);
            expect(location).not.toMatch(/[\r\n]/);
          }
        },
      ),
    );
  });

  it('is refused for another client and with a parameter twice; other faults go to the app', () => {
    expect(read({ client_id: 'other' })).toMatchObject({ kind: 'refused' });
    const twice = query();
    twice.append('redirect_uri', CALLBACK);
    expect(readLoginRequest(twice, app, () => true)).toMatchObject({ kind: 'refused' });
    expect(read({ response_type: 'token' })).toMatchObject({ error: 'unsupported_response_type' });
    expect(read({ scope: 'openid write-repos' })).toMatchObject({ error: 'invalid_scope' });
    expect(read({ code_challenge: 'x' })).toMatchObject({ error: 'invalid_request', state: 'st' });
  });
});

describe('a code', () => {
  it('becomes a token once', async () => {
    const { provider: login } = provider();
    const code = login.codeFor(ANN, good());
    expect(code).toMatch(/^[\w-]{43}$/);
    const first = await login.redeem(form(code), basic(), ISSUER);
    expect(first).toMatchObject({
      status: 200,
      body: { token_type: 'bearer', expires_in: 28_800, scope: 'openid profile email' },
    });
    const again = await login.redeem(form(code), basic(), ISSUER);
    expect(again).toEqual({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('is over after a minute', async () => {
    const { provider: login, later } = provider();
    const code = login.codeFor(ANN, good());
    later(60_000);
    expect((await login.redeem(form(code), basic(), ISSUER)).body).toEqual({
      error: 'invalid_grant',
    });
  });

  it('is for the client that asked, with its secret and the very address', async () => {
    const { provider: login } = provider();
    const wrong: readonly (readonly [URLSearchParams, string | undefined, number])[] = [
      [form('guessed'), basic(), 400],
      [form(login.codeFor(ANN, good())), undefined, 401],
      [form(login.codeFor(ANN, good())), basic(app.clientId, 'guessed'), 401],
      [form(login.codeFor(ANN, good())), basic('other'), 401],
      [form(login.codeFor(ANN, good()), { redirect_uri: `${CALLBACK}&x=1` }), basic(), 400],
      [form(login.codeFor(ANN, good()), { grant_type: 'password' }), basic(), 400],
      [form(login.codeFor(ANN, good()), { code_verifier: 'none was asked' }), basic(), 400],
    ];
    for (const [fields, header, status] of wrong) {
      expect((await login.redeem(fields, header, ISSUER)).status).toBe(status);
    }
    const inForm = { client_id: app.clientId, client_secret: app.clientSecret };
    const code = login.codeFor(ANN, good());
    expect((await login.redeem(form(code, inForm), undefined, ISSUER)).status).toBe(200);
  });

  it('of a page without a secret is for whoever holds its verifier (PKCE)', async () => {
    const { provider: login } = provider();
    const verifier = 'v'.repeat(43);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const asked = good({ code_challenge: challenge, code_challenge_method: 'S256' });
    const id = { client_id: app.clientId };
    for (const [code_verifier, status] of [
      ['w'.repeat(43), 400],
      [verifier, 200],
    ] as const) {
      const fields = form(login.codeFor(ANN, asked), { ...id, code_verifier });
      expect((await login.redeem(fields, undefined, ISSUER)).status).toBe(status);
    }
  });
});

describe('over the local Hub', () => {
  async function hub() {
    const { provider: login, later } = provider();
    const ports = {
      visitorOf: async (token: string) => {
        const access = await login.read(token);
        return access && { key: 'pro:ann', name: 'ann', tier: 'pro' as const, access };
      },
      quotaOf: async () => ({
        limitSeconds: 1,
        leftSeconds: 1,
        resetsAtMs: null,
        runs: 0,
        runsLimit: null,
      }),
      spaces: async () => [],
    };
    const page = `http://${HOST}/.zerogpu/login`;
    const upstream = { endpoint: 'http://127.0.0.1:9', offline: true };
    const started = await startLocalHub(ports, upstream, 0, { provider: login, page });
    onTestFinished(started.close);
    return { url: started.url, login, later, page };
  }

  it('an app finds everything by the discovery document, and the identity token is signed', async () => {
    const { url, login, page } = await hub();
    const facts = await jsonOf(fetch(`${url}/.well-known/openid-configuration`));
    expect(facts).toMatchObject({ issuer: url, authorization_endpoint: page });
    const redeemed = await fetch(`${facts['token_endpoint']}`, {
      method: 'POST',
      headers: { authorization: basic() },
      body: form(login.codeFor(ANN, good())),
    });
    expect(redeemed.headers.get('cache-control')).toBe('no-store');
    const tokens = await jsonOf(redeemed);
    const keys = createRemoteJWKSet(new URL(`${facts['jwks_uri']}`));
    const { payload } = await jwtVerify(`${tokens['id_token']}`, keys, {
      issuer: url,
      audience: app.clientId,
    });
    expect(payload).toMatchObject({
      name: 'ann',
      preferred_username: 'ann',
      nonce: 'no',
      isPro: true,
    });
    const bearer = { headers: { authorization: `Bearer ${tokens['access_token']}` } };
    const said = await jsonOf(fetch(`${facts['userinfo_endpoint']}`, bearer));
    expect(said).toMatchObject({ sub: payload.sub, profile: `${url}/ann`, email: 'ann@localhost' });
    expect((await fetch(`${said['picture']}`)).headers.get('content-type')).toBe('image/svg+xml');
    const who = await jsonOf(fetch(`${url}/api/whoami-v2`, bearer));
    expect(who).toMatchObject({ name: 'ann', auth: { type: 'oauth' } });
    // The scope read-billing was not asked for: as on the Hub.
    expect((await fetch(`${url}/api/spaces/zero-gpu/quota`, bearer)).status).toBe(403);
    const asked = await fetch(`${url}/oauth/authorize?${query()}`, { redirect: 'manual' });
    expect(asked.headers.get('location')).toBe(`${page}?${query()}`);
  });

  it('a token that is forged, expired or of another folder is refused', async () => {
    const { url, login, later } = await hub();
    const { body } = await login.redeem(form(login.codeFor(ANN, good())), basic(), url);
    const token = String(body['access_token']);
    const foreign = createAccessTokens(new Uint8Array(32).fill(3));
    const forged = [
      token.slice(0, -2),
      `${token}a`,
      await foreign.sign(ANN, ['openid'], 60, Date.now()),
    ];
    const status = async (one: string) =>
      (await fetch(`${url}/oauth/userinfo`, { headers: { authorization: `Bearer ${one}` } }))
        .status;
    for (const one of [...forged, 'pro:ann', 'hf_oauth_local_'])
      expect(await status(one)).toBe(401);
    expect(await status(token)).toBe(200);
    later(28_800_000);
    expect(await status(token)).toBe(401);
  });
});
