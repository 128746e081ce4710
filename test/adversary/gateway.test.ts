/**
 * Raw HTTP at the gateway, drawn from a seed: framings, offers of other protocols, pieces cut anywhere,
 * second requests with a forged identity behind the first, and answers of every kind that may lack a body.
 *
 *   ZEROGPU_ADVERSARY_SEED=7 ZEROGPU_ADVERSARY_ROUNDS=5000 npx vitest run --project unit test/adversary
 */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { ask, gatewayBefore } from '../support/gateway/index.js';
import { createRandom, type Random } from '../support/soak/random.js';

const SEED = Number(process.env['ZEROGPU_ADVERSARY_SEED'] ?? 1);
const ROUNDS = Number(process.env['ZEROGPU_ADVERSARY_ROUNDS'] ?? 80);
vi.setConfig({ testTimeout: 60_000 + ROUNDS * 1_000 });

const ANSWERS: Readonly<Record<string, readonly [raw: string, status: number]>> = {
  length: ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', 200],
  chunks: ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 200],
  none: ['HTTP/1.1 204 No Content\r\n\r\n', 204],
  noneWithLength: ['HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n', 204],
  unchanged: ['HTTP/1.1 304 Not Modified\r\ncontent-length: 999\r\n\r\n', 304],
  noneInChunks: ['HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n', 204],
  unchangedInChunks: ['HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n', 304],
  reset: ['HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n', 205],
  empty: ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', 200],
  trailers: [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n',
    200,
  ],
  error: ['HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\nok', 500],
  hints: [
    'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    200,
  ],
  goesOn: ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', 200],
};

/** A request, and what it is when it is whole. */
function requestOf(random: Random, answer: string, size: number): Buffer {
  const body = Buffer.alloc(size, 'b');
  const isChunked = size > 0 && random.oneIn(2);
  const offer = random.pick([
    [],
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQ'],
    ...(size > 0 ? [['Connection: Upgrade', 'Upgrade: websocket']] : []),
    ['Connection: keep-alive, X-IP-Token'],
  ]);
  const framing = isChunked
    ? ['Transfer-Encoding: chunked']
    : size > 0
      ? [`Content-Length: ${size}`]
      : [];
  const patience = size > 0 && random.oneIn(4) ? ['Expect: 100-continue'] : [];
  const forged = ['X-IP-Token: forged', 'X-Forwarded-For: 6.6.6.6', 'x_ip_token: forged'];
  const head = [
    `${size > 0 ? 'POST' : random.oneIn(4) ? 'HEAD' : 'GET'} /${answer}/${size} HTTP/1.1`,
    `Host: ${random.pick(['localhost', '127.0.0.1:1', '127.9.9.9', '[::1]'])}`,
    ...(offer ?? []),
    ...framing,
    ...patience,
    ...forged.filter(() => random.oneIn(2)),
  ];
  const parts: Buffer[] = [Buffer.from(`${head.join('\r\n')}\r\n\r\n`)];
  if (!isChunked) parts.push(body);
  for (let at = 0; isChunked && at < size; ) {
    const piece = body.subarray(at, at + 1 + Math.floor(random.between(0, size)));
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
    at += piece.length;
  }
  if (isChunked) parts.push(Buffer.from('0\r\n\r\n'));
  return Buffer.concat(parts);
}

async function sendInPieces(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const end = random.oneIn(3) ? bytes.length : at + 1 + Math.floor(random.between(0, 4_000));
    socket.write(bytes.subarray(at, end));
    at = end;
    if (random.oneIn(4)) await sleep(1);
  }
}

