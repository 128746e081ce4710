import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface UpgradeOptions {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** First bytes after the request's head. */
  readonly head: Buffer;
  readonly upstreamPort: number;
  readonly url: string;
  readonly headers: Record<string, string | string[]>;
}

/** Joins a client that asks for another protocol (a websocket) with the app, byte for byte. */
export function forwardUpgrade(options: UpgradeOptions): void {
  const { request, socket, head, upstreamPort } = options;
  let joined = false;
  const upstream = connect(upstreamPort, '127.0.0.1', () => {
    joined = true;
    // Header values are bytes, which Node reads as Latin-1.
    upstream.write(requestHead(options), 'latin1');
    if (head.length > 0) upstream.write(head);
    socket.pipe(upstream).pipe(socket);
  });
  upstream.once('error', () => {
    // Once joined, every byte is the app's own.
    if (joined) socket.destroy();
    else socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
  });
  socket.once('close', () => upstream.destroy());
  // A slow client still gets what the app said last.
  upstream.once('close', () => request.socket.destroySoon());
  request.socket.setTimeout(0);
}

function requestHead({ request, url, headers }: UpgradeOptions): string {
  const lines = Object.entries({
    ...headers,
    connection: 'Upgrade',
    upgrade: request.headers.upgrade ?? 'websocket',
  }).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  return `${request.method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}
