/** The console in the browser: a server on loopback with an origin of its own, beside the Space's. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HostClient } from '../../allocator/client/index.js';
import type { Clock } from '../../shared/clock.js';
import { inHtml } from '../../shared/html.js';
import { listenOrExplain } from '../../shared/listen.js';
import { cutSlowRequests, NO_LIMITS } from '../../shared/slow-requests.js';
import type { Facts, Message, SpaceAddress } from '../model/messages.js';
import { type Decision, decide } from './access.js';
import { carryOut, LONGEST_COMMAND, visitorReply } from './commands.js';
import { createFeed } from './feed.js';
import { consoleKeys, newNonce, SESSION_COOKIE } from './keys.js';
import { ENTERED, linkCommand, outside, PAGE_HEADERS, type PageFile, said } from './pages.js';

/** Where the console is looked for first; others follow. Apart from the ports that Spaces take. */
export const CONSOLE_PORT = 7960;
/** Pages that look at the same time. */
const MOST_PAGES = 16;
/** A page that is this far behind gets no further snapshot until it has read. */
const MOST_BUFFERED_BYTES = 4_194_304;
/** A quiet stream is written to now and then, so that a page that is gone is noticed. */
const PING_EVERY_MS = 15_000;

export interface WebConsoleOptions {
  readonly client: HostClient;
  readonly clock: Clock;
  /** Of the state folder: links and sessions are signed with a key made from it. */
  readonly secret: string;
  readonly facts: Facts;
  /** The one Space of a run; null for those of `serve`. */
  readonly space: SpaceAddress | null;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly port: number;
  /** Whether a page is open, whenever that changes. */
  readonly onWatched?: (isWatched: boolean) => void;
}

export interface WebConsole {
  /** Without a path: what anybody may read. */
  readonly url: string;
  /** What a visitor's client shows, in the package's own words. */
  told(message: string, visitor: string): void;
  /** A line for the page's log; without secrets. */
  line(text: string, from?: string | null, atMs?: number): void;
  close(): Promise<void>;
}

/**
 * Starts the console.
 *
 * @throws UserError E_PORT_TAKEN
 */
export async function startWebConsole(options: WebConsoleOptions): Promise<WebConsole> {
  const { client, clock, files } = options;
  const keys = consoleKeys(options.secret);
  const feed = createFeed({ client, clock, space: options.space });
  const startedMs = clock.now().wallMs;
  /** Nonces of the links that were used, until they would be too old anyway. */
  const used = new Map<string, number>();
  const streams = new Set<ServerResponse>();

  const server = createServer({ maxHeaderSize: 16_384, ...NO_LIMITS });
  server.maxConnections = 128;
  cutSlowRequests(server, { headMs: 5_000, wholeMs: 10_000 });
  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
    const head = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
    };
    answer(decide(head, keys, clock.now().wallMs), request, response).catch(() =>
      response.destroy(),
    );
  });

  async function answer(
    decision: Decision,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    switch (decision.kind) {
      case 'refused':
        return sendPage(response, decision.status, said(inHtml(decision.why)));
      case 'outside':
        return sendPage(response, 200, outside(options.facts.kind));
      case 'enter':
        return enter(decision.link, response);
      case 'file':
        return sendFile(response, files.get(decision.name));
      case 'stream':
        return openStream(response);
      case 'visitor': {
        const visitor = await visitorReply(decision.as, client);
        return sendJson(response, visitor === null ? 404 : 200, visitor);
      }
      case 'command': {
        const body = await readBody(request);
        if (body === null) return sendJson(response, 413, { error: 'This is too long.' });
        const { status, error } = await carryOut(body, client);
        return sendJson(response, status, error === null ? null : { error });
      }
    }
  }

  function enter(link: string, response: ServerResponse): void {
    const nowMs = clock.now().wallMs;
    const good = keys.readLink(link, nowMs);
    // One from before this start may have been used: what was used then is not known any more.
    if (good === null || good.madeMs < startedMs - 1 || used.has(good.nonce)) {
      const why = 'This link was used, or is older than five minutes. A new one: ';
      sendPage(response, 403, said(`${why}<code>${linkCommand(options.facts.kind)}</code>`));
      return;
    }
    for (const [nonce, madeMs] of used) {
      if (keys.readLink(keys.link(madeMs, nonce), nowMs) === null) used.delete(nonce);
    }
    used.set(good.nonce, good.madeMs);
    const session = keys.session(nowMs, newNonce());
    response.setHeader(
      'set-cookie',
      `${SESSION_COOKIE}=${session}; Path=/${keys.folder}/; HttpOnly; SameSite=Strict`,
    );
    sendPage(response, 200, ENTERED);
  }

  function openStream(response: ServerResponse): void {
    if (streams.size >= MOST_PAGES) {
      sendPage(response, 503, said('Too many pages look.'));
      return;
    }
    streams.add(response);
    if (streams.size === 1) options.onWatched?.(true);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const send = (message: Message) => {
      if (message.type === 'snapshot' && response.writableLength > MOST_BUFFERED_BYTES) return;
      // Everything else is needed: a page that does not read it begins again.
      if (response.writableLength > 4 * MOST_BUFFERED_BYTES) return void response.destroy();
      response.write(`data: ${JSON.stringify(message)}\n\n`);
    };
    const { facts } = options;
    const nowMs = clock.now().wallMs;
    send({ type: 'hello', nowMs, facts, history: feed.history(), log: feed.log() });
    const stop = feed.subscribe(send);
    const ping = setInterval(() => response.write(': ping\n\n'), PING_EVERY_MS);
    ping.unref();
    response.once('close', () => {
      clearInterval(ping);
      streams.delete(response);
      if (streams.size === 0) options.onWatched?.(false);
      stop();
    });
  }

  const listening = { host: '127.0.0.1', port: options.port, explicit: options.port === 0 };
  const { url } = await listenOrExplain(server, listening).catch((error: unknown) => {
    feed.close();
    throw error;
  });
  return {
    url,
    told: feed.told,
    line: (text, from, atMs) => feed.line(text, from ?? null, atMs),
    async close() {
      feed.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(html);
}

function sendFile(response: ServerResponse, file: PageFile | undefined): void {
  if (!file) {
    sendPage(response, 404, said('There is nothing here.'));
    return;
  }
  response.writeHead(200, { 'content-type': file.type });
  response.end(file.body);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (body === null) return void response.writeHead(status).end();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** The whole body; null for one that is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > LONGEST_COMMAND) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
