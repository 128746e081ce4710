/** Requests that no client makes, as bytes, and what a server says to them. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { hostileText } from './index.js';

/** How long a server may take over one case before it counts as hanging. */
const HANGS_AFTER_MS = 20_000;
/** A server that says nothing for so long has nothing to say: we leave, and it has to let go. */
const QUIET_MS = 150;

/** The bytes of a connection, in the parts in which they are written. */
export interface RawCase {
  readonly parts: readonly Buffer[];
}

/** A way in with the parameters that it takes, each with values that it may like. */
export interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
}

export interface Surface {
  readonly endpoints: readonly Endpoint[];
  /** Header lines beside the hostile ones: tokens, say. */
  readonly headers?: readonly string[];
}

const METHODS = [
  ...['GET', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'],
  ...['PRI', 'get', 'GE T', '', 'GET\0', 'PROPFIND', 'x'.repeat(300)],
];

const HEADERS = [
  ...['Origin: http://evil.example', 'Origin: null', 'Origin:', 'Host: evil.example', 'Host:'],
  ...['Host: 127.0.0.1.evil.example', 'Host: localhost:99999999', 'Host: 127.0.0.1@evil.example'],
  ...['Host: localhost\0', 'Host: [::1', 'Authorization: Bearer', 'Authorization: Bearer wrong'],
  ...[`Authorization: Bearer ${'0'.repeat(64)}`, 'Authorization: Basic cHJvOng=', 'authorization:'],
  ...['Authorization: Bearer a b', `Authorization: Bearer ${'é'.repeat(30)}`],
  ...[
    'X-IP-Token: forged',
    'x-ip-token: a.b.c',
    'X_IP_TOKEN: forged',
    'X-Ip-Token:',
    'x-ip_token: y',
  ],
  ...['X-HF-Authorization: Bearer hf_secretsecretsecret', 'X-Forwarded-For: 6.6.6.6'],
  ...[
    'X_Forwarded_For: 6.6.6.6',
    'Forwarded: for=6.6.6.6',
    'Cookie: zerogpu_as=%',
    'Cookie: ;;;=;',
  ],
  ...['Cookie: zerogpu_as=pro%3Alin; zerogpu_as=free', 'Connection: x-ip-token, x-forwarded-for'],
  ...[
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Upgrade: raw',
    'Expect: 100-continue',
  ],
  ...['Expect: the-unexpected', 'Content-Length: 5', 'Content-Length: -1', 'Content-Length: 1e3'],
  ...['Content-Length: 99999999999999999999', 'Content-Length: 0', 'Transfer-Encoding: chunked'],
  ...[
    'Transfer-Encoding: identity',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: xchunked',
  ],
  ...['Transfer-Encoding : chunked', 'TE: trailers', 'Trailer: x-ip-token', 'Range: bytes=0-'],
  ...[
    'Accept-Encoding: \u0001',
    'X: \u00e9',
    'X: a\rb',
    ' folded: x',
    ': no name',
    'no colon',
    'X:',
  ],
  ...[
    `X-Long: ${'x'.repeat(17_000)}`,
    `Cookie: ${'a=b; '.repeat(4_000)}`,
    'Content-Type: application/json',
  ],
];

const BODIES = [
  ...[
    '',
    'hello',
    '{"a":1}',
    '{"__proto__":{"x":1}}',
    '[',
    `${'['.repeat(3_000)}`,
    '\0',
    'a=1&a=2',
  ],
  ...[
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'ffffffffffffffff\r\n',
    '-1\r\n',
    '5;x=y\r\nhello\r\n0\r\n\r\n',
  ],
  ...['5\r\nhello\r\n0\r\nX-IP-Token: forged\r\n\r\n', `7d0\r\n${'x'.repeat(2_000)}\r\n0\r\n\r\n`],
  // Another request behind it.
  'GET /smuggled HTTP/1.1\r\nHost: localhost\r\nX-IP-Token: forged\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n',
  '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\nX-IP-Token: forged\r\n\r\n',
];

const GARBAGE = [
  ...[
    'hello\r\n\r\n',
    '\r\n\r\n\r\n',
    '\0\0\0\0',
    '\u0016\u0003\u0001\u0002\u0000\u0001',
    'GET / HTTP/9.9\r\n\r\n',
  ],
  ...[
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET /\r\n',
    'GET / HTTP/1.0\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
  ],
  ...['GET / HTTP/1.1\n\n', 'GET', `GET /${'x'.repeat(70_000)} HTTP/1.1\r\n\r\n`],
];

/** Method and target: the right ones with something wrong in them, or something else altogether. */
function startOf(surface: Surface): fc.Arbitrary<{ method: string; target: string }> {
  const endpoint = fc.constantFrom(...surface.endpoints);
  const raw = hostileText.map((text) => text.replace(/[\r\n ]/g, ''));
  const encoded = hostileText.map((text) => encodeURIComponent(text));
  const odd = fc.oneof(raw, encoded);
  const nearly = endpoint.chain(({ method, path, query }) => {
    const pairs = Object.entries(query).map(([name, values]) =>
      fc
        .oneof({ arbitrary: fc.constantFrom(...values), weight: 5 }, odd, fc.constant(null))
        .map((value) => (value === null ? [] : [`${name}=${value}`])),
    );
    const more = fc.array(
      fc
        .tuple(fc.oneof(fc.constantFrom(...Object.keys(query), 'x'), raw), odd)
        .map(([name, value]) => `${name}=${value}`),
      { maxLength: 2 },
    );
    const none = fc.constant<string[]>([]);
    return fc
      .tuple(fc.tuple(...pairs), fc.oneof({ arbitrary: none, weight: 3 }, more))
      .map(([own, others]) => {
        const all = [...own.flat(), ...others];
        return { method, target: all.length === 0 ? path : `${path}?${all.join('&')}` };
      });
  });
  const method = fc.constantFrom(...METHODS);
  const otherMethod = fc
    .tuple(nearly, method)
    .map(([{ target }, name]) => ({ method: name, target }));
  const otherPath = fc.tuple(endpoint, odd).map(([{ method: name, path }, text]) => ({
    method: name,
    target: path.replace(/[^/]*$/, text),
  }));
  const otherTarget = fc.record({
    method,
    target: fc.constantFrom(
      ...[
        '*',
        '/',
        '//',
        '/..',
        '/%2e%2e/x',
        '/%',
        '/%00',
        '//evil.example/x',
        '?',
        '#',
        '/\u00e9',
      ],
      ...[
        'http://evil.example/',
        'http://127.0.0.1/',
        'evil.example:80',
        '*@evil.example/',
        '/a b',
      ],
    ),
  });
  return fc.oneof(
    { arbitrary: nearly, weight: 10 },
    { arbitrary: otherMethod, weight: 2 },
    otherPath,
    otherTarget,
  );
}

/** Whole requests of odd parts, cut and bent now and then, sometimes no HTTP at all. */
export function rawCases(surface: Surface): fc.Arbitrary<RawCase> {
  const header = fc.oneof(
    { arbitrary: fc.constantFrom(...HEADERS), weight: 8 },
    fc
      .tuple(fc.constantFrom('X', 'Host', 'Cookie', 'Authorization'), hostileText)
      .map(([name, text]) => {
        return `${name}: ${text}`;
      }),
  );
  const request = fc
    .record({
      start: startOf(surface),
      host: fc.oneof({ arbitrary: fc.constant(['Host: localhost']), weight: 9 }, fc.constant([])),
      // Most requests have nothing odd in their head: they come further.
      headers: fc.oneof(fc.constant<string[]>([]), fc.array(header, { maxLength: 5 })),
      own: surface.headers
        ? fc.constantFrom(...surface.headers.map((line) => [line]))
        : fc.constant<string[]>([]),
      body: fc.oneof({ arbitrary: fc.constant(''), weight: 2 }, fc.constantFrom(...BODIES)),
      version: fc.oneof(
        { arbitrary: fc.constant('1.1'), weight: 9 },
        fc.constantFrom('1.0', '0.9', '2'),
      ),
      closes: fc.boolean(),
    })
    .map(({ start, host, own, headers, body, version, closes }) => {
      const { method, target } = start;
      const lines = [...host, ...own, ...headers, ...(closes ? ['Connection: close'] : [])];
      return `${method} ${target} HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
    });
  const bent = fc
    .tuple(request, fc.nat(), fc.nat(60), fc.constantFrom('', '\0', '\r\n', '\n', ' ', ':', '\xff'))
    .map(([text, at, gone, put]) => {
      const from = at % Math.max(1, text.length);
      return text.slice(0, from) + put + text.slice(from + gone);
    });
  const bytes = fc.oneof(
    { arbitrary: request.map((text) => Buffer.from(text, 'latin1')), weight: 10 },
    { arbitrary: request.map((text) => Buffer.from(text, 'utf8')), weight: 4 },
    { arbitrary: bent.map((text) => Buffer.from(text, 'latin1')), weight: 4 },
    fc.tuple(request, request).map((two) => Buffer.from(two.join(''), 'latin1')),
    fc.constantFrom(...GARBAGE).map((text) => Buffer.from(text, 'latin1')),
    fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array)),
  );
  return fc.tuple(bytes, fc.array(fc.nat(), { maxLength: 3 })).map(([all, cuts]) => {
    const at = [...new Set(cuts.map((cut) => cut % (all.length + 1)))].sort((a, b) => a - b);
    const edges = [0, ...at, all.length];
    return { parts: edges.slice(1).map((end, i) => all.subarray(edges[i], end)) };
  });
}

/** One answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Writes the parts on a connection of its own and reads until the server has said all.
 *
 * @returns the first answer, or null when there was none
 * @throws when the server neither answers nor lets go
 */
export function exchange(port: number, { parts }: RawCase): Promise<RawAnswer | null> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay();
    const hang = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the server hangs; it said ${JSON.stringify(text.slice(0, 300))}`));
    }, HANGS_AFTER_MS);
    let quiet = setTimeout(() => socket.end(), QUIET_MS);
    const done = () => {
      clearTimeout(hang);
      clearTimeout(quiet);
      socket.destroy();
      resolve(readAnswer(text));
    };
    socket.on('data', (part) => {
      text += part.toString('latin1');
      const answer = readAnswer(text);
      if (answer && isWhole(answer)) done();
      else quiet.refresh();
    });
    // A server may cut the connection: that is allowed.
    socket.on('error', () => {});
    socket.on('close', done);
    socket.on('connect', () => {
      const write = (index: number) => {
        const part = parts[index];
        if (part === undefined || socket.destroyed) return;
        socket.write(part, () => setImmediate(write, index + 1));
        clearTimeout(quiet);
        quiet = setTimeout(() => socket.end(), QUIET_MS);
      };
      write(0);
    });
  });
}

