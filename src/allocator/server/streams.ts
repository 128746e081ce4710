import type { ServerResponse } from 'node:http';
import type { Grant, QueuingReason, Tier } from '../core/types.js';
import { tierHeaders } from './wire.js';

/**
 * The event streams of waiting calls. On a ping the client looks whether its visitor is still there,
 * so pings decide how soon an abandoned call leaves the queue. The client parses every network chunk
 * as one event: each event is one write, and nothing else is ever written.
 */
const PING_EVERY_MS = 2_000;

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
  const waiting = new Map<string, ServerResponse>();
  const pings = setInterval(() => {
    for (const response of waiting.values()) response.write('event: ping\n\n');
  }, PING_EVERY_MS);
  pings.unref();

  function end(requestId: string, event: string): void {
    const response = waiting.get(requestId);
    waiting.delete(requestId);
    response?.end(event);
  }
  return {
    open(requestId, response, tier, reason) {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-queuing-reason': reason,
        ...tierHeaders(tier),
      });
      response.flushHeaders();
      waiting.set(requestId, response);
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
      clearInterval(pings);
      for (const requestId of [...waiting.keys()]) end(requestId, 'event: failed\n\n');
    },
  };
}
