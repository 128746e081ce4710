/** A stream of server-sent events that is opened again for as long as somebody wants it. */
import { createParser } from './event-parser.js';

export interface ServerEvent {
  readonly type: string;
  readonly data: string;
}

export interface EventHandlers {
  connected(): void;
  event(event: ServerEvent): void;
  disconnected(why: string): void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 4_000;

/** @param url of this machine: its answers are trusted to be small */
export function followEvents(
  url: URL,
  headers: Readonly<Record<string, string>>,
  handlers: EventHandlers,
): { close(): void } {
  const closing = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  let retryMs = FIRST_RETRY_MS;

  async function read(): Promise<string> {
    const response = await fetch(url, { headers, signal: closing.signal, redirect: 'error' });
    if (!response.ok || !response.body) {
      // An answer that nobody reads would hold its connection, and with it the process.
      await response.body?.cancel();
      return `it answered ${response.status}`;
    }
    handlers.connected();
    retryMs = FIRST_RETRY_MS;
    const parser = createParser(handlers.event);
    const decoder = new TextDecoder();
    for await (const part of response.body) parser.push(decoder.decode(part, { stream: true }));
    return 'it ended the stream';
  }
  function turn(): void {
    read()
      .catch((error: unknown) => reasonOf(error))
      .then((why) => {
        if (closing.signal.aborted) return;
        handlers.disconnected(why);
        timer = setTimeout(turn, retryMs);
        retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
      });
  }
  turn();
  return {
    close() {
      closing.abort();
      if (timer) clearTimeout(timer);
    },
  };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
