import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
  request as sendRequest,
} from 'node:http';
import { PassThrough, pipeline, Transform } from 'node:stream';
import { collectHeaders, hasBody, type PublicSide, returnedHeaders } from './headers.js';
import { describesItself, namesTheGateway } from './self-description.js';
import { createToldReader } from './told.js';

export interface ForwardOptions {
  /** Connections to the app. */
  readonly agent: Agent;
  readonly upstreamPort: number;
  readonly url: string;
  readonly headers: Record<string, string | string[]>;
  readonly setCookies: readonly string[];
  readonly publicSide: PublicSide;
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
  const asked = sendRequest({
    host: '127.0.0.1',
    port: options.upstreamPort,
    method: request.method ?? 'GET',
    path: options.url,
    headers: { ...options.headers, ...framingOf(request) },
    setHost: false,
    agent: options.agent,
  });
  response.once('close', () => asked.destroy());
  // It stays: an upload that the app cuts off after its answer changes nothing about the answer.
  const answered = answerTo(asked);
  sendBody(request, asked);
  const answer = await answered.catch((error: unknown) => {
    if (response.destroyed) return null;
    throw error;
  });
  if (answer === null) return;

  const headers = returnedHeaders(collectHeaders(answer.rawHeaders), options.publicSide);
  if (options.setCookies.length > 0) {
    headers['set-cookie'] = [headers['set-cookie'] ?? [], options.setCookies].flat(2);
  }
  const status = answer.statusCode ?? 502;
  // RFC 9110, section 8.6: such an answer has no length.
  if (status === 204) delete headers['content-length'];
  const { appOrigins, origin } = options.publicSide;
  const isOfItself = describesItself(options.url.replace(/[?#].*$/s, ''), headers);
  if (isOfItself && request.method !== 'HEAD') delete headers['content-length'];
  response.writeHead(status, headers);
  // An event stream's first byte may be long in coming; its headers must not wait for it. Bytes and
  // not flushHeaders(), which would send a header's Latin-1 as UTF-8.
  response.write(Buffer.alloc(0));
  // Either side's end is the other's, whether it came early or not: no connection is left to answer on.
  const finished = () => {};
  if (isEventStream(headers)) pipeline(answer, readAlong(options.onTold), response, finished);
  else if (isOfItself) pipeline(answer, namesTheGateway(appOrigins, origin), response, finished);
  else pipeline(answer, response, finished);
}

function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve);
    asked.on('error', reject);
  });
}

/** Node sends chunks by itself for some methods only, and other bodies without any framing. */
function framingOf({ headers }: IncomingMessage): Record<string, string> {
  return headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };
}

/**
 * The request's body as a stream of its own: an app that answers before it has read all of it ends
 * this one, and the client still gets the answer. The rest is read and dropped.
 */
function sendBody(request: IncomingMessage, asked: ClientRequest): void {
  if (!hasBody(request)) {
    asked.end();
    return;
  }
  const upload = request.pipe(new PassThrough());
  upload.on('error', () => {});
  // The head goes out before the first part has come. As above: not by flushHeaders().
  asked.write(Buffer.alloc(0));
  upload.pipe(asked);
  // A client that leaves in the middle of its body: no half that looks whole.
  request.once('close', () => {
    if (!request.complete) asked.destroy();
  });
  asked.once('close', () => {
    request.unpipe(upload);
    request.resume();
  });
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
