import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../shared/clock.js';
import { listenOrExplain } from '../../shared/listen.js';
import { isFromForeignPage, isLoopbackHost } from '../../shared/loopback.js';
import { cutSlowRequests, NO_LIMITS } from '../../shared/slow-requests.js';
import type { HubEndpoint } from '../settings.js';
import { quotaBody, runtimeBody, spaceBody, whoBody } from './bodies.js';
import { handOn } from './forward.js';
import { answerLogin, type LocalLogin } from './login.js';
import type { LocalHubPorts, LocalVisitor } from './port.js';
import { couldBeReal, credentialsOf, routeOf } from './route.js';

/** The first port that is tried; the next free one where it is taken. */
export const LOCAL_HUB_PORT = 7870;

export interface LocalHub {
  /** What clients get as HF_ENDPOINT. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the local Hub on 127.0.0.1: it answers for local visitors and for the Spaces that run here,
 * and hands everything else on to the real one. No local visitor's token leaves this machine; a real
 * one goes to the endpoint of HF_ENDPOINT alone.
 *
 * @param port the first that is tried; 0 for any free one
 * @param login of the Space of this run; null where it has none
 * @throws UserError E_PORT_TAKEN
 */
export async function startLocalHub(
  ports: LocalHubPorts,
  upstream: HubEndpoint,
  port: number = LOCAL_HUB_PORT,
  login: LocalLogin | null = null,
): Promise<LocalHub> {
  const sockets = new Set<Duplex>();
  const sinceMs = systemClock.now().wallMs;
  const server = createServer({
    maxHeaderSize: 16_384,
    ...NO_LIMITS,
  });
  cutSlowRequests(server, { headMs: 5_000, wholeMs: null });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const { url } = await listenOrExplain(server, {
    host: '127.0.0.1',
    port,
    explicit: false,
  });
  server.on('request', (request, response) => {
    answer(request, response).catch(() => {
      refuse(response, 503, 'The allocator behind the local Hub does not answer.');
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page of another site must not reach this through a name of its own.
    const { host } = request.headers;
    if (!isLoopbackHost(host)) return refuse(response, 403, 'Ask for 127.0.0.1.');
    if (isFromForeignPage(request.headers))
      return refuse(response, 403, 'Not for pages of other sites.');
    // Put behind the endpoint, anything else could lead to another host.
    if (!request.url?.startsWith('/')) return refuse(response, 400, 'Ask for a path.');
    if (login && (await answerLogin(request, response, login, url))) return;
    const credentials = credentialsOf(request.headers.authorization);
    const token = credentials.kind === 'token' ? credentials.token : null;
    const visitor = token === null ? null : await visitorOf(token, request);
    if (visitor !== null && 'why' in visitor) return refuse(response, 401, visitor.why);
    const route = routeOf(request.method ?? 'GET', request.url);

    if (route.kind === 'space' || route.kind === 'runtime') {
      const space = (await ports.spaces()).find(({ id }) => id === route.id);
      const isWhole = route.kind === 'space';
      if (space) return reply(response, isWhole ? spaceBody(space, sinceMs) : runtimeBody());
    }
    if (route.kind === 'quota' || route.kind === 'who') {
      if (visitor && route.kind === 'who') return reply(response, whoBody(visitor));
      if (visitor?.access && !visitor.access.scopes.includes('read-billing')) {
        return refuse(response, 403, 'The login of this Space lacks the scope read-billing.');
      }
      if (visitor) return reply(response, quotaBody(await ports.quotaOf(visitor)));
      if (token === null) {
        const text =
          'The local Hub wants a token: HF_TOKEN=free, pro, pro:ann, team, enterprise or a real one.';
        return refuse(response, 401, text);
      }
    }
    await beyond(request, response, token !== null && visitor === null);
  }

  async function visitorOf(token: string, { socket }: IncomingMessage) {
    const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
    const visitor: LocalVisitor | { why: string } | null = await ports.visitorOf(token, address);
    if (visitor !== null || couldBeReal(token)) return visitor;
    return { why: 'This token is neither a local visitor (free, pro:ann) nor one of the Hub.' };
  }

  async function beyond(
    request: IncomingMessage,
    response: ServerResponse,
    keepToken: boolean,
  ): Promise<void> {
    const { endpoint, offline } = upstream;
    if (offline) {
      return refuse(response, 503, `HF_HUB_OFFLINE is set: nothing is asked of ${endpoint}.`);
    }
    if (endpoint === url) return refuse(response, 503, 'HF_ENDPOINT names this local Hub itself.');
    try {
      await handOn(request, response, { endpoint, ownUrl: url, keepToken });
    } catch {
      refuse(response, 503, `The local Hub does not know this, and ${endpoint} can't be reached.`);
    }
  }

  return {
    url,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function reply(response: ServerResponse, body: Record<string, unknown>): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

/** As the Hub does: `error` for programs, `x-error-message` for the line that its clients print. */
function refuse(response: ServerResponse, status: number, error: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'x-error-message': error,
    connection: 'close',
  });
  response.end(JSON.stringify({ error }));
}
