/** Who may ask the console for what. Pure: each request's head goes in, one decision comes out. */

import type { IncomingHttpHeaders } from 'node:http';
import { isSameText } from '../../allocator/client/secret.js';
import { isLoopbackHost } from '../../shared/loopback.js';
import { type ConsoleKeys, LINK_PARAMETER, SESSION_COOKIE } from './keys.js';

export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** What a request with a session may have. */
export type Asked =
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'stream' }
  | { readonly kind: 'visitor'; readonly as: string }
  | { readonly kind: 'command' };

export type Decision =
  | Asked
  /** The page outside: what the console is, and how to get in. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'enter'; readonly link: string }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 404 | 405; readonly why: string };

const refused = (status: 401 | 403 | 404 | 405, why: string) =>
  ({ kind: 'refused', status, why }) as const;

/** Files of the page, by their path. */
const FILES: Readonly<Record<string, string>> = {
  '': 'index.html',
  'console.js': 'console.js',
  'console.css': 'console.css',
};

/**
 * Decides about one request. In this order: the Host has to be this machine; a page of another origin gets
 * nothing, whichever cookie its browser adds; a path outside of the secret folder has nothing; what is left
 * needs the session.
 */
export function decide(head: RequestHead, keys: ConsoleKeys, nowMs: number): Decision {
  const { method, headers } = head;
  if (!isLoopbackHost(headers.host)) return refused(403, 'Ask for 127.0.0.1.');
  const [path = '', query = ''] = head.url.split('?', 2);
  const link = new URLSearchParams(query).get(LINK_PARAMETER);
  const [, folder = '', ...rest] = path.split('/');
  const below = rest.length > 0 && isSameText(folder, keys.folder) ? rest.join('/') : null;
  // The link is a secret in itself, and may be followed from anywhere: a mail, a terminal in a web page.
  if (method === 'GET' && below === 'enter' && link !== null && isNavigation(headers)) {
    return { kind: 'enter', link };
  }
  if (!isOwnPage(head)) return refused(403, 'Only the page of the console may ask.');
  if (path === '/' && method === 'GET') return { kind: 'outside' };
  if (below === null) return refused(404, 'There is nothing here.');
  if (!hasSession(headers.cookie, keys, nowMs)) {
    return refused(401, 'The console needs a new link: zerogpu console');
  }
  if (below === 'command') {
    return method === 'POST' ? { kind: 'command' } : refused(405, 'Commands are sent with POST.');
  }
  if (method !== 'GET') return refused(405, 'This is read with GET.');
  if (below === 'stream') return { kind: 'stream' };
  if (below === 'visitor') {
    return { kind: 'visitor', as: new URLSearchParams(query).get('as') ?? '' };
  }
  const name = Object.hasOwn(FILES, below) ? FILES[below] : undefined;
  return name === undefined ? refused(404, 'There is nothing here.') : { kind: 'file', name };
}

/** A browser that goes to an address, and not a page that fetches or frames it. */
function isNavigation(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } = headers;
  return (mode === undefined || mode === 'navigate') && (dest === undefined || dest === 'document');
}

/**
 * Whether the console's own page asks, or its user by the address bar. A Space is of the same site, since sites
 * have no ports: `same-site` is refused as `cross-site` is.
 */
function isOwnPage({ method, headers }: RequestHead): boolean {
  const { origin, host = '', 'sec-fetch-site': site, 'sec-fetch-dest': dest } = headers;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  if (dest === 'iframe' || dest === 'frame' || dest === 'embed' || dest === 'object') return false;
  if (site === undefined) return method === 'GET' || origin !== undefined;
  return site === 'same-origin' || (site === 'none' && method === 'GET');
}

function hasSession(header: string | undefined, keys: ConsoleKeys, nowMs: number): boolean {
  // Any page of this host may have set one of the same name: one that is right is enough.
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim().split('=', 2))
    .some(([name, value = '']) => name === SESSION_COOKIE && keys.isSession(value, nowMs));
}
