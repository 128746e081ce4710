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
import { TIERS, type Tier } from '../platform/tiers.js';

export interface RequestFacts {
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Whose access token the request has, from a login of a Space; null without one. */
  readonly login?: VisitorName | null;
}

export interface Identification {
  readonly visitor: VisitorName;
  /** False when the visitor is the default of `--as`. */
  readonly isNamed: boolean;
  /** The URL to forward: without our own parameter. */
  readonly url: string;
  /** Set when the address named the visitor: the page's later requests must keep it. */
  readonly remember: boolean;
  /** A `?as=` or a token that looks like a visitor but does not name one. */
  readonly unknownName: string | null;
}

const PARAMETER = 'as';
/** The same for one tab: no cookie, so that other tabs stay who they are. */
const TAB_PARAMETER = 'as_tab';
/** Set by `?as=`. */
const COOKIE = 'zerogpu_as';
/** Set by the login page, and ended by logging out of the Space. */
const LOGIN_COOKIE = 'zerogpu_login';

/** The console's session: cookies of a host go to each of its ports, and an app may not have this one. */
const CONSOLE_COOKIE = 'zerogpu_console';

/**
 * In order: `?as=` and `?as_tab=`, x-hf-authorization, authorization, the same parameters of the page that asks
 * (its tab stays who it is, whoever other tabs are), the cookies of a login and of an earlier `?as=`, then the
 * default of `--as`.
 *
 * @param tiers of the platform: a visitor of another tier is not known
 */
export function identifyVisitor(
  request: RequestFacts,
  fallback: VisitorName,
  tiers: readonly Tier[] = TIERS,
): Identification {
  const known = (visitor: VisitorName | null) =>
    visitor !== null && tiers.includes(visitor.tier) ? visitor : null;
  const { headers, login = null } = request;
  const { url, value, isForTab } = takeParameter(request.url);
  const asked = value === null ? null : known(parseVisitorName(value));
  const named =
    asked ??
    known(bearerVisitor(headers['x-hf-authorization'])) ??
    known(bearerVisitor(headers.authorization)) ??
    known(login) ??
    known(visitorOfPage(headers)) ??
    known(cookieVisitor(headers.cookie, LOGIN_COOKIE)) ??
    known(cookieVisitor(headers.cookie, COOKIE));
  const wrongToken = [headers['x-hf-authorization'], headers.authorization]
    .map((header) => misspeltVisitor(header, known))
    .find((name) => name !== null);
  const unknownName = value && !asked ? `?as=${value}` : (wrongToken ?? null);
  return {
    visitor: named ?? fallback,
    isNamed: named !== null,
    url,
    remember: asked !== null && !isForTab,
    unknownName,
  };
}

/** Whom the address of the asking page names: a browser sends it along to the page's own origin. */
function visitorOfPage({ referer, host }: IncomingHttpHeaders): VisitorName | null {
  if (referer === undefined || !URL.canParse(referer)) return null;
  const page = new URL(referer);
  if (page.host !== host) return null;
  const { value } = takeParameter(page.search);
  return value === null ? null : parseVisitorName(value);
}

/** What a client calls itself (`zerogpu call` does), to find its own calls again. */
export function clientNamed(header: string | string[] | undefined): { readonly client?: string } {
  return typeof header === 'string' && /^[\w-]{1,64}$/.test(header) ? { client: header } : {};
}

/** The token of a Bearer header, or null. */
export function bearerToken(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? (/^Bearer\s+(\S+)$/i.exec(header)?.[1] ?? null) : null;
}

/** A token that begins as a visitor does, `pro:`, but is not one: it was not meant for the Hub either. */
function misspeltVisitor(
  header: string | string[] | undefined,
  known: (visitor: VisitorName | null) => VisitorName | null,
): string | null {
  const [, text = ''] = /^Bearer\s+(.*)$/i.exec(String(header ?? '')) ?? [];
  const [, tier = ''] = /^(?:hf_)?([a-z]+):/i.exec(text) ?? [];
  if (parseVisitorName(tier) === null || known(parseVisitorToken(text)) !== null) return null;
  return `the token ${text}`;
}

/** The visitor that a Bearer header names, or null: then it is not for us. */
export function bearerVisitor(header: string | string[] | undefined): VisitorName | null {
  const token = bearerToken(header);
  return token === null ? null : parseVisitorToken(token);
}

/**
 * `Set-Cookie` values that keep a visitor of `?as=` for this browser session. A login before it is over.
 *
 * @param header the cookies that came
 */
export function rememberCookies(name: string, header: string | undefined): readonly string[] {
  const isLoggedIn = header?.includes(`${LOGIN_COOKIE}=`) ?? false;
  return [cookie(COOKIE, name), ...(isLoggedIn ? [forgetLoginCookie] : [])];
}

/** `Set-Cookie` value for whoever has chosen a visitor on the login page. */
export const loginCookie = (name: string): string => cookie(LOGIN_COOKIE, name);

export const forgetLoginCookie = `${cookie(LOGIN_COOKIE, '')}; Max-Age=0`;

function cookie(key: string, name: string): string {
  return `${key}=${encodeURIComponent(name)}; Path=/; SameSite=Lax; HttpOnly`;
}

const OUR_COOKIES: ReadonlySet<string> = new Set([COOKIE, LOGIN_COOKIE, CONSOLE_COOKIE]);

/** The cookie header without ours, or undefined when nothing is left. */
export function withoutOurCookies(header: string | undefined): string | undefined {
  const isOurs = (pair: string) => OUR_COOKIES.has(pair.trim().replace(/=.*$/s, ''));
  const rest = header?.split(';').filter((pair) => !isOurs(pair));
  return rest && rest.length > 0 ? rest.join(';').trim() : undefined;
}

function cookieVisitor(header: string | undefined, key: string): VisitorName | null {
  const pair = header?.split(';').find((part) => part.trim().startsWith(`${key}=`));
  if (pair === undefined) return null;
  try {
    return parseVisitorName(decodeURIComponent(pair.trim().slice(key.length + 1)));
  } catch {
    return null;
  }
}

/** Cuts `as=…` and `as_tab=…` out of the query and leaves every other byte as it was; the last one counts. */
function takeParameter(url: string): {
  readonly url: string;
  readonly value: string | null;
  readonly isForTab: boolean;
} {
  const start = url.indexOf('?');
  let value: string | null = null;
  let isForTab = false;
  if (start < 0) return { url, value, isForTab };
  const rest = url
    .slice(start + 1)
    .split('&')
    .filter((part) => {
      const name = [PARAMETER, TAB_PARAMETER].find((one) => part.startsWith(`${one}=`));
      if (name === undefined) return true;
      value = new URLSearchParams(part).get(name);
      isForTab = name === TAB_PARAMETER;
      return false;
    });
  if (value === null) return { url, value, isForTab };
  const path = url.slice(0, start);
  return { url: rest.length > 0 ? `${path}?${rest.join('&')}` : path, value, isForTab };
}
