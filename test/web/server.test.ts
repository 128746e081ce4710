/** The console over HTTP: link, session, headers, stream and commands. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebConsole } from '../../src/web/server/server.js';
import { manySnapshot, visitor } from '../support/tui/snapshots.js';
import {
  askConsole,
  type ConsoleAnswer,
  FACTS,
  newLink,
  playAllocator,
  SECRET,
  startConsole,
} from '../support/web/index.js';

let web: WebConsole;
let played: ReturnType<typeof playAllocator>;

beforeEach(async () => {
  played = playAllocator(manySnapshot(0, 2, 0), (key) => visitor(key));
  web = await startConsole(played.client);
});
afterEach(() => web.close());

/** Follows a link as a browser does. */
async function enter(): Promise<{ base: string; headers: Record<string, string> }> {
  const link = newLink(web);
  const { headers } = await askConsole(link, { 'sec-fetch-site': 'none' });
  const cookie = String(headers['set-cookie']).split(';', 1)[0] ?? '';
  const own = { cookie, origin: web.url, 'sec-fetch-site': 'same-origin' };
  return { base: link.replace(/enter.*$/, ''), headers: own };
}

describe('a link', () => {
  it('becomes a cookie that no script reads and no other site sends', async () => {
    const link = newLink(web);
    const answer = await askConsole(link, { 'sec-fetch-site': 'cross-site' });
    expect(answer.status).toBe(200);
    const folder = new URL(link).pathname.replace(/enter$/, '');
    expect(String(answer.headers['set-cookie'])).toMatch(
      new RegExp(`^zerogpu_console=[\\d.a-f]+; Path=${folder}; HttpOnly; SameSite=Strict$`),
    );
    expect(answer.text).toContain('http-equiv="refresh" content="0;url=./"');
  });

  it('is good once', async () => {
    const link = newLink(web);
    expect((await askConsole(link)).status).toBe(200);
    const again = await askConsole(link);
    expect([again.status, again.headers['set-cookie']]).toEqual([403, undefined]);
    expect(again.text).toContain('zerogpu console --open');
  });

  it('of serve is used, and the pages name the command for serve', async () => {
    await web.close();
    web = await startConsole(played.client, undefined, null, { ...FACTS, kind: 'serve' });
    const link = newLink(web);
    await askConsole(link);
    for (const page of [await askConsole(link), await askConsole(`${web.url}/`)]) {
      expect(page.text).toContain('zerogpu console --serve --open');
      expect(page.text).not.toContain('zerogpu run');
    }
  });

  it.each([
    ['is older than five minutes', () => newLink(web, 301_000)],
    ['was made before this start, and may have been used then', () => newLink(web, 60_000)],
    ['was changed', () => newLink(web).replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
    ['is not one', () => newLink(web).replace(/link=.*$/, 'link=x')],
  ])('that %s opens nothing', async (_what, link) => {
    const answer = await askConsole(link());
    expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
  });
});

describe('the page', () => {
  it('loads nothing from elsewhere, has no inline script, and is framed by nothing', async () => {
    const { base, headers } = await enter();
    const page = await askConsole(base, headers);
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|\bon\w+=|style=|https?:/);
  });

  it('has none of the secret, in any answer', async () => {
    const { base, headers } = await enter();
    const answers: ConsoleAnswer[] = [await askConsole(web.url)];
    for (const path of ['', 'console.js', 'stream', 'visitor?as=free', 'nothing']) {
      answers.push(await askConsole(base + path, headers));
    }
    for (const { text, headers: got } of answers) {
      expect(text + JSON.stringify(got)).not.toContain(SECRET);
    }
  });

  it('is not there without a session, nor for another name of this machine', async () => {
    const { base, headers } = await enter();
    expect((await askConsole(base, { ...headers, cookie: '' })).status).toBe(401);
    expect((await askConsole(base, { ...headers, host: 'evil.example' })).status).toBe(403);
    expect((await askConsole(`${web.url}/`)).text).toContain('press <kbd>w</kbd>');
  });
});

describe('the stream', () => {
  it('begins with what is known', async () => {
    const { base, headers } = await enter();
    web.line('app started');
    const { status, text } = await askConsole(`${base}stream`, headers);
    expect(status).toBe(200);
    const hello = JSON.parse(text.slice('data: '.length, text.indexOf('\n\n')));
    expect(hello).toMatchObject({
      type: 'hello',
      facts: { defaultVisitor: 'free:ada', kind: 'run' },
      history: { calls: [], told: [] },
      log: [{ text: 'app started' }],
    });
  });

  it('is for the console alone', async () => {
    const { base, headers } = await enter();
    for (const origin of ['http://127.0.0.1:7860', 'null', 'https://evil.example']) {
      const foreign = { ...headers, origin, 'sec-fetch-site': 'same-site' };
      expect((await askConsole(`${base}stream`, foreign)).status).toBe(403);
    }
  });
});

describe('commands', () => {
  it.each([
    [{ do: 'kill', call: 17 }, 'kill 17'],
    [{ do: 'release', call: 18 }, 'release 18'],
    [{ do: 'advance', seconds: 3_600 }, 'advance 3600'],
    [{ do: 'faults', spec: 'no-gpu@1' }, 'faults no-gpu@1'],
    [{ do: 'reset', visitor: 'free:ada' }, 'reset free:ada'],
  ])('%j', async (command, asked) => {
    const { base, headers } = await enter();
    const answer = await askConsole(`${base}command`, headers, JSON.stringify(command));
    expect([answer.status, played.asked]).toEqual([204, [asked]]);
  });

  it.each([
    ['what is not one', '{"do":"exit"}', 400],
    ['one with more than it has', '{"do":"kill","call":1,"pid":2}', 400],
    ['no JSON', 'kill 1', 400],
    ['no call', '{"do":"kill","call":-1}', 400],
    ['an endless time', '{"do":"advance","seconds":1e99}', 400],
    ['a long one', JSON.stringify({ do: 'faults', spec: 'x'.repeat(5_000) }), 413],
  ])('%s is refused', async (_what, body, status) => {
    const { base, headers } = await enter();
    expect((await askConsole(`${base}command`, headers, body)).status).toBe(status);
    expect(played.asked).toEqual([]);
  });

  it('come from the console alone', async () => {
    const { base, headers } = await enter();
    const kill = '{"do":"kill","call":1}';
    for (const foreign of [
      { origin: 'http://127.0.0.1:7860', 'sec-fetch-site': 'same-site' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
      { cookie: '' },
      { host: 'evil.example' },
    ]) {
      const { status } = await askConsole(`${base}command`, { ...headers, ...foreign }, kill);
      expect([401, 403]).toContain(status);
    }
    expect(played.asked).toEqual([]);
  });

  it('report why the allocator refuses', async () => {
    const { base, headers } = await enter();
    played.client.kill = async () => {
      throw new Error('Call 1 does not run');
    };
    const answer = await askConsole(`${base}command`, headers, '{"do":"kill","call":1}');
    expect([answer.status, answer.text]).toEqual([502, '{"error":"Call 1 does not run"}']);
  });
});

it('a visitor who has never called has a quota as well', async () => {
  const { base, headers } = await enter();
  const answer = await askConsole(`${base}visitor?as=pro%3Alin`, headers);
  expect(JSON.parse(answer.text)).toMatchObject({ visitor: 'pro:lin' });
  expect((await askConsole(`${base}visitor?as=nobody`, headers)).status).toBe(404);
});
