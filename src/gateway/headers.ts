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

/** Header lines as `node:http` takes and gives them: a name, its value, the next name. */
export type HeaderLines = string[];

/** The headers that the app gets. */
export function forwardedHeaders(incoming: IncomingHttpHeaders, facts: ForwardFacts): HeaderLines {
  const named = connectionNames(incoming.connection);
  const lines: HeaderLines = [];
  for (const name in incoming) {
    const value = incoming[name];
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name) || isOurs(name)) continue;
    if (name === 'cookie') addLine(lines, name, withoutOurCookies(incoming.cookie));
    // A visitor's name or an account's token was meant for the proxy; any other scheme is the app's.
    else if (name !== 'authorization' || !isForTheProxy(incoming.authorization)) {
      addLine(lines, name, value);
    }
  }
  lines.push('x-ip-token', facts.token, 'x-forwarded-for', facts.clientAddress);
  lines.push('x-forwarded-host', facts.host, 'x-forwarded-proto', 'http');
  return lines;
}

/** To a WSGI app `x_ip_token` is the same header as `x-ip-token`. */
function isOurs(name: string): boolean {
  return OURS.has(name.includes('_') ? name.replaceAll('_', '-') : name);
}

function addLine(
  lines: HeaderLines,
  name: string,
  value: string | readonly string[] | undefined,
): void {
  if (typeof value === 'string') lines.push(name, value);
  else for (const one of value ?? []) lines.push(name, one);
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

/**
 * The headers that the client gets: redirects to the app's own port lead back through here.
 *
 * @param raw as the app sent them, repeated ones too
 * @param publicSide asked only when a header names a place
 */
export function returnedHeaders(raw: readonly string[], publicSide: () => PublicSide): HeaderLines {
  const named = connectionNames(valuesOf(raw, 'connection'));
  const lines: HeaderLines = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = raw[i + 1] ?? '';
    if (HOP_BY_HOP.has(name) || named.has(name)) continue;
    // The platform has TLS and the gateway has none: browsers drop what is for TLS alone.
    if (name === 'set-cookie') lines.push(name, cookieWithoutTls(value));
    else if (name === 'location') lines.push(name, ledBack(value, publicSide()));
    else lines.push(name, value);
  }
  return lines;
}

/** The values of a header, joined as one; undefined when it is not there. */
export function valuesOf(lines: readonly string[], name: string): string | undefined {
  let values: string | undefined;
  for (let i = 0; i < lines.length; i += 2) {
    const found = lines[i] ?? '';
    if (found.length !== name.length || found.toLowerCase() !== name) continue;
    values = values === undefined ? lines[i + 1] : `${values}, ${lines[i + 1]}`;
  }
  return values;
}

/** The lines without one header. */
export function without(lines: readonly string[], name: string): HeaderLines {
  return lines.filter((_, i) => lines[i - (i % 2)] !== name);
}

/** Names with these prefixes promise TLS: without it they are not to be had. */
const FOR_TLS = /^__(?:Secure|Host)-/i;

function cookieWithoutTls(cookie: string): string {
  if (FOR_TLS.test(cookie) || !/;\s*secure\s*(?:;|$)/i.test(cookie)) return cookie;
  return cookie
    .replace(/;\s*secure\s*(?=;|$)/gi, '')
    .replace(/;(\s*)samesite=none\s*(?=;|$)/gi, ';$1SameSite=Lax');
}

function ledBack(location: string, { origin, aliases }: PublicSide): string {
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

const NO_NAMES: ReadonlySet<string> = new Set();

function connectionNames(value: string | undefined): ReadonlySet<string> {
  if (value === undefined || /^(?:keep-alive|close)$/i.test(value)) return NO_NAMES;
  return new Set(value.split(',').map((name) => name.trim().toLowerCase()));
}
