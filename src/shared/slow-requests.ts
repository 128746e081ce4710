/**
 * Requests that do not come: a client that opens a connection and stops in the middle of a head, or of a body,
 * is cut off. Node does so by the clock alone: whoever had just connected when this process was stopped or got
 * no processor for some seconds was answered 408, with the whole request in the kernel. Here only time counts
 * in which this process has read what there was.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface RequestLimits {
  /** For a head, from the connection or from its first byte, milliseconds. */
  readonly headMs: number;
  /** For a request with its body; null where its body is watched otherwise. */
  readonly wholeMs: number | null;
  /** How often it is looked at, milliseconds; one look counts no more than that. */
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 1_000;

/** For `createServer`: Node's own limits are off. */
export const NO_LIMITS = { headersTimeout: 0, requestTimeout: 0 } as const;

interface Connection {
  /** The request whose head is there and whose body is not yet. */
  asking: readonly [IncomingMessage, ServerResponse] | null;
  /** What had been read when nothing was asked for; null while a head comes. */
  idleAt: number | null;
  waitedMs: number;
}

export interface SlowRequests {
  /** The connection speaks another protocol from now on. */
  forget(socket: Socket): void;
}

/** Watches every connection of a server until that is closed. */
export function cutSlowRequests(server: Server, limits: RequestLimits): SlowRequests {
  const { headMs, wholeMs, lookEveryMs = LOOK_EVERY_MS } = limits;
  const connections = new Map<Socket, Connection>();
  server.on('connection', (socket: Socket) => {
    socket.once('close', () => connections.delete(socket));
    connections.set(socket, { asking: null, idleAt: null, waitedMs: 0 });
  });
  server.on('request', (request, response) => {
    const connection = connections.get(request.socket);
    if (!connection) return;
    connection.asking = [request, response];
    connection.idleAt = null;
    const rest = () => {
      if (connection.asking?.[0] === request) beIdle(connection, request.socket);
    };
    // Without a body it is complete as soon as the parser returns.
    process.nextTick(() => request.complete && rest());
    request.once('end', rest);
  });
  const timer = setInterval(() => {
    for (const [socket, connection] of connections) look(socket, connection);
  }, lookEveryMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));

  function look(socket: Socket, connection: Connection): void {
    if (connection.asking?.[0].complete) beIdle(connection, socket);
    if (connection.idleAt === socket.bytesRead) return;
    connection.idleAt = null;
    connection.waitedMs += lookEveryMs;
    const limitMs = connection.asking ? wholeMs : headMs;
    if (limitMs === null || connection.waitedMs < limitMs) return;
    connections.delete(socket);
    cut(socket, connection.asking?.[1].headersSent ?? false);
  }
  return { forget: (socket) => void connections.delete(socket) };
}

function beIdle(connection: Connection, socket: Socket): void {
  connection.asking = null;
  connection.idleAt = socket.bytesRead;
  connection.waitedMs = 0;
}

function cut(socket: Socket, isAnswered: boolean): void {
  if (!isAnswered && socket.writable) {
    socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  }
  socket.destroySoon();
}
