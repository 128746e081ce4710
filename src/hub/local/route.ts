/** What a request to the local Hub asks for. */
export type Route =
  | { readonly kind: 'quota' }
  | { readonly kind: 'who' }
  | { readonly kind: 'space' | 'runtime'; readonly id: string }
  | { readonly kind: 'other' };

const SPACE = /^\/api\/spaces\/([\w.-]+)\/([\w.-]+?)(\/runtime|\/revision\/[^/]+)?$/;

/** @param url path and query as the client sent them */
export function routeOf(method: string, url: string): Route {
  if (method !== 'GET' && method !== 'HEAD') return { kind: 'other' };
  const path = url.replace(/[?#].*$/, '').replace(/%2f/gi, '/');
  if (path === '/api/spaces/zero-gpu/quota') return { kind: 'quota' };
  if (path === '/api/whoami-v2') return { kind: 'who' };
  const [, owner, name, rest] = SPACE.exec(path) ?? [];
  if (!owner || !name) return { kind: 'other' };
  return { kind: rest === '/runtime' ? 'runtime' : 'space', id: `${owner}/${name}` };
}

/** What an Authorization header says. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  /** Another scheme, or words that are not a token: nothing that may be handed on. */
  | { readonly kind: 'odd' };

/** The characters of tokens (RFC 6750, section 2.1). */
const TOKEN = /^[\w.~+/-]+=*$/;

/** Reads `Bearer TOKEN`, and `Basic` as Git sends it, whose password is the token. */
export function credentialsOf(header: string | string[] | undefined): Credentials {
  if (header === undefined) return { kind: 'none' };
  const [, scheme = '', rest = ''] = /^(Bearer|Basic)\s+(\S+)\s*$/i.exec(String(header)) ?? [];
  if (scheme === '') return { kind: 'odd' };
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', token: rest };
  const text = Buffer.from(rest, 'base64').toString('latin1');
  const password = text.slice(text.indexOf(':') + 1);
  return TOKEN.test(password) || password.includes(':')
    ? { kind: 'token', token: password }
    : { kind: 'odd' };
}

/** Whether a token could be the Hub's: those of local visitors have a colon, or other letters. */
export const couldBeReal = (token: string): boolean => TOKEN.test(token);
