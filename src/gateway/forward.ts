import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerHead } from './answer-reader.js';
import type { AppConnection, AppConnections, Asker } from './app-connections.js';
import {
  type HeaderLines,
  hasBody,
  type PublicSide,
  returnedHeaders,
  valuesOf,
  without,
} from './headers.js';
import { describesItself, namingTheGateway } from './self-description.js';
import { createToldReader } from './told.js';

export interface ForwardOptions {
  /** Connections to the app. */
  readonly connections: AppConnections;
  readonly upstreamPort: number;
  readonly url: string;
  readonly headers: HeaderLines;
  readonly setCookies: readonly string[];
  readonly publicSide: () => PublicSide;
  readonly onTold: (text: string) => void;
}

/**
 * Sends one request on and its answer back, part by part. When either side leaves, so does the other.
 *
 * Resolves when the answer's headers are on their way; rejects when the app can't be reached.
 */
export function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: ForwardOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    new Forwarding(request, response, options, resolve, reject).start();
  });
}

const NOTHING: Buffer = Buffer.alloc(0);
/** For these, no length means no body; other methods say 0. */
const MAY_LACK_LENGTH = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

class Forwarding implements Asker {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: ForwardOptions;
  readonly #answered: () => void;
  readonly #unreachable: (error: Error) => void;
  #connection: AppConnection | null = null;
  /** The head that has not been sent on, with the bytes of the body that came in the same piece. */
  #head: AnswerHead | null = null;
  #early = NOTHING;
  /** Set when the answer's bytes pass through something on their way. */
  #change: ((part: Buffer | null) => Buffer | null) | null = null;
  #isOver = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: ForwardOptions,
    answered: () => void,
    unreachable: (error: Error) => void,
  ) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#answered = answered;
    this.#unreachable = unreachable;
  }

  start(): void {
    const { connections, upstreamPort } = this.#options;
    const method = this.#request.method ?? 'GET';
    this.#response.once('close', () => this.#leave());
    this.#connection = connections.ask(upstreamPort, method, this.#requestHead(method), this);
    if (hasBody(this.#request)) this.#sendBody();
    else this.#connection.sent();
  }

  #requestHead(method: string): string {
    const { url, headers } = this.#options;
    let head = `${method} ${url} HTTP/1.1\r\n`;
    for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
    const { 'transfer-encoding': encoding, 'content-length': length } = this.#request.headers;
    if (encoding !== undefined) head += 'transfer-encoding: chunked\r\n';
    else if (length === undefined && !MAY_LACK_LENGTH.has(method)) head += 'content-length: 0\r\n';
    return `${head}connection: keep-alive\r\n\r\n`;
  }

  #sendBody(): void {
    const request = this.#request;
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    request.on('data', (part: Buffer) => {
      const connection = this.#connection;
      // An app may answer before it has read all of it: the rest is dropped.
      if (connection === null) return;
      const goesOn = isChunked ? connection.writeChunk(part) : connection.write(part);
      if (!goesOn) request.pause();
    });
    request.once('end', () => this.#connection?.sent(isChunked ? '0\r\n\r\n' : ''));
    // A client that leaves in the middle of its body: no half that looks whole.
    request.once('close', () => {
      if (!request.complete) this.#leave();
    });
  }

  drained(): void {
    this.#request.resume();
  }

  head(head: AnswerHead): void {
    this.#head = head;
  }

  body(part: Buffer): void {
    if (this.#head === null) this.#write(part);
    else this.#early = this.#early.length === 0 ? part : Buffer.concat([this.#early, part]);
  }

  end(): void {
    this.#isOver = true;
    this.#connection = null;
    const last = this.#head === null ? null : this.#early;
    this.#sendHead();
    const changed = this.#change === null ? last : this.#lastOf(this.#change, last);
    if (changed === null || changed.length === 0) this.#response.end();
    else this.#response.end(changed);
    // What is left of an upload is read and dropped.
    this.#request.resume();
  }

  #lastOf(change: (part: Buffer | null) => Buffer | null, part: Buffer | null): Buffer | null {
    const changed = part === null ? null : change(part);
    const rest = change(null);
    return changed === null || rest === null ? (changed ?? rest) : Buffer.concat([changed, rest]);
  }

  pieceRead(): void {
    if (this.#head === null || this.#isOver) return;
    if (this.#early.length > 0) {
      const early = this.#early;
      this.#sendHead();
      this.#write(early);
    } else if (isEventStream(this.#head)) {
      // Its first byte may be long in coming.
      this.#sendHead();
      this.#response.write(NOTHING);
    } else {
      // Most apps send the first part of the body right after the head: one packet for both.
      setImmediate(() => {
        if (this.#head === null || this.#isOver) return;
        this.#sendHead();
        this.#response.write(NOTHING);
      });
    }
  }

  failed(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection = null;
    this.#request.resume();
    if (this.#response.headersSent) this.#response.destroy();
    else this.#unreachable(error);
  }

  /** The client is gone, or has its answer. */
  #leave(): void {
    this.#isOver = true;
    const connection = this.#connection;
    this.#connection = null;
    connection?.destroy();
    this.#answered();
  }

  /** Without flushHeaders(), which would send a header's Latin-1 as UTF-8. */
  #sendHead(): void {
    const head = this.#head;
    if (head === null) return;
    this.#head = null;
    this.#early = NOTHING;
    const { url, publicSide, setCookies, onTold } = this.#options;
    let lines = returnedHeaders(head.lines, publicSide);
    for (const cookie of setCookies) lines.push('set-cookie', cookie);
    // RFC 9110, section 8.6: such an answer has no length.
    if (head.status === 204) lines = without(lines, 'content-length');
    if (isEventStream(head)) {
      const read = createToldReader(onTold);
      this.#change = (part) => {
        if (part !== null) read(part);
        return part;
      };
    } else if (describesItself(url, lines)) {
      if (this.#request.method !== 'HEAD') lines = without(lines, 'content-length');
      this.#change = namingTheGateway(publicSide());
    }
    this.#response.writeHead(head.status, lines);
    this.#answered();
  }

  #write(part: Buffer): void {
    const changed = this.#change === null ? part : this.#change(part);
    if (changed === null || this.#response.write(changed)) return;
    this.#connection?.pause();
    this.#response.once('drain', () => this.#connection?.resume());
  }
}

function isEventStream({ lines }: AnswerHead): boolean {
  return (valuesOf(lines, 'content-type') ?? '').startsWith('text/event-stream');
}
