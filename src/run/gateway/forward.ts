import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import type { Pool } from 'undici';
import { returnedHeaders } from './headers.js';
import { createToldReader } from './told.js';

export interface ForwardOptions {
  readonly pool: Pool;
  readonly url: string;
  readonly headers: Record<string, string | string[]>;
  readonly setCookie: string | null;
  readonly upstreamOrigin: string;
  readonly publicOrigin: string;
  readonly onTold: (text: string) => void;
}

/**
 * Sends one request on and its answer back, as streams. When either side leaves, so does the other.
 *
 * Resolves when the answer's headers are on their way; rejects when the app can't be reached.
 */
export async function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: ForwardOptions,
): Promise<void> {
  const clientGone = new AbortController();
  response.once('close', () => clientGone.abort());
  const hasBody =
    request.headers['content-length'] !== undefined ||
    request.headers['transfer-encoding'] !== undefined;
  const answer = await options.pool
    .request({
      method: (request.method ?? 'GET') as 'GET',
      path: options.url,
      headers: options.headers,
      body: hasBody ? request : null,
      signal: clientGone.signal,
    })
    .catch((error: unknown) => {
      if (clientGone.signal.aborted) return null;
      throw error;
    });
  if (answer === null) return;

  const headers = returnedHeaders(answer.headers, options.upstreamOrigin, options.publicOrigin);
  if (options.setCookie !== null) {
    headers['set-cookie'] = [headers['set-cookie'] ?? [], options.setCookie].flat();
  }
  response.writeHead(answer.statusCode, headers);
  // An event stream's first byte may be long in coming; its headers must not wait for it.
  response.flushHeaders();
  const finished = () => {
    // An upload that the app did not read to its end would poison the connection.
    if (!request.complete) request.socket.destroy();
  };
  if (isEventStream(headers)) pipeline(answer.body, readAlong(options.onTold), response, finished);
  else pipeline(answer.body, response, finished);
}

function isEventStream(headers: Record<string, string | string[]>): boolean {
  return String(headers['content-type'] ?? '').startsWith('text/event-stream');
}

function readAlong(onTold: (text: string) => void): Transform {
  const read = createToldReader(onTold);
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      read(chunk);
      done(null, chunk);
    },
  });
}
