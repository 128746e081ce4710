import type { ServerResponse } from 'node:http';
import type { Grant, QueuingReason, Tier } from '../core/types.js';
import { openEventStream } from './event-stream.js';
import { tierHeaders } from './wire.js';

/**
 * The event streams of waiting calls. On a ping the client looks whether its visitor is still there,
 * so pings decide how soon an abandoned call leaves the queue. The client parses every network chunk
 * as one event: each event is one write, and nothing else is ever written.
 */
const PING_EVERY_MS = 2_000;
/** Written in one go; a deadline that falls due meanwhile waits for no more than these. */
const PINGS_AT_ONCE = 50;

export interface WaitingStreams {
  open(requestId: string, response: ServerResponse, tier: Tier, reason: QueuingReason): void;
  grant(requestId: string, grant: Grant): void;
  fail(requestId: string): void;
  /** The client has left: nothing more is written to it. */
  forget(requestId: string): void;
  readonly size: number;
  close(): void;
}

export function createWaitingStreams(): WaitingStreams {
  /** In the order in which their pings fall due: with its ping a stream goes to the end. */
  const waiting = new Map<
    string,
    { readonly response: ServerResponse; readonly pingAtMs: number }
  >();
  let timer: NodeJS.Timeout | null = null;

  function expectPing(requestId: string, response: ServerResponse): void {
    waiting.set(requestId, { response, pingAtMs: performance.now() + PING_EVERY_MS });
    timer ??= nextPing();
  }

  function nextPing(): NodeJS.Timeout | null {
    const [first] = waiting.values();
    if (!first) return null;
    return setTimeout(ping, Math.max(1, first.pingAtMs - performance.now())).unref();
  }

  function ping(): void {
    const nowMs = performance.now();
    let sent = 0;
    for (const [requestId, { response, pingAtMs }] of waiting) {
      if (pingAtMs > nowMs || sent === PINGS_AT_ONCE) break;
      waiting.delete(requestId);
      expectPing(requestId, response);
      response.write('event: ping\n\n');
      sent += 1;
    }
    timer = nextPing();
  }

  function end(requestId: string, event: string): void {
    const stream = waiting.get(requestId);
    waiting.delete(requestId);
    stream?.response.end(event);
  }
  return {
    open(requestId, response, tier, reason) {
      openEventStream(response, { 'x-queuing-reason': reason, ...tierHeaders(tier) });
      expectPing(requestId, response);
    },
    grant(requestId, grant) {
      end(requestId, `event: succeeded\ndata: ${JSON.stringify(grant)}\n\n`);
    },
    fail(requestId) {
      end(requestId, 'event: failed\n\n');
    },
    forget: (requestId) => void waiting.delete(requestId),
    get size() {
      return waiting.size;
    },
    close() {
      if (timer) clearTimeout(timer);
      for (const requestId of [...waiting.keys()]) end(requestId, 'event: failed\n\n');
    },
  };
}
