import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HubError } from '../../src/hub/index.js';
import type { Clock } from '../../src/shared/clock.js';
import { hubAt, json, QUOTA, SECRET, type StubHub, startStub } from '../support/hub/stub.js';

let stub: StubHub;
let elsewhere: StubHub;
beforeEach(async () => {
  [stub, elsewhere] = await Promise.all([startStub(), startStub()]);
});
afterEach(async () => {
  await Promise.all([stub.close(), elsewhere.close()]);
});

async function failure(asked: Promise<unknown>): Promise<HubError> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HubError);
  // Whatever went wrong: the token is nowhere in it.
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  expect((error as HubError).fix.length).toBeGreaterThan(0);
  return error as HubError;
}

describe('quota of the account', () => {
  it('is read as documented, with the token', async () => {
    stub.answer(json(QUOTA));
    expect(await hubAt(stub.url).accountQuota()).toEqual({
      baseSeconds: 1_500,
      leftSeconds: 940.5,
      resetsAt: '2026-11-25T08:00:00.000Z',
      overquotaSeconds: 12,
      runs: { used: 3, limit: 10, left: 7, resetsAt: null },
    });
    expect(stub.seen).toEqual([
      { path: '/api/spaces/zero-gpu/quota', authorization: `Bearer ${SECRET}` },
    ]);
  });

  it('may be without runs, overquota and reset; below nothing is nothing', async () => {
    stub.answer(json({ base: 300, current: -2, resetsAt: null }));
    expect(await hubAt(stub.url).accountQuota()).toEqual({
      baseSeconds: 300,
      leftSeconds: 0,
      resetsAt: null,
      overquotaSeconds: null,
      runs: null,
    });
  });

  it('lies below an endpoint with a path', async () => {
    stub.answer(json(QUOTA));
    await hubAt(`${stub.url}/mirror`).accountQuota();
    expect(stub.seen[0]?.path).toBe('/mirror/api/spaces/zero-gpu/quota');
  });

  it('without a token, or offline, asks nothing', async () => {
    expect((await failure(hubAt(stub.url, { token: null }).accountQuota())).code).toBe(
      'E_HUB_TOKEN',
    );
    expect((await failure(hubAt(stub.url, { offline: true }).accountQuota())).code).toBe(
      'E_HUB_OFFLINE',
    );
    expect(stub.seen).toEqual([]);
  });

  it.each([
    [401, 'E_HUB_TOKEN'],
    [403, 'E_HUB_PERMISSION'],
    [404, 'E_HUB_NOT_FOUND'],
    [418, 'E_HUB_ANSWER'],
    [500, 'E_HUB_UNREACHABLE'],
    [503, 'E_HUB_UNREACHABLE'],
  ])('%i is %s', async (status, code) => {
    stub.answer(json({ error: SECRET }, status));
    expect((await failure(hubAt(stub.url).accountQuota())).code).toBe(code);
  });

  it('403 names the permission', async () => {
    stub.answer(json({}, 403));
    const { why } = await failure(hubAt(stub.url).accountQuota());
    expect(why).toContain('Billing > Read billing usage and payment method status');
    expect(why).toContain('read-billing');
  });

  it.each([
    [{ ratelimit: '"api";r=0;t=55', 'ratelimit-policy': '"fixed window";"api";q=500;w=300' }, 55],
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': '7', ratelimit: '"api";r=0;t=55' }, 55],
    [{}, 60],
    [{ ratelimit: 'soon', 'retry-after': 'later' }, 60],
  ])('429 with %j waits %i s and asks nothing meanwhile', async (headers, seconds) => {
    stub.answer(json({}, 429, headers));
    const hub = hubAt(stub.url);
    const error = await failure(hub.accountQuota());
    expect([error.code, error.waitSeconds]).toEqual(['E_HUB_RATE_LIMITED', seconds]);
    const again = await failure(hub.accountQuota());
    expect(again.code).toBe('E_HUB_RATE_LIMITED');
    expect(again.waitSeconds).toBeGreaterThan(seconds - 5);
    expect(stub.seen).toHaveLength(1);
  });

  it('asks nothing more in a window that is used up, and again after it', async () => {
    let monotonicMs = 0;
    const clock: Clock = {
      now: () => ({ wallMs: 0, monotonicMs }),
      after: () => ({ cancel: () => {} }),
    };
    stub.answer(json(QUOTA, 200, { ratelimit: '"api";r=0;t=55' }));
    const hub = hubAt(stub.url, {}, { clock });
    await hub.accountQuota();
    monotonicMs = 54_000;
    expect((await failure(hub.accountQuota())).waitSeconds).toBe(1);
    monotonicMs = 55_000;
    await hub.accountQuota();
    expect(stub.seen).toHaveLength(2);
  });

  it('tries again after 5xx, with growing pauses', async () => {
    const pauses: number[] = [];
    const clock: Clock = {
      now: () => ({ wallMs: 0, monotonicMs: 0 }),
      after(delayMs, callback) {
        pauses.push(delayMs);
        setImmediate(callback);
        return { cancel: () => {} };
      },
    };
    let calls = 0;
    stub.answer((request, response) => {
      calls += 1;
      (calls < 3 ? json({}, 502) : json(QUOTA))(request, response);
    });
    const limits = { withinMs: 10_000, mostBytes: 100_000, tries: 3 };
    await hubAt(stub.url, {}, { clock, random: () => 0.5, limits }).accountQuota();
    expect(pauses).toEqual([375, 750]);
  });

  it('slow: ends after its time, headers or body', async () => {
    const limits = { withinMs: 50, mostBytes: 100_000, tries: 1 };
    stub.answer(() => {});
    const silent = await failure(hubAt(stub.url, {}, { limits }).accountQuota());
    expect(silent.code).toBe('E_HUB_UNREACHABLE');
    stub.answer((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    });
    const dripping = await failure(hubAt(stub.url, {}, { limits }).accountQuota());
    expect([dripping.code, dripping.why]).toEqual([
      'E_HUB_UNREACHABLE',
      'It took longer than 0.05 s.',
    ]);
  });

  it.each([0, 20])('cut off after %i bytes', async (bytes) => {
    stub.answer((_, response) => {
      response.writeHead(200, { 'content-length': '500' });
      response.write(' '.repeat(bytes || 1));
      setImmediate(() => response.destroy());
    });
    expect((await failure(hubAt(stub.url).accountQuota())).code).toBe('E_HUB_UNREACHABLE');
  });

  it('no server listens', async () => {
    await stub.close();
    const { code, why } = await failure(hubAt(stub.url).accountQuota());
    expect([code, why]).toEqual(['E_HUB_UNREACHABLE', 'The connection failed (ECONNREFUSED).']);
  });

  it.each([
    ['base', { ...QUOTA, base: '1500' }],
    ['current', { base: 1 }],
    ['resetsAt', { ...QUOTA, resetsAt: 'tomorrow' }],
    ['runs.limit', { ...QUOTA, runs: { used: 1, limit: null, remaining: 1 } }],
    ['the answer', [QUOTA]],
    ['the answer', null],
  ])('wrong type: %s', async (field, content) => {
    stub.answer(json(content));
    const { code, why } = await failure(hubAt(stub.url).accountQuota());
    expect(code).toBe('E_HUB_ANSWER');
    expect(why).toContain(`${field}: `);
  });

  it('not JSON', async () => {
    stub.answer((_, response) => void response.end('<html>Sign in to the Wi-Fi</html>'));
    const { code, why } = await failure(hubAt(stub.url).accountQuota());
    expect([code, why]).toEqual(['E_HUB_ANSWER', 'The answer is not JSON.']);
  });

  it('gigantic: is not read to its end', async () => {
    let sent = 0;
    stub.answer((_, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && sent < 1e9) {
          sent += 65_536;
          if (!response.write('x'.repeat(65_536))) return void response.once('drain', more);
        }
      };
      more();
    });
    const { code, why } = await failure(hubAt(stub.url).accountQuota());
    expect([code, why]).toEqual(['E_HUB_ANSWER', 'Its answer is larger than 100000 bytes.']);
    expect(sent).toBeLessThan(100e6);
  });

  it('a redirect to another host is not followed', async () => {
    stub.answer((_, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/api/spaces/zero-gpu/quota` }).end();
    });
    expect((await failure(hubAt(stub.url).accountQuota())).code).toBe('E_HUB_ANSWER');
    expect(elsewhere.seen).toEqual([]);
  });

  it('a redirect on the same host is, for a while', async () => {
    stub.answer((request, response) => {
      if (request.url === '/moved') return json(QUOTA)(request, response);
      response.writeHead(307, { location: '/moved' }).end();
    });
    expect((await hubAt(stub.url).accountQuota()).baseSeconds).toBe(1_500);
    stub.answer((_, response) => void response.writeHead(307, { location: '/round' }).end());
    expect((await failure(hubAt(stub.url).accountQuota())).why).toContain('more than 5 times');
  });
});

describe('who', () => {
  it('is asked once', async () => {
    stub.answer(json({ name: 'ada', isPro: true, orgs: [{ name: 'acme', plan: 'x' }], auth: {} }));
    const hub = hubAt(stub.url);
    const ada = { name: 'ada', isPro: true, orgs: ['acme'], plan: null };
    expect(await Promise.all([hub.who(), hub.who()])).toEqual([ada, ada]);
    expect(stub.seen).toHaveLength(1);
  });

  it('is asked again after a failure', async () => {
    const hub = hubAt(stub.url);
    stub.answer(json({}, 401));
    await failure(hub.who());
    stub.answer(json({ name: 'ada' }));
    expect(await hub.who()).toEqual({ name: 'ada', isPro: false, orgs: [], plan: null });
  });
});

describe('Spaces', () => {
  const runtime = { stage: 'RUNNING', hardware: { current: 'zero-a10g', requested: null } };

  it('an owner has them on several pages', async () => {
    stub.answer((request, response) => {
      const second = request.url?.includes('cursor=2');
      json([{ id: second ? 'ada/b' : 'ada/a', runtime }], 200, {
        ...(second ? {} : { link: `<${stub.url}/api/spaces?author=ada&cursor=2>; rel="next"` }),
      })(request, response);
    });
    const spaces = await hubAt(stub.url).spacesOf('ada');
    expect(spaces.map(({ id }) => id)).toEqual(['ada/a', 'ada/b']);
    expect(stub.seen[0]?.path).toBe('/api/spaces?author=ada&expand[]=runtime');
  });

  it('a next page elsewhere is not asked for, one without end is left', async () => {
    stub.answer(json([], 200, { link: `<${elsewhere.url}/x>; rel="next"` }));
    expect((await failure(hubAt(stub.url).spacesOf('ada'))).code).toBe('E_HUB_ANSWER');
    expect(elsewhere.seen).toEqual([]);
    stub.answer(json([], 200, { link: `<${stub.url}/api/spaces?again>; rel="next"` }));
    expect((await failure(hubAt(stub.url).spacesOf('ada'))).why).toContain('20 pages');
  });

  it('one is read with its state', async () => {
    stub.answer(json({ id: 'ada/a', host: 'https://ada-a.hf.space', sdk: 'gradio', runtime }));
    const space = await hubAt(stub.url, { token: null }).space('ada/a');
    expect(space).toMatchObject({ host: 'https://ada-a.hf.space', private: false, sha: null });
    expect(space.runtime).toMatchObject({ stage: 'RUNNING', hardware: 'zero-a10g' });
    expect(stub.seen[0]?.authorization).toBeUndefined();
  });

  it.each(['ada', 'ada/../who', 'a/b/c', '/b', 'a b/c', '../x'])('%s is not a name', async (id) => {
    await expect(hubAt(stub.url).space(id)).rejects.toThrow('is not the name of a Space');
    expect(stub.seen).toEqual([]);
  });
});
