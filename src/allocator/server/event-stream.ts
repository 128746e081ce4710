import type { ServerResponse } from 'node:http';

/** Begins a stream of server-sent events: its head leaves at once, before any event. */
export function openEventStream(
  response: ServerResponse,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    ...headers,
  });
  response.flushHeaders();
}
