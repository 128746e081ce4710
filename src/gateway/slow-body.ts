/** Bodies that never end: a client that stops sending, or sends a byte now and then, is cut off. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasBody } from './headers.js';

/** What a client that sends a body owes; only time that it has to itself counts. */
export interface BodyLimits {
  /** Without a single byte, milliseconds. */
  readonly silentMs: number;
  /** On average, over the whole body, once `silentMs` have passed. */
  readonly bytesPerSecond: number;
  /** How often it is looked at, milliseconds. */
  readonly lookEveryMs: number;
}

export const BODY_LIMITS: BodyLimits = {
  silentMs: 20_000,
  bytesPerSecond: 100,
  lookEveryMs: 1_000,
};

/** How a body gets on. */
export interface BodyPace {
  readonly bytes: number;
  /** Since the last byte, milliseconds. */
  readonly silentMs: number;
  /** In all, milliseconds. */
  readonly waitedMs: number;
}

export const BODY_BEGINS: BodyPace = { bytes: 0, silentMs: 0, waitedMs: 0 };

/**
 * The pace after some more time.
 *
 * @param bytes that have come until now
 * @param isHeld whether we, or the app behind us, do not read at the moment: not the client's fault
 */
export function paceAfter(pace: BodyPace, bytes: number, ms: number, isHeld: boolean): BodyPace {
  if (isHeld) return { ...pace, bytes };
  const silentMs = bytes > pace.bytes ? 0 : pace.silentMs + ms;
  return { bytes, silentMs, waitedMs: pace.waitedMs + ms };
}

/** Whether it is given up. */
export function isTooSlow({ bytes, silentMs, waitedMs }: BodyPace, limits: BodyLimits): boolean {
  const allowedMs = limits.silentMs + (bytes / limits.bytesPerSecond) * 1_000;
  return silentMs >= limits.silentMs || waitedMs >= allowedMs;
}

/** Watches a request's body until it is whole, and ends the connection of one that is too slow. */
export function watchBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
): void {
  if (!hasBody(request)) return;
  const { socket } = request;
  const before = socket.bytesRead;
  let pace = BODY_BEGINS;
  const timer = setInterval(() => {
    if (request.complete || socket.destroyed) return clearInterval(timer);
    pace = paceAfter(pace, socket.bytesRead - before, limits.lookEveryMs, request.isPaused());
    if (isTooSlow(pace, limits)) cut(request, response);
  }, limits.lookEveryMs);
  timer.unref();
  // Of the request, not of its connection, which may bring thousands.
  request.once('close', () => clearInterval(timer));
}

function cut({ socket }: IncomingMessage, response: ServerResponse): void {
  if (!response.headersSent) {
    const head = ['HTTP/1.1 408 Request Timeout', 'connection: close', 'content-length: 0'];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
  }
  socket.destroySoon();
}
