/**
 * Reads an HTTP/1 answer out of the bytes of a connection (RFC 9112). Node's own client costs the gateway twice what
 * the rest of a request does: a map of headers, a stream and a timer for each answer. What its parser refuses is
 * refused here as well: test/gateway/answer-reader.test.ts compares the two.
 */

export interface AnswerHead {
  readonly status: number;
  /** As they came, letter by letter: a name, its value, the next name. */
  readonly lines: readonly string[];
}

/** Gets an answer as it comes. 1xx answers are left out. */
export interface AnswerSink {
  head(head: AnswerHead): void;
  body(part: Buffer): void;
  /** The answer is whole. */
  end(): void;
}

/** What came is not an HTTP answer, or ended too early. */
export class AnswerFault extends Error {}

const MOST_HEAD_BYTES = 65_536;
const MOST_LINE_BYTES = 4_096;
const NOTHING: Buffer = Buffer.alloc(0);
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what may not be in a head.
const NOT_IN_A_HEAD = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;

type State =
  | 'head'
  | 'length'
  | 'to the end'
  | 'chunk size'
  | 'chunk'
  | 'chunk end'
  | 'trailer'
  | 'whole';

export class AnswerReader {
  /** Whether the connection may carry another request after this answer. */
  keepsConnection = false;
  /** For how long the app says it keeps an idle connection, milliseconds; null when it does not say. */
  keptMs: number | null = null;
  readonly #method: string;
  readonly #sink: AnswerSink;
  #state: State = 'head';
  /** Bytes of a head or a line whose end has not come. */
  #rest = NOTHING;
  /** Bytes of the body, or of a chunk, that have not come. */
  #left = 0;

  constructor(method: string, sink: AnswerSink) {
    this.#method = method;
    this.#sink = sink;
  }

  get isWhole(): boolean {
    return this.#state === 'whole';
  }

  /** @throws AnswerFault */
  read(bytes: Buffer): void {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = NOTHING;
    let at = 0;
    while (at < all.length) {
      // More than one answer to one request: the rest is dropped, with the connection.
      if (this.isWhole) this.keepsConnection = false;
      if (this.isWhole) return;
      const next = this.#step(all, at);
      if (next === at) {
        this.#rest = all.subarray(at);
        return;
      }
      at = next;
    }
  }

  /**
   * The app has closed the connection.
   *
   * @throws AnswerFault when the answer is not whole
   */
  close(): void {
    if (this.#state === 'to the end') this.#finish();
    else if (!this.isWhole) throw new AnswerFault('the answer is not whole');
  }

  /** @returns where the bytes go on that it did not use: `at` when it needs more */
  #step(all: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(all, at);
      case 'length':
      case 'chunk':
        return this.#readBody(all, at);
      case 'to the end':
        this.#sink.body(at === 0 ? all : all.subarray(at));
        return all.length;
      default:
        return this.#readLine(all, at);
    }
  }

  #readHead(all: Buffer, at: number): number {
    const end = all.indexOf('\r\n\r\n', at, 'latin1');
    if ((end < 0 ? all.length : end) - at > MOST_HEAD_BYTES) throw new AnswerFault('a long head');
    if (end < 0) return at;
    const text = all.toString('latin1', at, end);
    if (NOT_IN_A_HEAD.test(text)) throw new AnswerFault('a control character in a head');
    const [first = '', ...rest] = text.split('\r\n');
    const [, minor, code] = STATUS_LINE.exec(first) ?? [];
    if (code === undefined) throw new AnswerFault('no status line');
    const status = Number(code);
    // Every 1xx but the change of protocol, which was not asked for.
    if (status === 101 || status < 100) throw new AnswerFault(`status ${status}`);
    if (status < 200) return end + 4;
    const lines = linesOf(rest);
    this.#beginBody(status, minor === '1', framingOf(lines));
    this.#sink.head({ status, lines });
    if (this.#state === 'length' && this.#left === 0) this.#finish();
    return end + 4;
  }

  #beginBody(status: number, isNew: boolean, framing: Framing): void {
    const { connection, encoding, length } = framing;
    this.keptMs = framing.keptMs;
    this.keepsConnection = isNew
      ? !connection.includes('close')
      : connection.includes('keep-alive');
    if (this.#method === 'HEAD' || status === 204 || status === 304) this.#state = 'length';
    else if (encoding === null && length !== null) {
      this.#state = 'length';
      this.#left = length;
    } else if (encoding !== null && /(?:^|[,\s])chunked\s*$/.test(encoding)) {
      this.#state = 'chunk size';
    } else {
      this.#state = 'to the end';
      this.keepsConnection = false;
    }
  }

  #readBody(all: Buffer, at: number): number {
    const end = Math.min(all.length, at + this.#left);
    this.#left -= end - at;
    this.#sink.body(at === 0 && end === all.length ? all : all.subarray(at, end));
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk end';
      else this.#finish();
    }
    return end;
  }

  #readLine(all: Buffer, at: number): number {
    const end = all.indexOf('\r\n', at, 'latin1');
    if ((end < 0 ? all.length : end) - at > MOST_LINE_BYTES) throw new AnswerFault('a long line');
    if (end < 0) return at;
    const line = all.toString('latin1', at, end);
    if (this.#state === 'chunk size') {
      const [, size] = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
      if (size === undefined) throw new AnswerFault('no chunk size');
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailer' : 'chunk';
    } else if (this.#state === 'chunk end') {
      if (line !== '') throw new AnswerFault('a chunk is too long');
      this.#state = 'chunk size';
    } else if (line === '') this.#finish();
    return end + 2;
  }

  #finish(): void {
    this.#state = 'whole';
    this.#sink.end();
  }
}

function linesOf(texts: readonly string[]): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const colon = text.indexOf(':');
    const name = text.slice(0, colon);
    if (colon < 1 || !TOKEN.test(name)) throw new AnswerFault('a header without a name');
    lines.push(name, text.slice(colon + 1).trim());
  }
  return lines;
}

interface Framing {
  readonly connection: readonly string[];
  readonly encoding: string | null;
  readonly length: number | null;
  readonly keptMs: number | null;
}

function framingOf(lines: readonly string[]): Framing {
  let connection: readonly string[] = [];
  let encoding: string | null = null;
  let length: number | null = null;
  let keptMs: number | null = null;
  for (let i = 0; i < lines.length; i += 2) {
    const value = lines[i + 1] ?? '';
    switch (lines[i]?.toLowerCase()) {
      case 'connection':
        connection = [...connection, ...value.toLowerCase().split(/\s*,\s*/)];
        break;
      case 'transfer-encoding':
        encoding = encoding === null ? value.toLowerCase() : `${encoding}, ${value.toLowerCase()}`;
        break;
      case 'content-length':
        if (length !== null || !/^\d{1,15}$/.test(value)) throw new AnswerFault('two lengths');
        length = Number(value);
        break;
      case 'keep-alive': {
        const [, seconds] = /^timeout=(\d{1,9})/.exec(value) ?? [];
        keptMs = seconds === undefined ? null : Number(seconds) * 1_000;
        break;
      }
    }
  }
  if (encoding !== null && length !== null) throw new AnswerFault('a length and an encoding');
  return { connection, encoding, length, keptMs };
}
