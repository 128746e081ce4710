/** The gateway's reader of answers reads what node:http's client reads, and refuses what that refuses. */
import { request } from 'node:http';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnswerHead, AnswerReader } from '../../src/gateway/answer-reader.js';
import { listen } from '../support/gateway/index.js';

interface Outcome {
  readonly head: AnswerHead | null;
  readonly body: string;
  readonly isWhole: boolean;
}

/** What the reader makes of bytes that come in pieces, and of a connection that then closes. */
function readPieces(method: string, pieces: readonly Buffer[]): Outcome {
  let head: AnswerHead | null = null;
  let isWhole = false;
  const parts: Buffer[] = [];
  const reader = new AnswerReader(method, {
    head: (found) => {
      head = found;
    },
    body: (part) => void parts.push(part),
    end: () => {
      isWhole = true;
    },
  });
  try {
    for (const piece of pieces) reader.read(piece);
    reader.close();
  } catch {
    // Not whole: `isWhole` says so.
  }
  return { head, body: Buffer.concat(parts).toString('latin1'), isWhole };
}

/** What node:http's client makes of the same bytes. */
async function askNode(method: string, bytes: Buffer): Promise<Outcome> {
  const port = await listen(createServer((socket) => void socket.on('error', () => {}).end(bytes)));
  return await new Promise((resolve) => {
    let head: AnswerHead | null = null;
    const parts: Buffer[] = [];
    const ended = (isWhole: boolean) =>
      resolve({ head, body: Buffer.concat(parts).toString('latin1'), isWhole });
    const asked = request({ port, host: '127.0.0.1', method, agent: false });
    asked.on('error', () => ended(false));
    asked.on('response', (answer) => {
      head = { status: answer.statusCode ?? 0, lines: answer.rawHeaders };
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', () => ended(false));
      answer.on('end', () => ended(true));
    });
    asked.end();
  });
}

const chunked = (body: string, extension: string, trailer: string) => {
  const half = Math.ceil(body.length / 2);
  const chunks = [body.slice(0, half), body.slice(half)].filter((chunk) => chunk !== '');
  const lines = chunks.map((chunk) => `${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`);
  return `${lines.join('')}0\r\n${trailer}\r\n`;
};

const body = fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[^\x20-\xff]/g, '.'));
const framed = fc.oneof(
  body.map((text) => [`Content-Length: ${text.length}`, text]),
  fc
    .tuple(body, fc.constantFrom('', ';a=b'), fc.constantFrom('', 'X-Sum: 1\r\n'))
    .map((all) => ['Transfer-Encoding: chunked', chunked(...all)]),
  body.map((text) => ['', text]),
  body.map((text) => [`Content-Length: ${text.length + 3}`, text]),
  body.map((text) => ['Transfer-Encoding: chunked', text]),
  body.map((text) => [`Content-Length: 4\r\nTransfer-Encoding: chunked`, chunked(text, '', '')]),
  body.map((text) => [`Content-Length: 4\r\nContent-Length: 5`, text]),
  body.map((text) => [`Content-Length: 0x4`, text]),
);
const answer = fc.record({
  early: fc.constantFrom(
    '',
    '',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 103 E\r\nlink: </a>\r\n\r\n',
  ),
  first: fc.constantFrom(
    ...['HTTP/1.1 200 OK', 'HTTP/1.0 200 OK', 'HTTP/1.1 404 Not Found', 'HTTP/1.1 204 None'],
    ...['HTTP/1.1 304 Not Modified', 'HTTP/1.1 500 \xe9', 'HTTP/1.1 20 OK', 'SIP 200 OK'],
  ),
  lines: fc.subarray(
    [
      ...['X-A: 1', 'x-a:  2  ', 'Connection: close', 'connection: keep-alive', 'Set-Cookie: a=b'],
      ...['X-Latin: caf\xe9', 'X-Empty:', 'Keep-Alive: timeout=5'],
      ...['no colon', 'Bad Name: 1', 'X-Zero: a\0b', ': nameless'],
    ],
    { maxLength: 4 },
  ),
  framed,
  method: fc.constantFrom('GET', 'GET', 'HEAD'),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
});

describe('an answer in any pieces', () => {
  it('is what node:http reads', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        answer,
        async ({ early, first, lines, framed: [framing, text], method, cuts }) => {
          const head = [first, ...lines, ...(framing ? [framing] : [])].join('\r\n');
          // Bytes behind a whole answer are a matter of when they come.
          const hasBody = method !== 'HEAD' && !/ (204|304) /.test(first);
          const bytes = Buffer.from(`${early}${head}\r\n\r\n${hasBody ? text : ''}`, 'latin1');
          const places = [0, ...cuts.map((cut) => Math.round(cut * bytes.length)), bytes.length];
          places.sort((a, b) => a - b);
          const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
          expect(readPieces(method, pieces)).toEqual(await askNode(method, bytes));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps the connection only when the app does', () => {
    const keeps = (text: string, method = 'GET') => {
      const reader = new AnswerReader(method, { head() {}, body() {}, end() {} });
      reader.read(Buffer.from(text));
      return [reader.isWhole, reader.keepsConnection, reader.keptMs];
    };
    const length = 'Content-Length: 2\r\n';
    expect(keeps(`HTTP/1.1 200 OK\r\n${length}\r\nok`)).toEqual([true, true, null]);
    expect(keeps(`HTTP/1.1 200 OK\r\n${length}Keep-Alive: timeout=7\r\n\r\nok`)[2]).toBe(7_000);
    expect(keeps(`HTTP/1.1 200 OK\r\n${length}Connection: Close\r\n\r\nok`)[1]).toBe(false);
    expect(keeps(`HTTP/1.0 200 OK\r\n${length}\r\nok`)[1]).toBe(false);
    expect(keeps(`HTTP/1.0 200 OK\r\n${length}Connection: keep-alive\r\n\r\nok`)[1]).toBe(true);
    expect(keeps('HTTP/1.1 200 OK\r\n\r\nok')).toEqual([false, false, null]);
    // More than was asked for.
    expect(keeps(`HTTP/1.1 200 OK\r\n${length}\r\nok HTTP/1.1 200 OK`)[1]).toBe(false);
  });

  it('is refused when it is too long to be a head or a line', () => {
    const sink = { head() {}, body() {}, end() {} };
    const long = `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`;
    expect(() => new AnswerReader('GET', sink).read(Buffer.from(long))).toThrow('a long head');
    const chunk = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(5_000)}`;
    expect(() => new AnswerReader('GET', sink).read(Buffer.from(chunk))).toThrow('a long line');
  });
});
