import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Pool } from 'undici';
import {
  formatVisitorName,
  type VisitorName,
  visitorNameHelp,
  visitorOf,
} from '../allocator/core/visitor.js';
import type { VisitorTokens } from '../allocator/server/visitor-tokens.js';
import { listenOrExplain } from '../shared/listen.js';
import { isFromForeignPage, isLoopbackHost } from '../shared/loopback.js';
import { forwardRequest } from './forward.js';
import { forwardedHeaders } from './headers.js';
import { identifyVisitor, rememberCookie } from './identity.js';
import { forwardUpgrade } from './upgrade.js';

export interface GatewayOptions {
  readonly host: string;
  readonly port: { readonly number: number; readonly explicit: boolean };
  /** Port of the app on 127.0.0.1; `setUpstreamPort` changes it. */
  readonly upstreamPort: number;
  /** Who a visitor is that says nothing (`--as`). */
  readonly defaultVisitor: VisitorName;
  readonly tokens: VisitorTokens;
  /** Why nobody's own token counts: then all are anonymous, and are told so. */
  readonly tokenError?: string;
  /** What a visitor was told about the GPU, in the package's own words. */
  readonly onTold?: (message: string, visitor: string) => void;
}

/** The proxy in front of the app: it plays the platform's. */
export interface Gateway {
  readonly url: string;
  readonly port: number;
  setUpstreamPort(port: number): void;
  /** Who a visitor is from now on that says nothing. */
  setDefaultVisitor(visitor: VisitorName): void;
  close(): Promise<void>;
}

/** What is settled about a request before it is forwarded. */
interface Admission {
  readonly url: string;
  readonly headers: Record<string, string | string[]>;
  readonly visitorKey: string;
  readonly setCookie: string | null;
}

/** What is not forwarded, with the sentence that says why. */
interface Refused {
  readonly refused: 400 | 403;
  readonly why: string;
}

/**
 * Starts the gateway. It passes bytes on as they come, in both directions: uploads, event streams,
 * ranges, websockets; it adds the signed X-IP-Token that says who the visitor is, and takes a forged
 * one away.
 *
 * @throws UserError E_PORT_TAKEN
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { tokens } = options;
  let defaultVisitor = options.defaultVisitor;
  let upstreamPort = options.upstreamPort;
  let pool = createPool(upstreamPort);
  const sockets = new Set<Duplex>();

  const server = createServer({
    maxHeaderSize: 16_384,
    headersTimeout: 5_000,
    // An upload may take long; a socket that sends nothing at all is bounded below.
    requestTimeout: 0,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 65_000,
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    admit(request)
      .then((admission) => {
        if ('refused' in admission) return refuse(response, admission.refused, admission.why);
        return forwardRequest(request, response, {
          ...admission,
          ...origins(request),
          pool,
          onTold: (text) => options.onTold?.(text, admission.visitorKey),
        });
      })
      .catch(() => refuse(response, 502, 'The Space does not answer.'));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    admit(request)
      .then((admission) => {
        if ('refused' in admission) {
          const status = admission.refused === 403 ? '403 Forbidden' : '400 Bad Request';
          socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
          return;
        }
        const { url, headers } = admission;
        const from = { request, socket, head };
        forwardUpgrade({ ...from, ...origins(request), upstreamPort, url, headers });
      })
      .catch(() => socket.destroy());
  });

  function origins({ headers }: IncomingMessage) {
    return {
      upstreamOrigin: `http://127.0.0.1:${upstreamPort}`,
      publicOrigin: `http://${headers.host ?? ''}`,
    };
  }

  async function admit(request: IncomingMessage): Promise<Admission | Refused> {
    const { host = '', origin } = request.headers;
    if (isLoopback(options.host)) {
      if (!isLoopbackHost(host)) return { refused: 403, why: foreignHost(host) };
      if (isFromForeignPage(request.headers)) return { refused: 403, why: foreignPage(origin) };
    }
    if (!request.url?.startsWith('/')) return { refused: 400, why: 'Ask for a path: /…' };
    const clientAddress = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
    const facts = { url: request.url, headers: request.headers };
    const who = identifyVisitor(facts, defaultVisitor);
    if (who.unknownName !== null) {
      return { refused: 400, why: `?as=${who.unknownName} is no visitor. ${visitorNameHelp}` };
    }
    const passedOn = await passedOnToken(request.headers['x-ip-token']);
    const { tokenError } = options;
    const name = tokenError ? { tier: 'anonymous' as const, name: null } : who.visitor;
    const visitor = visitorOf(name, clientAddress);
    const token = passedOn?.token ?? (await tokens.sign(visitor, tokenError));
    return {
      url: who.url,
      headers: forwardedHeaders(request.headers, { token, clientAddress, host }),
      visitorKey: passedOn?.key ?? visitor.key,
      setCookie: who.remember ? rememberCookie(formatVisitorName(who.visitor)) : null,
    };
  }

  /** A token that we signed ourselves keeps its visitor: a Space that passes its visitor on. */
  async function passedOnToken(header: string | string[] | undefined) {
    if (typeof header !== 'string') return null;
    const verdict = await tokens.verify(header);
    return verdict.status === 'valid' ? { token: header, key: verdict.visitor.key } : null;
  }

  const { port, url } = await listenOrExplain(server, {
    host: options.host,
    port: options.port.number,
    explicit: options.port.explicit,
  });
  return {
    url,
    port,
    setUpstreamPort(next) {
      upstreamPort = next;
      const old = pool;
      pool = createPool(next);
      void old.close();
    },
    setDefaultVisitor(visitor) {
      defaultVisitor = visitor;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await pool.destroy();
      await closed;
    },
  };
}

/** A GPU call may be silent for as long as it runs: time-outs are the allocator's, not the proxy's. */
function createPool(port: number): Pool {
  return new Pool(`http://127.0.0.1:${port}`, {
    connections: null,
    headersTimeout: 0,
    bodyTimeout: 0,
    pipelining: 1,
  });
}

function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${text}\n`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function foreignHost(host: string): string {
  return `This gateway answers on this machine's own addresses only, not on ${host || 'no host'}.`;
}

function foreignPage(origin: string | undefined): string {
  return `This gateway takes nothing from pages of other sites (${origin}).`;
}