/** A simple HTTP server of bytes: it counts bodies and answers as the path says. */
function app(problems: string[]) {
  return createServer((socket) => {
    let rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (part) => {
      rest = Buffer.concat([rest, part]);
      for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
        const head = rest.subarray(0, end).toString('latin1');
        const [, kind = '', size = '0'] = /^\w+ \/(\w+)\/(\d+) /.exec(head) ?? [];
        const whole = bodyEnd(rest.subarray(end + 4), head);
        if (whole === null) return;
        if (whole.bytes !== Number(size)) problems.push(`${whole.bytes} bytes for ${size}`);
        if (/6\.6\.6\.6|: forged/.test(head)) problems.push(`forged: ${head}`);
        if (/^upgrade:/im.test(head)) problems.push(`an offer: ${head}`);
        if ((head.match(/^x[-_]ip[-_]token:/gim) ?? []).length !== 1) problems.push('identities');
        rest = rest.subarray(end + 4 + whole.length);
        const answer = ANSWERS[kind]?.[0] ?? 'HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n';
        // To HEAD an app says what it would say, and sends no body.
        socket.write(head.startsWith('HEAD ') ? headOf(answer) : answer);
      }
    });
  });
}

/** Up to the last line of an answer's last head; what comes before it may have heads of its own. */
function headOf(answer: string): string {
  const final = answer.lastIndexOf('HTTP/1.1');
  return answer.slice(0, answer.indexOf('\r\n\r\n', final) + 4);
}

/** Where a body ends, or null while it comes. */
function bodyEnd(bytes: Buffer, head: string): { bytes: number; length: number } | null {
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  if (!/^transfer-encoding: chunked/im.test(head)) {
    return bytes.length < length ? null : { bytes: length, length };
  }
  for (let at = 0, sum = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    const next = line + 2 + size + 2;
    if (bytes.length < next) return null;
    if (size === 0) return { bytes: sum, length: next };
    sum += size;
    at = next;
  }
}

/** On a connection that stays open the next answer begins where the last one ended. */
async function another(
  socket: Socket,
  heard: () => string,
  problems: string[],
  shown: string,
): Promise<void> {
  // The rest of the first body, or the end of the connection.
  await sleep(20);
  if (socket.readableEnded || socket.destroyed || /^connection: close/im.test(heard())) return;
  const before = heard().length;
  socket.write('GET /length/0 HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n');
  const isWhole = () => /^HTTP\/1\.1 200 .*?\r\n\r\nok$/s.test(heard().slice(before));
  await vi.waitUntil(isWhole, 20_000).catch(() => {
    problems.push(`no second answer, ${shown}, ${heard()}`);
  });
}

it(`answers each whole request once, with nothing forged behind it (seed ${SEED}, ${ROUNDS} rounds)`, async () => {
  const problems: string[] = [];
  const { port, url } = await gatewayBefore(app(problems));
  for (let round = 0; round < ROUNDS; round += 1) {
    const random = createRandom(SEED, round);
    const kind = random.pick(Object.keys(ANSWERS)) ?? 'length';
    const size = random.oneIn(3)
      ? 0
      : Math.floor(random.between(1, random.oneIn(5) ? 300_000 : 2_000));
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (part) => {
      text += part.toString('latin1');
    });
    socket.on('error', () => {});
    const bytes = requestOf(random, kind, size);
    const leavesEarly = random.oneIn(8);
    await sendInPieces(socket, leavesEarly ? bytes.subarray(0, bytes.length - 3) : bytes, random);
    if (!leavesEarly) {
      const shown = `seed ${SEED}, round ${round}: ${kind} ${size}`;
      await vi
        .waitUntil(() => /HTTP\/1\.1 [2-5]\d\d.*?\r\n\r\n/s.test(text), 20_000)
        .catch(() => {
          problems.push(`no answer, ${shown}, ${text}`);
        });
      const [, status] = /HTTP\/1\.1 ([2-5]\d\d)/.exec(text) ?? [];
      if (Number(status) !== ANSWERS[kind]?.[1]) problems.push(`${status}, ${shown}`);
      await another(socket, () => text, problems, shown);
    }
    socket.destroy();
  }
  expect(problems).toEqual([]);
  expect((await ask(`${url}/length/0`)).text).toBe('ok');
});
