/** What an app asks of the login page, held against what its Space may ask. Pure. */
import type { LoginApp } from './app.js';

/** A request that may be answered with a code. */
export interface LoginRequest {
  /** As the app gave it: it has to name the same one when it redeems the code. */
  readonly redirectUri: string;
  /** Path and query of `redirectUri`: the visitor is led there on the address that they came by. */
  readonly returnPath: string;
  readonly state: string | null;
  readonly nonce: string | null;
  readonly scopes: readonly string[];
  /** PKCE, method S256; null without. */
  readonly challenge: string | null;
  /** Whether the visitor is to be asked in any case. */
  readonly asksAlways: boolean;
}

export type LoginReading =
  | { readonly kind: 'good'; readonly request: LoginRequest }
  /** The app hears of it. */
  | {
      readonly kind: 'failed';
      readonly error: string;
      readonly returnPath: string;
      readonly state: string | null;
    }
  /** The visitor reads it: where the app is can't be trusted. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Reads the query of an authorization request.
 *
 * @param isOwnHost whether visitors reach this Space by a `host:port`
 */
export function readLoginRequest(
  query: URLSearchParams,
  app: LoginApp,
  isOwnHost: (host: string) => boolean,
): LoginReading {
  if ([...new Set(query.keys())].some((name) => query.getAll(name).length > 1)) {
    return { kind: 'refused', why: 'A parameter of the login is there twice.' };
  }
  if (query.get('client_id') !== app.clientId) {
    return { kind: 'refused', why: 'client_id is not the one of this Space (OAUTH_CLIENT_ID).' };
  }
  const redirectUri = query.get('redirect_uri') ?? '';
  const returnPath = returnPathOf(redirectUri, isOwnHost);
  if (returnPath === null) {
    return { kind: 'refused', why: 'redirect_uri does not lead to this Space (SPACE_HOST).' };
  }
  const state = query.get('state');
  const failed = (error: string) => ({ kind: 'failed', error, returnPath, state }) as const;
  if (query.get('response_type') !== 'code') return failed('unsupported_response_type');
  const scopes = (query.get('scope') ?? app.scopes.join(' ')).split(/\s+/).filter(Boolean);
  if (!scopes.every((scope) => app.scopes.includes(scope))) return failed('invalid_scope');
  const challenge = query.get('code_challenge');
  if (challenge !== null && query.get('code_challenge_method') !== 'S256') {
    return failed('invalid_request');
  }
  const prompt = query.get('prompt') ?? '';
  return {
    kind: 'good',
    request: {
      ...{ redirectUri, returnPath, state, scopes, challenge, nonce: query.get('nonce') },
      asksAlways: /\b(login|consent|select_account)\b/.test(prompt),
    },
  };
}

/** As on the Hub, any path of the Space may be named; its apps name `https`, as the platform has it. */
function returnPathOf(uri: string, isOwnHost: (host: string) => boolean): string | null {
  // What `URL` would repair could be read otherwise by somebody else.
  if (!/^https?:\/\/[^\s\\@#]+$/.test(uri) || !URL.canParse(uri)) return null;
  const { host, pathname, search } = new URL(uri);
  return isOwnHost(host) ? `/${pathname.replace(/^\/+/, '')}${search}` : null;
}

/** The path that leads back to the app, with what it is to hear. */
export function returnTo(
  returnPath: string,
  answer: Readonly<Record<string, string | null>>,
): string {
  const url = new URL(returnPath, 'http://space');
  for (const [name, value] of Object.entries(answer)) {
    if (value !== null) url.searchParams.append(name, value);
  }
  return `${url.pathname}${url.search}`;
}
