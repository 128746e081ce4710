import { type IncomingMessage, request as sendRequest } from 'node:http';
import { type Duplex, PassThrough, pipeline } from 'node:stream';
import { type HeaderLines, hasBody, type PublicSide, returnedHeaders } from './headers.js';

export interface UpgradeOptions {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** First bytes after the request's head. */
  readonly head: Buffer;
  readonly upstreamPort: number;
  readonly url: string;
  readonly headers: HeaderLines;
  readonly publicSide: () => PublicSide;
}

/**
 * Whether a request only mentions another protocol, and is an ordinary one otherwise: what has a body,
 * and every offer of HTTP/2 (`curl --http2`), which RFC 9113 has taken back.
 */
export function isOrdinary(request: IncomingMessage): boolean {
  return hasBody(request) || request.headers.upgrade?.toLowerCase() === 'h2c';
}

const OFFER = new Set(['upgrade', 'http2-settings']);

/**
 * The bytes of a request's head without the offer of another protocol. In front of what has been read
 * since, a parser reads the same request, and a body as it reads every other.
 */
export function headWithoutOffer(request: IncomingMessage): Buffer {
  const { method, url, httpVersion } = request;
  const lines = pairs(request.rawHeaders).flatMap(([name, value]) => {
    if (OFFER.has(name.toLowerCase())) return [];
    if (name.toLowerCase() !== 'connection') return [`${name}: ${value}`];
    const left = String(value)
      .split(',')
      .filter((token) => !OFFER.has(token.trim().toLowerCase()));
    return left.length > 0 ? [`${name}: ${left.join(',')}`] : [];
  });
  const text = [`${method} ${url} HTTP/${httpVersion}`, ...lines, '', ''].join('\r\n');
  return Buffer.from(text, 'latin1');
}

/**
 * Asks the app for another protocol (a websocket) and joins client and app, byte for byte, once it has
 * agreed. Until then the client's bytes wait here: an app that continues with HTTP would take them for
 * requests, with whatever identity they claim. Its answer is passed on, and the connection ends.
 */
export function forwardUpgrade(options: UpgradeOptions): void {
  const { request, socket, upstreamPort } = options;
  request.socket.setTimeout(0);
  const early = socket.pipe(new PassThrough());
  early.write(options.head);
  const asked = sendRequest({
    host: '127.0.0.1',
    port: upstreamPort,
    method: request.method ?? 'GET',
    path: options.url,
    agent: false,
    setHost: false,
    headers: [...options.headers, ...upgradeHeaders(request)],
  });
  let joined = false;
  const leave = () => asked.destroy();
  socket.once('end', leave).once('close', leave);
  asked.once('error', () => {
    // Once anything was passed on, every byte is the app's own.
    if (joined) socket.destroy();
    else end(socket, '502 Bad Gateway');
  });
  asked.once('upgrade', (answer: IncomingMessage, upstream: Duplex, first: Buffer) => {
    joined = true;
    socket.off('end', leave).off('close', leave);
    socket.write(headOf(answer, pairs(answer.rawHeaders)), 'latin1');
    if (first.length > 0) socket.write(first);
    upstream.once('error', () => socket.destroy());
    socket.once('close', () => upstream.destroy());
    // A slow client still gets what the app said last.
    upstream.once('close', () => request.socket.destroySoon());
    early.pipe(upstream).pipe(socket);
  });
  asked.once('response', (answer) => {
    joined = true;
    socket.off('end', leave);
    const lines = returnedHeaders(answer.rawHeaders, options.publicSide);
    socket.write(headOf(answer, pairs([...lines, 'connection', 'close'])), 'latin1');
    pipeline(answer, socket, () => request.socket.destroySoon());
  });
  asked.end();
}

function upgradeHeaders({ headers }: IncomingMessage): HeaderLines {
  return ['connection', 'Upgrade', 'upgrade', headers.upgrade ?? 'websocket'];
}

type HeaderLine = readonly [name: string, value: string];

/** Header values are bytes, which Node reads as Latin-1. */
function headOf({ statusCode, statusMessage }: IncomingMessage, lines: readonly HeaderLine[]) {
  const each = lines.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${each.join('')}\r\n`;
}

function pairs(raw: readonly string[]): HeaderLine[] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []));
}

function end(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
}
