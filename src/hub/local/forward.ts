import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { type Dispatcher, request as send } from 'undici';
import { HOP_BY_HOP_HEADERS } from '../../shared/hop-by-hop.js';

/**
 * Never sent on: what speaks of one connection, cookies (a browser shares those of one address
 * between all its ports), and what the gateway of a Space would read.
 */
const KEPT_BACK = new Set([
  ...HOP_BY_HOP_HEADERS,
  ...['expect', 'host', 'cookie', 'set-cookie', 'origin', 'referer'],
  ...['x-hf-authorization', 'x-ip-token'],
]);

/** Sent on with another address in it, so that the next page is asked for here as well. */
const ADDRESSES = new Set(['location', 'link']);

/** How long the endpoint may take to begin its answer. */
const ANSWER_WITHIN_MS = 30_000;

export interface ForwardRequest {
  /** Address of the real endpoint, which may hold a path; no slash at its end. */
  readonly endpoint: string;
  /** Our own address, for what leads back. */
  readonly ownUrl: string;
  /** False for a local visitor's token, which stays here. */
  readonly keepToken: boolean;
}

/**
 * Hands a request on as it came and streams the answer back. Redirects are the client's to follow: no
 * token goes anywhere else from here.
 *
 * Rejects when the endpoint can't be reached.
 */
export async function handOn(
  incoming: IncomingMessage,
  response: ServerResponse,
  { endpoint, ownUrl, keepToken }: ForwardRequest,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  const hasBody = length !== undefined || encoding !== undefined;
  const answer = await send(`${endpoint}${incoming.url ?? '/'}`, {
    method: (incoming.method ?? 'GET') as Dispatcher.HttpMethod,
    headers: sentHeaders(incoming.headers, keepToken),
    body: hasBody ? incoming : null,
    signal: gone.signal,
    headersTimeout: ANSWER_WITHIN_MS,
  }).catch((error: unknown) => {
    if (gone.signal.aborted) return null;
    throw error;
  });
  if (answer === null) return;
  response.writeHead(answer.statusCode, returnedHeaders(answer.headers, endpoint, ownUrl));
  pipeline(answer.body, response, () => {});
}

/** The headers that leave: as they came, but for what is kept back. */
export function sentHeaders(
  incoming: IncomingHttpHeaders,
  keepToken: boolean,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming)) {
    if (value === undefined || KEPT_BACK.has(name)) continue;
    if (name === 'authorization' && !keepToken) continue;
    headers[name] = value;
  }
  return headers;
}

/** The headers that the client gets: addresses of the endpoint become ours. */
export function returnedHeaders(
  incoming: IncomingHttpHeaders,
  endpoint: string,
  ownUrl: string,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming)) {
    if (value === undefined || KEPT_BACK.has(name)) continue;
    headers[name] =
      ADDRESSES.has(name) && typeof value === 'string' ? ours(value, endpoint, ownUrl) : value;
  }
  return headers;
}

/** Replaces the endpoint where it is all of the address up to its path, not the start of another host. */
function ours(text: string, endpoint: string, ownUrl: string): string {
  return text
    .split(endpoint)
    .map((part, index) => (index === 0 || /^([/?#>]|$)/.test(part) ? part : `\0${part}`))
    .join(ownUrl)
    .replaceAll(`${ownUrl}\0`, endpoint);
}
