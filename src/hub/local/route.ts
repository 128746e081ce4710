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

/** The token of a Bearer header, or null. */
export function bearerToken(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? (/^Bearer\s+(\S+)\s*$/i.exec(header)?.[1] ?? null) : null;
}
