import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, pipeline, Transform } from 'node:stream';
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
  const answer = await options.pool
    .request({
      method: (request.method ?? 'GET') as 'GET',
      path: options.url,
      headers: options.headers,
      body: uploadOf(request),
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
  // An event stream's first byte may be long in coming; its headers must not wait for it. Bytes and
  // not flushHeaders(), which would send a header's Latin-1 as UTF-8.
  response.write(Buffer.alloc(0));
  // Either side's end is the other's, whether it came early or not: there is nobody left to tell.
  const finished = () => {};
  if (isEventStream(headers)) pipeline(answer.body, readAlong(options.onTold), response, finished);
  else pipeline(answer.body, response, finished);
}

/**
 * The request's body as a stream of its own: an app that answers before it has read all of it ends
 * this one, and the client still gets the answer. The rest is read and dropped.
 */
function uploadOf(request: IncomingMessage): PassThrough | null {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (length === undefined && encoding === undefined) return null;
  const upload = request.pipe(new PassThrough());
  upload.on('error', () => {});
  upload.once('close', () => request.resume());
  return upload;
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
