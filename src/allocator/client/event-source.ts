/** A stream of server-sent events that is opened again for as long as somebody wants it. */
import { createParser } from './event-parser.js';
import { type OpenRequest, open } from './http.js';

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

/** Where one attempt goes, and what it says. */
export interface Attempt {
  /** Of this machine: its answers are trusted to be small. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** @param next of each attempt; rejects where nothing may be sent */
export function followEvents(
  next: () => Promise<Attempt>,
  handlers: EventHandlers,
): { close(): void } {
  let closed = false;
  let reading: OpenRequest | null = null;
  let timer: NodeJS.Timeout | null = null;
  let retryMs = FIRST_RETRY_MS;

  async function read(): Promise<string> {
    const { url, headers } = await next();
    if (closed) return 'closed';
    reading = open(url, { method: 'GET', headers });
    const answer = await reading.answered;
    if (answer.statusCode !== 200) {
      // An unread answer would hold its connection, and with it the process.
      answer.destroy();
      return `it answered ${answer.statusCode}`;
    }
    handlers.connected();
    retryMs = FIRST_RETRY_MS;
    const parser = createParser(handlers.event);
    answer.setEncoding('utf8');
    for await (const part of answer) parser.push(part);
    return 'it ended the stream';
  }
  function turn(): void {
    read()
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then((why) => {
        if (closed) return;
        handlers.disconnected(why);
        timer = setTimeout(turn, retryMs);
        retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
      });
  }
  turn();
  return {
    close() {
      closed = true;
      reading?.end(new Error('closed'));
      if (timer) clearTimeout(timer);
    },
  };
}
