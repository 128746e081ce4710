/** Who may ask the console for what: the decision alone, request by request. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/web/server/access.js';
import { consoleKeys, linkTo, SESSION_COOKIE } from '../../src/web/server/keys.js';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
const DAY = 86_400_000;
const NONCE = 'ab'.repeat(16);
const keys = consoleKeys('5'.repeat(64));
const cookie = `${SESSION_COOKIE}=${keys.session(NOW, NONCE)}`;
const HOST = '127.0.0.1:7960';
const OWN = { host: HOST, origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin', cookie };

const decided = (
  method: string,
  url: string,
  headers: Readonly<Record<string, string | undefined>>,
  nowMs = NOW,
) => decide({ method, url, headers }, keys, nowMs);
const at = (path: string) => `/${keys.folder}/${path}`;

describe('with a session', () => {
  it.each([
    ['GET', '', { kind: 'file', name: 'index.html' }],
    ['GET', 'console.js', { kind: 'file', name: 'console.js' }],
    ['GET', 'console.css', { kind: 'file', name: 'console.css' }],
    ['GET', 'stream', { kind: 'stream' }],
    ['GET', 'visitor?as=pro%3Alin', { kind: 'visitor', as: 'pro:lin' }],
    ['POST', 'command', { kind: 'command' }],
  ])('its own page has %s %s', (method, path, what) => {
    expect(decided(method, at(path), OWN)).toEqual(what);
  });

  it('the address bar has the page, and no command', () => {
    const typed = { host: HOST, 'sec-fetch-site': 'none', cookie };
    expect(decided('GET', at(''), typed)).toMatchObject({ kind: 'file' });
    expect(decided('POST', at('command'), typed)).toMatchObject({ status: 403 });
  });

  it('an old browser sends no Sec-Fetch-Site: its commands need the Origin', () => {
    const old = { host: HOST, cookie };
    expect(decided('GET', at(''), old)).toMatchObject({ kind: 'file' });
    expect(decided('POST', at('command'), old)).toMatchObject({ status: 403 });
    const origin = { ...old, origin: `http://${HOST}` };
    expect(decided('POST', at('command'), origin)).toMatchObject({ kind: 'command' });
  });

  it.each([
    [
      'the Space, at another port',
      { origin: 'http://127.0.0.1:7860', 'sec-fetch-site': 'same-site' },
    ],
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a frame without an origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a page that says no Origin', { origin: undefined, 'sec-fetch-site': 'same-site' }],
    ['a link on another page', { origin: undefined, 'sec-fetch-site': 'cross-site' }],
    ['a frame', { origin: undefined, 'sec-fetch-dest': 'iframe' }],
    [
      'a browser that says nothing but the Origin',
      { origin: 'http://127.0.0.1:7860', 'sec-fetch-site': undefined },
    ],
    ['a name that leads here', { host: 'evil.example:7960', origin: 'http://evil.example:7960' }],
    ['no host', { host: undefined }],
  ])('%s has nothing', (_who, headers) => {
    for (const path of ['', 'console.js', 'stream', 'visitor?as=free']) {
      expect(decided('GET', at(path), { ...OWN, ...headers })).toMatchObject({ status: 403 });
    }
    expect(decided('POST', at('command'), { ...OWN, ...headers })).toMatchObject({ status: 403 });
  });

  it('has nothing by other methods, and nothing that is not there', () => {
    expect(decided('GET', at('command'), OWN)).toMatchObject({ status: 405 });
    expect(decided('POST', at('stream'), OWN)).toMatchObject({ status: 405 });
    for (const path of ['constructor', '__proto__', '../', 'console.js/', 'index.html']) {
      expect(decided('GET', at(path), OWN)).toMatchObject({ status: 404 });
    }
    expect(decided('GET', '/stream', OWN)).toMatchObject({ status: 404 });
    expect(decided('GET', `/${keys.folder}`, OWN)).toMatchObject({ status: 404 });
  });
});

describe('without a session', () => {
  it.each([
    ['no cookie', undefined],
    ['an empty one', `${SESSION_COOKIE}=`],
    ['a link in its place', `${SESSION_COOKIE}=${keys.link(NOW, NONCE)}`],
    [
      'one of another state folder',
      `${SESSION_COOKIE}=${consoleKeys('6'.repeat(64)).session(NOW, NONCE)}`,
    ],
    ['one with another time', cookie.replace(String(NOW), String(NOW + 1))],
    ['one from the future', `${SESSION_COOKIE}=${keys.session(NOW + MINUTE, NONCE)}`],
    ['one of eight days ago', `${SESSION_COOKIE}=${keys.session(NOW - 8 * DAY, NONCE)}`],
    ['its value under another name', `x${cookie}`],
  ])('%s: 401', (_what, value) => {
    const headers = { ...OWN, cookie: value };
    expect(decided('GET', at(''), headers)).toMatchObject({ status: 401 });
    expect(decided('POST', at('command'), headers)).toMatchObject({ status: 401 });
  });

  it('a cookie of the same name that another port has set shuts out no session', () => {
    const both = `${SESSION_COOKIE}=forged; a=b; ${cookie}`;
    expect(decided('GET', at(''), { ...OWN, cookie: both })).toMatchObject({ kind: 'file' });
  });

  it('everybody on this machine may read how to get in', () => {
    expect(decided('GET', '/', { host: HOST })).toEqual({ kind: 'outside' });
    expect(decided('GET', '/', { host: 'evil.example' })).toMatchObject({ status: 403 });
  });
});

describe('a link', () => {
  const path = new URL(linkTo(`http://${HOST}`, '5'.repeat(64), NOW));
  const url = path.pathname + path.search;

  it('may be followed from anywhere, by a browser that goes there', () => {
    const link = path.searchParams.get('link');
    for (const site of ['none', 'cross-site', 'same-site', undefined]) {
      const headers = { host: HOST, 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' };
      expect(decided('GET', url, headers)).toEqual({ kind: 'enter', link });
    }
  });

  it('is of no use to a page that fetches or frames it', () => {
    const fetched = { ...OWN, origin: 'http://127.0.0.1:7860', 'sec-fetch-site': 'same-site' };
    expect(decided('GET', url, { ...fetched, 'sec-fetch-mode': 'cors' })).toMatchObject({
      status: 403,
    });
    const framed = {
      ...fetched,
      origin: undefined,
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'iframe',
    };
    expect(decided('GET', url, framed)).toMatchObject({ status: 403 });
  });

  it('is good for five minutes, and for its own state folder', () => {
    const link = path.searchParams.get('link') ?? '';
    expect(keys.readLink(link, NOW + 4 * MINUTE)).toMatchObject({ madeMs: NOW });
    expect(keys.readLink(link, NOW + 6 * MINUTE)).toBeNull();
    expect(consoleKeys('6'.repeat(64)).readLink(link, NOW)).toBeNull();
    expect(keys.readLink(keys.session(NOW, NONCE), NOW)).toBeNull();
    expect(consoleKeys('6'.repeat(64)).folder).not.toBe(keys.folder);
  });

  it('has nothing of the secret in it', () => {
    expect(url).not.toContain('5555');
    expect(cookie).not.toContain('5555');
  });
});
