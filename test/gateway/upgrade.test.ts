/** Websockets, and whatever else a client and the app agree on. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gatewayBefore, tokens } from '../support/gateway/index.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** A busy machine must not fail the test. */
const SOON = { timeout: 15_000 };
const ASK = ['Host: localhost', 'Connection: Upgrade', 'Upgrade: raw'];

/** An app that agrees to every upgrade and then does what the test says. */
function upgradingApp(onSocket: (socket: Duplex, request: IncomingMessage) => void): Server {
  return createServer().on('upgrade', (request, socket, early) => {
    const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`);
    const accept = key.digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'connection: Upgrade'];
    head.push(`upgrade: ${request.headers.upgrade}`, `sec-websocket-accept: ${accept}`);
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    if (early.length > 0) socket.unshift(early);
    onSocket(socket, request);
  });
}

/** A client that speaks bytes; `text` is all that came. */
function rawClient(port: number, lines: readonly string[] = ASK, path = '/ws') {
  const socket = connect(port, '127.0.0.1');
  const client = { socket, text: '', closed: false };
  socket.on('data', (part) => {
    client.text += part.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    client.closed = true;
  });
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  onTestFinished(() => void socket.destroy());
  return client;
}

/** One unmasked text frame, below 126 bytes. */
const frame = (text: string) =>
  Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

describe('a websocket', () => {
  it('carries messages both ways', async () => {
    const app = upgradingApp((socket) => {
      socket.on('data', (part: Buffer) => {
        if ((part[0] ?? 0) !== 0x81) return;
        const [mask, masked] = [part.subarray(2, 6), part.subarray(6)];
        const text = Buffer.from(masked.map((byte, i) => byte ^ (mask[i % 4] ?? 0)));
        socket.write(frame(`echo ${text}`));
      });
    });
    const { port } = await gatewayBefore(app);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/queue/join`);
    onTestFinished(() => socket.close());
    const heard: string[] = [];
    socket.addEventListener('message', ({ data }) => heard.push(String(data)));
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.send('one');
    await expect.poll(() => heard).toEqual(['echo one']);
    socket.send('two');
    await expect.poll(() => heard).toEqual(['echo one', 'echo two']);
  });

  it('tells the app its visitor, and nothing that the client forged', async () => {
    const seen: IncomingMessage[] = [];
    const app = upgradingApp((_, request) => void seen.push(request));
    const { port } = await gatewayBefore(app);
    const lines = [...ASK, 'X-IP-Token: forged', 'Cookie: zerogpu_as=free%3Aada', 'X-App: caf\xe9'];
    rawClient(port, lines);
    await expect.poll(() => seen.length).toBe(1);
    const [request] = seen;
    expect(request?.url).toBe('/ws');
    expect(request?.headers).toMatchObject({ 'x-app': 'caf\xe9', 'x-forwarded-for': '127.0.0.1' });
    expect(request?.headers.cookie).toBeUndefined();
    const verdict = await tokens.verify(String(request?.headers['x-ip-token']));
    expect(verdict).toMatchObject({ status: 'valid', visitor: { key: 'free:ada' } });
  });
});

describe('any upgraded connection', () => {
  it('passes bytes that came with the request’s head', async () => {
    const app = upgradingApp((socket) => {
      socket.once('data', (part: Buffer) => socket.write(`got ${part}`));
    });
    const { port } = await gatewayBefore(app);
    const client = rawClient(port, [...ASK.slice(0, 2), 'Upgrade: raw\r\n\r\nearly']);
    await expect.poll(() => client.text).toContain('got early');
  });

  it('ends at the app when the client leaves', async () => {
    let ended = false;
    const app = upgradingApp((socket) => {
      socket.resume().on('end', () => {
        ended = true;
      });
    });
    const { port } = await gatewayBefore(app);
    const client = rawClient(port);
    await expect.poll(() => client.text).toContain('101');
    client.socket.destroy();
    await expect.poll(() => ended).toBe(true);
  });

  it('brings a slow client what the app said before it left', async () => {
    const all = '*'.repeat(8_000_000);
    const { port } = await gatewayBefore(upgradingApp((socket) => void socket.end(all)));
    const client = rawClient(port);
    client.socket.on('data', () => {
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 5);
    });
    await expect.poll(() => client.closed, { timeout: 10_000 }).toBe(true);
    expect(client.text.slice(client.text.indexOf('*')).length).toBe(all.length);
  });

  it('ends at the client when the app leaves, with no word that the app did not say', async () => {
    const { port } = await gatewayBefore(
      upgradingApp((socket) => {
        setTimeout(() => (socket as Socket).resetAndDestroy(), 20);
      }),
    );
    const client = rawClient(port);
    await expect.poll(() => client.closed).toBe(true);
    expect(client.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 101']);
  });

  it('ends when the gateway closes', async () => {
    const gateway = await gatewayBefore(upgradingApp(() => {}));
    const client = rawClient(gateway.port);
    await expect.poll(() => client.text).toContain('101');
    await gateway.close();
    await expect.poll(() => client.closed).toBe(true);
  });
});

