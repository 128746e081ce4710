/** The gateway and the local Hub: what they let through is whole, carries our identity headers, and goes to the right app only. */
import { createServer, type IncomingMessage } from 'node:http';
import { expect, it, vi } from 'vitest';
import { type LocalHubPorts, startLocalHub } from '../../src/hub/local/index.js';
import { type Endpoint, exchange, rawCases, showCase, textOf } from '../support/fuzz/http.js';
import { FUZZ_TIMEOUT_MS, tryAll } from '../support/fuzz/index.js';
import { ask, gatewayBefore, listen, tokens } from '../support/gateway/index.js';

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS });

const REAL_TOKEN = `hf_${'r'.repeat(34)}`;

/** What a request that comes through may claim. */
async function problemsOf({ url, headers, rawHeaders }: IncomingMessage): Promise<string[]> {
  const problems: string[] = [];
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const count = (name: string) => names.filter((one) => one.replaceAll('_', '-') === name).length;
  for (const name of ['x-ip-token', 'x-forwarded-for', 'x-forwarded-host']) {
    if (count(name) !== 1) problems.push(`${count(name)} × ${name}`);
  }
  if (count('x-hf-authorization') > 0) problems.push('an account’s token');
  const verdict = await tokens.verify(String(headers['x-ip-token']));
  if (verdict.status !== 'valid') problems.push('a token that is not ours');
  if (headers['x-forwarded-for'] !== '127.0.0.1') problems.push('an address that is not its own');
  if (/\bhf_/.test(headers.authorization ?? '')) problems.push('an account’s token');
  if (/zerogpu_as=/.test(headers.cookie ?? '')) problems.push('our cookie');
  if (url?.includes('smuggled') && headers['x-forwarded-for'] === undefined)
    problems.push('smuggled');
  return problems;
}

const visitors = ['pro', 'free:ada', 'anonymous', 'nobody'];
const spaceEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/', query: { as: visitors } },
  { method: 'GET', path: '/config', query: { as: visitors, x: ['1'] } },
  { method: 'POST', path: '/gradio_api/queue/join', query: { as: visitors } },
  { method: 'GET', path: '/gradio_api/queue/data', query: { session_hash: ['a'] } },
  { method: 'POST', path: '/upload', query: {} },
];

it('the app behind the gateway hears only what the gateway says of a visitor', async () => {
  const checked: Promise<string[]>[] = [];
  const app = createServer((request, response) => {
    checked.push(problemsOf(request));
    request.resume();
    response.end('{}');
  });
  const { url, port } = await gatewayBefore(app);
  const forged = [
    `X-HF-Authorization: Bearer ${REAL_TOKEN}`,
    `Authorization: Bearer ${REAL_TOKEN}`,
  ];
  const headers = ['X-Fine: 1', ...forged, 'Cookie: zerogpu_as=pro'];
  await tryAll(
    rawCases({ endpoints: spaceEndpoints, headers }),
    700,
    async (one) => {
      const answer = await exchange(port, one);
      if (!answer) return;
      expect([200, 400, 403, 408, 413, 417, 431], textOf(answer)).toContain(answer.status);
    },
    showCase,
  );
  expect((await Promise.all(checked)).flat()).toEqual([]);
  expect(checked.length).toBeGreaterThan(100);
  expect((await ask(`${url}/?as=pro`)).status).toBe(200);
});

it('the Hub behind the local one hears no local name, and only what is asked of it', async () => {
  const problems: string[] = [];
  let seen = 0;
  const hub = createServer(({ url, headers }, response) => {
    seen += 1;
    if (!url?.startsWith('/')) problems.push(`${url} is no path`);
    // A header whose name or scheme was changed identifies no visitor.
    if (/^Bearer\s+(hf_)?pro:ann\s*$/i.test(headers.authorization ?? ''))
      problems.push('a local name');
    for (const name of ['x-ip-token', 'x-hf-authorization', 'cookie', 'origin']) {
      if (headers[name] !== undefined) problems.push(name);
    }
    if (headers.host !== `127.0.0.1:${hubPort}`) problems.push(`for ${headers.host}`);
    response.writeHead(404).end('{}');
  });
  const hubPort = await listen(hub);
  const known = { key: 'pro:ann', name: 'ann', tier: 'pro' } as const;
  const ports: LocalHubPorts = {
    visitorOf: (token) => (/^(hf_)?pro:ann$/.test(token) ? known : null),
    quotaOf: async () => ({
      ...{ limitSeconds: 1500, leftSeconds: 1490.5, resetsAtMs: null, runs: 3, runsLimit: 10 },
    }),
    spaces: async () => [{ id: 'me/hello', url: 'http://127.0.0.1:7860' }],
  };
  const upstream = { endpoint: `http://127.0.0.1:${hubPort}`, offline: false };
  const local = await startLocalHub(ports, upstream, 0);
  const endpoints: Endpoint[] = [
    { method: 'GET', path: '/api/spaces/zero-gpu/quota', query: { x: ['1'] } },
    { method: 'GET', path: '/api/whoami-v2', query: {} },
    { method: 'GET', path: '/api/spaces/me/hello', query: { expand: ['host'] } },
    { method: 'GET', path: '/api/spaces/me/hello/runtime', query: {} },
    { method: 'GET', path: '/api/models', query: { search: ['x'] } },
    { method: 'POST', path: '/api/repos/create', query: {} },
  ];
  const headers = [
    ...['X-Fine: 1', 'Authorization: Bearer pro:ann', 'Authorization: bearer hf_pro:ann'],
    ...['X-HF-Authorization: Bearer pro:ann', `Authorization: Bearer ${REAL_TOKEN}`],
  ];
  await tryAll(
    rawCases({ endpoints, headers }),
    700,
    async (one) => {
      const answer = await exchange(Number(new URL(local.url).port), one);
      if (!answer) return;
      expect([200, 400, 401, 403, 404, 408, 413, 417, 431], textOf(answer)).toContain(
        answer.status,
      );
      const isOurs = answer.headers['x-error-message'] !== undefined;
      if (isOurs && !showCase(one).startsWith('"HEAD')) {
        expect(JSON.parse(textOf(answer))).toEqual({ error: expect.stringMatching(/\S/) });
      }
    },
    showCase,
  );
  expect(problems).toEqual([]);
  expect(seen).toBeGreaterThan(100);
  const quota = `${local.url}/api/spaces/zero-gpu/quota`;
  const headersOfAnn = { authorization: 'Bearer pro:ann' };
  expect((await fetch(quota, { headers: headersOfAnn })).status).toBe(200);
  await local.close();
});
