/**
 * Who a request's visitor is. Real clients say it in three ways (tried with both): the Python
 * `gradio_client` sends `x-hf-authorization: Bearer TOKEN`, the npm `@gradio/client` sends
 * `authorization: Bearer TOKEN`, a browser sends a cookie. Here a token is a local visitor's name.
 */
import type { IncomingHttpHeaders } from 'node:http';
import {
  parseVisitorName,
  parseVisitorToken,
  type VisitorName,
} from '../allocator/core/visitor.js';

export interface RequestFacts {
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Identification {
  readonly visitor: VisitorName;
  /** The URL to forward: without our own parameter. */
  readonly url: string;
  /** Set when the address named the visitor: the page's later requests must keep it. */
  readonly remember: boolean;
  /** A `?as=` that names nobody. */
  readonly unknownName: string | null;
}

const PARAMETER = 'as';
const COOKIE = 'zerogpu_as';

/** In order: `?as=`, x-hf-authorization, authorization, cookie, then the default of `--as`. */
export function identifyVisitor(request: RequestFacts, fallback: VisitorName): Identification {
  const { url, value } = takeParameter(request.url);
  const asked = value === null ? null : parseVisitorName(value);
  const visitor =
    asked ??
    bearerVisitor(request.headers['x-hf-authorization']) ??
    bearerVisitor(request.headers.authorization) ??
    cookieVisitor(request.headers.cookie) ??
    fallback;
  return { visitor, url, remember: asked !== null, unknownName: value && !asked ? value : null };
}

/** The visitor that a Bearer header names, or null: then it is not for us. */
export function bearerVisitor(header: string | string[] | undefined): VisitorName | null {
  const token = typeof header === 'string' ? /^Bearer\s+(\S+)$/i.exec(header)?.[1] : undefined;
  return token === undefined ? null : parseVisitorToken(token);
}

/** `Set-Cookie` value that keeps the visitor for this browser session. */
export function rememberCookie(name: string): string {
  return `${COOKIE}=${encodeURIComponent(name)}; Path=/; SameSite=Lax; HttpOnly`;
}

/** The cookie header without ours, or undefined when nothing is left. */
export function withoutOurCookie(header: string | undefined): string | undefined {
  const rest = header?.split(';').filter((pair) => !pair.trim().startsWith(`${COOKIE}=`));
  return rest && rest.length > 0 ? rest.join(';').trim() : undefined;
}

function cookieVisitor(header: string | undefined): VisitorName | null {
  const pair = header?.split(';').find((part) => part.trim().startsWith(`${COOKIE}=`));
  if (pair === undefined) return null;
  try {
    return parseVisitorName(decodeURIComponent(pair.trim().slice(COOKIE.length + 1)));
  } catch {
    return null;
  }
}

/** Cuts `as=…` out of the query and leaves every other byte as it was. */
function takeParameter(url: string): { url: string; value: string | null } {
  const start = url.indexOf('?');
  if (start < 0) return { url, value: null };
  let value: string | null = null;
  const rest = url
    .slice(start + 1)
    .split('&')
    .filter((part) => {
      if (!part.startsWith(`${PARAMETER}=`)) return true;
      value = new URLSearchParams(part).get(PARAMETER);
      return false;
    });
  if (value === null) return { url, value };
  const path = url.slice(0, start);
  return { url: rest.length > 0 ? `${path}?${rest.join('&')}` : path, value };
}