describe('an upgrade that cannot be', () => {
  it('is answered as the app answers it', async () => {
    const app = createTcpServer((socket) => {
      socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 2\r\n\r\nno');
    });
    const { port } = await gatewayBefore(app);
    const client = rawClient(port);
    await expect.poll(() => client.closed).toBe(true);
    expect(client.text).toMatch(/^HTTP\/1\.1 426 .*no$/s);
  });

  it('does not let what follows reach the app past the gateway', async () => {
    const asked: string[] = [];
    // As a server that knows no such protocol: it answers, and reads on.
    const app = createServer(({ url, headers }, response) => {
      asked.push(`${url} ${headers['x-forwarded-for']}`);
      response.end('still HTTP');
    });
    const { port } = await gatewayBefore(app);
    const forged = 'GET /past HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n';
    for (const more of [[], ['Content-Length: 0'], ['Content-Length: 2']]) {
      const body = more[0]?.endsWith('2') ? 'ab' : '';
      const lines = [...ASK, ...more, `X: 1\r\n\r\n${body}${forged}`];
      const client = rawClient(port, lines);
      await expect.poll(() => client.text, SOON).toContain('still HTTP');
      client.socket.write(forged);
      await expect.poll(() => client.closed, SOON).toBe(true);
    }
    expect(asked).toEqual(['/ws 127.0.0.1', '/ws 127.0.0.1', '/ws 127.0.0.1']);
  });

  const H2C = ['Host: localhost', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c'];

  it('brings its body along, as clients send it that would also speak HTTP/2', async () => {
    const heads: unknown[] = [];
    const app = createServer((request, response) => {
      const { upgrade, connection, 'http2-settings': settings } = request.headers;
      heads.push([upgrade, connection, settings]);
      const parts: Buffer[] = [];
      request
        .on('data', (part) => parts.push(part))
        .on('end', () => {
          const body = `got ${Buffer.concat(parts)}`;
          response.writeHead(200, { 'content-length': body.length }).end(body);
        });
    });
    const { port } = await gatewayBefore(app);
    const lines = [...H2C, 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'];
    const known = rawClient(port, [...lines, 'Content-Length: 5\r\n\r\nhello']);
    const chunks = '3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n';
    const chunked = rawClient(port, [...lines, `Transfer-Encoding: chunked\r\n\r\n${chunks}`]);
    for (const client of [known, chunked]) {
      await expect.poll(() => client.closed, SOON).toBe(true);
      expect(client.text).toMatch(/^HTTP\/1\.1 200 .*got hello$/s);
    }
    const plain = rawClient(port, lines);
    await expect.poll(() => plain.text, SOON).toContain('got ');
    expect(heads).toEqual(Array(3).fill([undefined, 'keep-alive', undefined]));
  });

  it('does not bring its body faster than the app reads it', async () => {
    let started: IncomingMessage | undefined;
    const app = createServer((request, response) => {
      // An app that looks at the body later.
      started = request;
      request.on('end', () => response.writeHead(200, { 'content-length': 5 }).end('whole'));
    });
    const { port } = await gatewayBefore(app);
    const size = 64_000_000;
    const client = rawClient(port, [...H2C, `Content-Length: ${size}`]);
    await expect.poll(() => started !== undefined, SOON).toBe(true);
    let drained = 0;
    const piece = Buffer.alloc(1_000_000);
    for (let i = 0; i < size / piece.length; i += 1) {
      client.socket.write(piece, () => {
        drained += piece.length;
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // What buffers of the system hold is megabytes; the gateway holds none of its own.
    expect(drained).toBeLessThan(size / 2);
    started?.resume();
    await expect.poll(() => client.text, SOON).toContain('whole');
  });

  it('is given up when the client leaves before the app has said anything', async () => {
    let gone = 0;
    let asked = 0;
    const silent = createTcpServer((socket) => {
      asked += 1;
      socket
        .on('error', () => {})
        .on('close', () => {
          gone += 1;
        });
      socket.resume();
    });
    const { port } = await gatewayBefore(silent);
    const client = rawClient(port);
    await expect.poll(() => asked, SOON).toBe(1);
    client.socket.destroy();
    await expect.poll(() => gone, SOON).toBe(1);
  });

  it('gets 502 when the app is not there', async () => {
    const gateway = await gatewayBefore(upgradingApp(() => {}));
    gateway.setUpstreamPort(1);
    const client = rawClient(gateway.port);
    await expect.poll(() => client.closed).toBe(true);
    expect(client.text).toMatch(/^HTTP\/1\.1 502 /);
  });

  it.each([
    ['403 Forbidden', 'in the name of another host', 'evil.example', '/ws'],
    ['400 Bad Request', 'of a name that is not a visitor', 'localhost', '/ws?as=nobody'],
  ])('gets %s %s', async (status, _, host, path) => {
    const asked: string[] = [];
    const { port } = await gatewayBefore(upgradingApp((__, { url }) => void asked.push(url ?? '')));
    const client = rawClient(port, [`Host: ${host}`, ...ASK.slice(1)], path);
    await expect.poll(() => client.closed).toBe(true);
    expect(client.text).toBe(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
    expect(asked).toEqual([]);
  });
});