function readAnswer(text: string): RawAnswer | null {
  const end = text.indexOf('\r\n\r\n');
  const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
  if (end < 0 || status === undefined) return null;
  // "100 Continue" is not the answer yet.
  if (status === '100') return readAnswer(text.slice(end + 4));
  const lines = text.slice(0, end).split('\r\n').slice(1);
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const rest = text.slice(end + 4);
  const length = headers['content-length'];
  // What follows answers another request on the same connection.
  const body = length === undefined ? rest : rest.slice(0, Number(length));
  return { status: Number(status), headers, body };
}

function isWhole({ status, headers, body }: RawAnswer): boolean {
  if (status === 204 || status === 304 || status === 101) return true;
  if (headers['content-type'] === 'text/event-stream') return true;
  const length = headers['content-length'];
  if (length !== undefined) return body.length >= Number(length);
  return headers['transfer-encoding'] === 'chunked' && /(^|\r\n)0\r\n\r\n$/.test(body);
}

/** The body of a whole answer, without the marks of its chunks. */
export function textOf({ headers, body }: RawAnswer): string {
  const bytes = Buffer.from(body, 'latin1');
  if (headers['transfer-encoding'] !== 'chunked') return bytes.toString();
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString(), 16);
    if (end < 0 || !(size > 0)) break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts).toString();
}

/** For people: the bytes as text, and the last of a long one left out. */
export function showCase({ parts }: RawCase): string {
  const text = JSON.stringify(Buffer.concat(parts).toString('latin1'));
  return text.length > 2_000 ? `${text.slice(0, 2_000)}… (${parts.length} parts)` : text;
}
