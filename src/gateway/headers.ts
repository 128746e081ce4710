/** What the gateway changes in headers, in both directions. Everything else passes as it came. */
import type { IncomingHttpHeaders } from 'node:http';
import { HOP_BY_HOP_HEADERS } from '../shared/hop-by-hop.js';
import { bearerVisitor, withoutOurCookies } from './identity.js';

const HOP_BY_HOP = new Set(HOP_BY_HOP_HEADERS);

/** Never taken from outside: we say who the visitor is and where it came in. */
const OURS = new Set([
  'x-ip-token',
  'x-hf-authorization',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-zerogpu-client',
  'forwarded',
  'expect',
]);

export interface ForwardFacts {
  /** Signed for the visitor. */
  readonly token: string;
  readonly clientAddress: string;
  /** Host header of the request: what the visitor typed. */
  readonly host: string;
}

/** The headers that the app gets. */
export function forwardedHeaders(
  incoming: IncomingHttpHeaders,
  facts: ForwardFacts,
): Record<string, string | string[]> {
  const named = connectionNames(incoming.connection);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming)) {
    // To a WSGI app `x_ip_token` is the same header.
    const isOurs = OURS.has(name.replaceAll('_', '-'));
    if (value === undefined || HOP_BY_HOP.has(name) || isOurs || named.has(name)) continue;
    headers[name] = value;
  }
  // A visitor's name or an account's token was meant for the proxy; any other scheme is the app's.
  if (isForTheProxy(incoming.authorization)) delete headers['authorization'];
  const cookie = withoutOurCookies(incoming.cookie);
  if (cookie === undefined) delete headers['cookie'];
  else headers['cookie'] = cookie;
  return {
    ...headers,
    'x-ip-token': facts.token,
    'x-forwarded-for': facts.clientAddress,
    'x-forwarded-host': facts.host,
    'x-forwarded-proto': 'http',
  };
}

/** Where a visitor is, and which other names the app knows that place by. */
export interface PublicSide {
  /** What the visitor typed: `http://localhost:7860`. */
  readonly origin: string;
  /** The app's own port, the gateway's address, `https` as the platform has it: they all lead here. */
  readonly aliases: readonly string[];
  /** Of these, the app's own port. */
  readonly appOrigins: readonly string[];
}

/** Whether a request has a body; an empty one counts only where it is sent in chunks. */
export function hasBody({ headers }: { readonly headers: IncomingHttpHeaders }): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || Number(length ?? 0) > 0;
}

/** Names in small letters, as Node reads them, with each value of a repeated one. */
export function collectHeaders(raw: readonly string[]): Record<string, string | string[]> {
  const headers = new Map<string, string[]>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), raw[i + 1] ?? '']);
  }
  const entries = [...headers].map(([name, values]) => {
    const [only = ''] = values;
    return [name, values.length === 1 ? only : values] as const;
  });
  return Object.fromEntries(entries);
}

/** The headers that the client gets: redirects to the app's own port lead back through here. */
export function returnedHeaders(
  incoming: Readonly<Record<string, string | string[] | undefined>>,
  { origin, aliases }: PublicSide,
): Record<string, string | string[]> {
  const named = connectionNames(incoming['connection']);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name)) continue;
    headers[name] = value;
  }
  // The platform has TLS and the gateway has none: browsers drop what is for TLS alone.
  const cookies = headers['set-cookie'];
  if (cookies !== undefined) headers['set-cookie'] = [cookies].flat().map(cookieWithoutTls);
  const { location } = headers;
  if (typeof location === 'string') headers['location'] = ledBack(location, origin, aliases);
  return headers;
}

/** Names with these prefixes promise TLS: without it they are not to be had. */
const FOR_TLS = /^__(?:Secure|Host)-/i;

function cookieWithoutTls(cookie: string): string {
  if (FOR_TLS.test(cookie) || !/;\s*secure\s*(?:;|$)/i.test(cookie)) return cookie;
  return cookie
    .replace(/;\s*secure\s*(?=;|$)/gi, '')
    .replace(/;(\s*)samesite=none\s*(?=;|$)/gi, ';$1SameSite=Lax');
}

function ledBack(location: string, origin: string, aliases: readonly string[]): string {
  const alias = aliases.find((start) => location.startsWith(start));
  const rest = alias === undefined ? null : location.slice(alias.length);
  // `http://127.0.0.1:80` is not the start of `http://127.0.0.1:8080`.
  return rest !== null && /^([/?#]|$)/.test(rest) ? origin + rest : location;
}

function isForTheProxy(authorization: string | undefined): boolean {
  if (authorization === undefined) return false;
  // Some send an account's token without a scheme, or with another.
  return bearerVisitor(authorization) !== null || /\bhf_/i.test(authorization);
}

function connectionNames(value: string | string[] | undefined): ReadonlySet<string> {
  const names = String(value ?? '').split(',');
  return new Set(names.map((name) => name.trim().toLowerCase()));
}
