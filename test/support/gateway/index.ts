import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { createVisitorTokens } from '../../../src/allocator/server/visitor-tokens.js';
import { type Gateway, type GatewayOptions, startGateway } from '../../../src/gateway/index.js';
import { systemClock } from '../../../src/shared/clock.js';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What a client gets. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent with its length; a list of parts is sent chunked. */
  readonly body?: Buffer | readonly Buffer[];
}

/** The tokens of the allocator beside the gateway. */
export const tokens = createVisitorTokens(new Uint8Array(32).fill(7), systemClock);

/** A server on loopback, for this test. */
export async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    if (server instanceof Server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The real gateway in front of an app of this test; both go when the test ends. */
export async function gatewayBefore(
  app: Handler | TcpServer,
  options: Partial<GatewayOptions> = {},
): Promise<Gateway> {
  const upstreamPort = await listen(typeof app === 'function' ? createServer(app) : app);
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: { number: 0, explicit: true },
    upstreamPort,
    defaultVisitor: { tier: 'anonymous', name: null },
    tokens,
    ...options,
  });
  onTestFinished(gateway.close);
  return gateway;
}

/** An app that answers with the request's own head, as JSON. */
export const echoHead: Handler = ({ method, url, headers }, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method, url, headers }));
};

/** What the app was asked, by `echoHead`'s answer. */
export interface EchoedHead {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Asks on a connection of its own, with whatever headers: `fetch` would refuse some. */
export function ask(url: string, { method, headers, body }: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const asked = request(url, { agent, method: method ?? 'GET', headers: headers ?? {} });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const all = Buffer.concat(parts);
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, body: all, text: all.toString() });
      });
    });
    if (body instanceof Buffer) asked.setHeader('content-length', body.length);
    for (const part of body instanceof Buffer ? [body] : (body ?? [])) asked.write(part);
    asked.end();
  });
}

/** Asks an app of `echoHead`. */
export async function askHead(url: string, options: AskOptions = {}): Promise<EchoedHead> {
  return JSON.parse((await ask(url, options)).text) as EchoedHead;
}
