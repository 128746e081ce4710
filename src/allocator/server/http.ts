/**
 * The HTTP of device API and control API: node:http, a table of routes, JSON answers. No framework:
 * an allocator has to serve again at once after a crash, and loading one took as long as Node itself.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ParsedUrlQuery, parse as parseQuery } from 'node:querystring';
import * as z from 'zod';
import { cutSlowRequests, NO_LIMITS } from '../../shared/slow-requests.js';
import type { RelayedSpace } from '../client/relayed.js';
import { isSameText } from '../client/secret.js';

/** The package sends empty bodies; everything is in paths and queries. */
const MOST_BODY_BYTES = 1_024;
/** Old clients may keep a connection open between calls. */
const KEEP_ALIVE_MS = 65_000;
/** The answer may take as long as it takes. */
const LIMITS = { headMs: 5_000, wholeMs: 10_000 };
const JSON_TYPE = 'application/json; charset=utf-8';

export interface ApiRequest {
  readonly headers: IncomingMessage['headers'];
  readonly query: ParsedUrlQuery;
  /** Of the client's end of the connection. */
  readonly remotePort: number | null;
  /** Address and port of this end, as the client's socket has them: `127.0.0.1:4000`. */
  readonly ownEnd: string;
  /** The Space whose relay has brought the connection; null for one that the client opened itself. */
  readonly relayedFor: string | null;
  /**
   * From now on the requests of this connection are of this Space's app, and their paths begin with the key
   * that only the app has been given.
   */
  readonly relay: (space: RelayedSpace) => void;
  /** What stood in the place of the path's `:name` parts, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** The one answer to a request. */
export interface Reply {
  /** @param body an object is sent as JSON, a string as it is; a second answer is dropped */
  send(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): void;
  /** For event streams: the caller writes the answer. */
  hijack(): ServerResponse;
  /** The client closed before its answer was written, or reset the connection before it was read. */
  onClientGone(gone: () => void): void;
  readonly isClientGone: boolean;
  /** The client has closed its side: Node closes the other one, and no answer arrives any more. */
  readonly isClientLeaving: boolean;
}

export type Handler = (request: ApiRequest, reply: Reply) => void | Promise<void>;
/** Answers what may not come in, and returns false. */
export type Guard = (request: Pick<ApiRequest, 'headers'>, reply: Reply) => boolean;

export interface HttpApi {
  readonly server: Server;
  /** @param path `/control/v1/calls/:call/kill`; `guard` is asked before anything is parsed */
  on(method: 'GET' | 'POST', path: string, handler: Handler, guard?: Guard): void;
  /** Cuts every connection, whatever it is doing. */
  close(): Promise<void>;
}

interface Route {
  readonly parts: readonly string[];
  readonly handler: Handler;
  readonly guard: Guard | null;
}

/**
 * @param guard asked first, for every request
 * @param onError called with an unexpected error of a handler; the client gets a 500
 */
export function createHttpApi(guard: Guard, onError: (error: unknown) => void): HttpApi {
  const fixed = new Map<string, Route>();
  const withParams = new Map<string, Route[]>();
  /** Whom it concerns that a connection breaks: who waits on it, or has just been answered. */
  const gone = new WeakMap<Socket, () => void>();
  const relays = new WeakMap<Socket, RelayedSpace>();
  const server = createServer({ ...NO_LIMITS, noDelay: true }, (message, response) => {
    const { socket } = message;
    // Whoever asks for more has read the answer before.
    gone.delete(socket);
    const reply = createReply(response, socket, (told) => gone.set(socket, told));
    if (!guard(message, reply)) return;
    if (hasBody(message)) afterBody(message, reply, () => handle(message, reply));
    else handle(message, reply);
  });
  cutSlowRequests(server, LIMITS);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('connection', (socket) => {
    // A client that closes with an answer unread makes its kernel reset the connection. One listener for
    // all requests of a connection: old clients keep one for thousands.
    socket.once('close', (hadError) => {
      if (hadError) gone.get(socket)?.();
    });
  });

  function handle(message: IncomingMessage, reply: Reply): void {
    const url = message.url ?? '/';
    const mark = url.indexOf('?');
    const { socket } = message;
    const relayed = relays.get(socket);
    const whole = mark < 0 ? url : url.slice(0, mark);
    const path = relayed ? pathBehind(relayed.key, whole) : whole;
    const method = message.method === 'HEAD' ? 'GET' : (message.method ?? '');
    const route = find(method, path);
    if (!route) {
      reply.send(404, { detail: `There is no ${method} ${path} here` });
      return;
    }
    if (route.guard && !route.guard(message, reply)) return;
    try {
      const request = {
        headers: message.headers,
        remotePort: socket.remotePort ?? null,
        ownEnd: `${socket.localAddress}:${socket.localPort}`,
        relayedFor: relayed?.space ?? null,
        relay: (space: RelayedSpace) => void relays.set(socket, space),
        query: mark < 0 ? {} : parseQuery(url.slice(mark + 1)),
        params: paramsOf(route, path),
      };
      const work = route.handler(request, reply);
      if (work) work.catch((error: unknown) => answerError(error, reply));
    } catch (error) {
      answerError(error, reply);
    }
  }

  function find(method: string, path: string): Route | undefined {
    const known = fixed.get(`${method} ${path}`);
    if (known) return known;
    const parts = path.split('/');
    return withParams
      .get(method)
      ?.find((route) => route.parts.length === parts.length && isLike(route.parts, parts));
  }

  function answerError(error: unknown, reply: Reply): void {
    if (error instanceof z.ZodError) reply.send(400, { detail: z.prettifyError(error) });
    else if (error instanceof URIError) reply.send(400, { detail: 'The path is not valid' });
    else {
      onError(error);
      reply.send(500, { detail: error instanceof Error ? error.message : String(error) });
    }
  }

  return {
    server,
    on(method, path, handler, routeGuard) {
      const route = { parts: path.split('/'), handler, guard: routeGuard ?? null };
      if (!path.includes('/:')) fixed.set(`${method} ${path}`, route);
      else withParams.set(method, [...(withParams.get(method) ?? []), route]);
    },
    close: () =>
      new Promise<void>((closed) => {
        // A server that never listened has nothing to close, and says so: that is as good.
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** @param onReset keeps whom to call when the connection breaks before its next request */
function createReply(
  response: ServerResponse,
  socket: Socket,
  onReset: (told: () => void) => void,
): Reply {
  let taken = false;
  return {
    send(status, body, headers) {
      if (taken || response.headersSent) return;
      taken = true;
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const length = text === undefined ? 0 : Buffer.byteLength(text);
      const type = typeof body === 'string' || text === undefined ? null : JSON_TYPE;
      response.writeHead(status, {
        ...(type === null ? null : { 'content-type': type }),
        ...(status === 204 ? null : { 'content-length': length }),
        ...headers,
      });
      // Head and body leave in one write.
      if (text === undefined) response.end();
      else response.end(text);
    },
    hijack() {
      taken = true;
      return response;
    },
    onClientGone(gone) {
      response.once('close', () => {
        if (!response.writableFinished) gone();
      });
      onReset(gone);
    },
    get isClientGone() {
      return response.destroyed;
    },
    get isClientLeaving() {
      return response.destroyed || socket.readableEnded;
    },
  };
}

/** The rest of a path whose first part is the key; '' for any other. */
function pathBehind(key: string, path: string): string {
  const [, first = ''] = /^\/([\w-]+)\//.exec(path) ?? [];
  return isSameText(first, key) ? path.slice(first.length + 1) : '';
}

function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && length !== '0';
}

/** Reads a body and forgets it; one that is too long is not read to its end. */
function afterBody(message: IncomingMessage, reply: Reply, then: () => void): void {
  let bytes = 0;
  message.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes <= MOST_BODY_BYTES) return;
    message.removeAllListeners('data').removeAllListeners('end').pause();
    reply.send(413, { detail: 'This API takes no body' }, { connection: 'close' });
  });
  message.on('end', then);
}

function isLike(pattern: readonly string[], parts: readonly string[]): boolean {
  return pattern.every((part, i) => (part.startsWith(':') ? parts[i] !== '' : part === parts[i]));
}

/** @throws URIError for a part that is not percent-encoded text */
function paramsOf({ parts }: Route, path: string): Readonly<Record<string, string>> {
  const params: Record<string, string> = {};
  if (!parts.some((part) => part.startsWith(':'))) return params;
  const given = path.split('/');
  parts.forEach((part, i) => {
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(given[i] ?? '');
  });
  return params;
}
