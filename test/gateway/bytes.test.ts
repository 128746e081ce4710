/** Bodies and headers pass as they came, in both directions. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, askHead, echoHead, gatewayBefore, type Handler } from '../support/gateway/index.js';

const BYTES = randomBytes(6_000_000);
const DIGEST = createHash('sha256').update(BYTES).digest('hex');

/** Answers an upload with its digest and with how its length was declared. */
const digest: Handler = (incoming, response) => {
  const hash = createHash('sha256');
  incoming.on('data', (part) => hash.update(part));
  incoming.on('end', () => {
    const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
    response.end(JSON.stringify({ digest: hash.digest('hex'), length, encoding }));
  });
};

describe('uploads', () => {
  it('arrive unchanged, with their length', async () => {
    const { url } = await gatewayBefore(digest);
    const answer = await ask(`${url}/upload`, { method: 'POST', body: BYTES });
    expect(JSON.parse(answer.text)).toEqual({ digest: DIGEST, length: String(BYTES.length) });
  });

  it('arrive unchanged in chunks, without a length', async () => {
    const { url } = await gatewayBefore(digest);
    const parts = [0, 1, 2, 3, 4].map((i) => BYTES.subarray(i * 1_200_000, (i + 1) * 1_200_000));
    const answer = await ask(`${url}/upload`, { method: 'PUT', body: parts });
    expect(JSON.parse(answer.text)).toEqual({ digest: DIGEST, encoding: 'chunked' });
  });

  it('reach the app while they still come', async () => {
    const complete: boolean[] = [];
    const { url } = await gatewayBefore((incoming, response) => {
      incoming.once('data', () => complete.push(incoming.complete));
      incoming.on('end', () => response.end('whole'));
    });
    const upload = request(`${url}/upload`, { method: 'POST' });
    const answered = new Promise<IncomingMessage>((resolve) => upload.on('response', resolve));
    upload.write('first part');
    await expect.poll(() => complete).toEqual([false]);
    upload.end('last part');
    expect((await answered).statusCode).toBe(200);
    (await answered).resume();
  });

  it('are answered although the app would not read them', async () => {
    const { url } = await gatewayBefore((_, response) => {
      response.writeHead(413).end('too large');
    });
    const answer = await ask(`${url}/upload`, { method: 'POST', body: BYTES });
    expect([answer.status, answer.text]).toEqual([413, 'too large']);
  });

  it('that wait for "100 Continue" get it', async () => {
    const { url } = await gatewayBefore(digest);
    const upload = request(`${url}/upload`, {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': 4 },
    });
    const answered = new Promise<IncomingMessage>((resolve) => upload.on('response', resolve));
    await new Promise((resolve) => upload.once('continue', resolve).flushHeaders());
    upload.end('data');
    expect((await answered).statusCode).toBe(200);
    (await answered).resume();
  });
});

describe('answers', () => {
  it('come unchanged however large they are', async () => {
    const { url } = await gatewayBefore((_, response) => response.end(BYTES));
    const answer = await ask(`${url}/file`);
    expect(answer.headers['content-length']).toBe(String(BYTES.length));
    expect(createHash('sha256').update(answer.body).digest('hex')).toBe(DIGEST);
  });

  it('are not read from the app faster than the client reads them', async () => {
    const whole = 100_000_000;
    let given = 0;
    const { port } = await gatewayBefore((_, response) => {
      const give = () => {
        given += 100_000;
        if (given >= whole) response.end();
        else if (response.write(BYTES.subarray(0, 100_000))) give();
      };
      response.on('drain', give);
      give();
    });
    const client = connect(port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await once(client, 'readable');
    const seen: number[] = [];
    const isStill = () => seen.push(given) > 1 && given > 0 && seen.at(-2) === given;
    // What fits into the buffers of four sockets has come; the rest waits.
    await expect.poll(isStill, { interval: 300, timeout: 20_000 }).toBe(true);
    expect(given).toBeLessThan(whole / 2);
    client.resume();
    await expect.poll(() => given, { timeout: 30_000 }).toBeGreaterThanOrEqual(whole);
    client.destroy();
  });

  it('keep status, message-free codes and every header, repeated ones too', async () => {
    const { url } = await gatewayBefore((incoming, response) => {
      if (incoming.url === '/none') return response.writeHead(204).end();
      response.setHeader('set-cookie', ['a=1; Path=/', 'b=2']);
      response.setHeader('x-of-the-app', 'yes');
      response.setHeader('content-encoding', 'gzip');
      response.writeHead(418).end('teapot');
    });
    const answer = await ask(url);
    expect([answer.status, answer.text]).toEqual([418, 'teapot']);
    expect(answer.headers).toMatchObject({
      'set-cookie': ['a=1; Path=/', 'b=2'],
      'x-of-the-app': 'yes',
      'content-encoding': 'gzip',
    });
    expect((await ask(`${url}/none`)).status).toBe(204);
  });

  it('keep header bytes that are no ASCII', async () => {
    const latin = 'attachment; filename="caf\u00e9.png"';
    const utf8 = Buffer.from('naïve €').toString('latin1');
    const app = createTcpServer((socket) => {
      const lines = ['HTTP/1.1 200 OK', `content-disposition: ${latin}`, `x-title: ${utf8}`];
      socket.end(`${lines.join('\r\n')}\r\ncontent-length: 4\r\n\r\ndata`, 'latin1');
    });
    const { url } = await gatewayBefore(app);
    const answer = await ask(url);
    expect([answer.status, answer.text]).toEqual([200, 'data']);
    expect(answer.headers).toMatchObject({ 'content-disposition': latin, 'x-title': utf8 });
  });

  it('lead redirects to the app’s own port back through the gateway, and no others', async () => {
    const { url } = await gatewayBefore((incoming, response) => {
      const own = `http://127.0.0.1:${incoming.socket.localPort}/login?next=1`;
      const location = incoming.url === '/own' ? own : 'https://huggingface.co/';
      response.writeHead(302, { location }).end();
    });
    expect((await ask(`${url}/own`)).headers.location).toBe(`${url}/login?next=1`);
    expect((await ask(`${url}/away`)).headers.location).toBe('https://huggingface.co/');
  });

  it('of ranges pass with what they say of themselves', async () => {
    const { url } = await gatewayBefore((incoming, response) => {
      expect(incoming.headers.range).toBe('bytes=100-199');
      response.writeHead(206, {
        'content-range': `bytes 100-199/${BYTES.length}`,
        'accept-ranges': 'bytes',
        'content-length': 100,
      });
      response.end(BYTES.subarray(100, 200));
    });
    const answer = await ask(`${url}/video.mp4`, { headers: { range: 'bytes=100-199' } });
    expect(answer.status).toBe(206);
    expect(answer.headers['content-range']).toBe(`bytes 100-199/${BYTES.length}`);
    expect(answer.body.equals(BYTES.subarray(100, 200))).toBe(true);
  });

  it.each([
    ['304 with the length of what it leaves out', 'HTTP/1.1 304 Not Modified', '1234'],
    ['304 of no length', 'HTTP/1.1 304 Not Modified', undefined],
    ['204, whose length means nothing', 'HTTP/1.1 204 No Content', '5'],
    ['after 100 Continue', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified', '7'],
    ['after 103 Early Hints', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 304 No', '7'],
  ])('without a body are whole: %s', async (_, head, length) => {
    const app = createTcpServer((socket) => {
      const lines = [head, 'etag: "x"', ...(length ? [`content-length: ${length}`] : [])];
      socket.on('data', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
      socket.on('error', () => {});
    });
    const { url } = await gatewayBefore(app);
    // Twice: the connection to the app is good for the next one.
    for (let i = 0; i < 2; i += 1) {
      const answer = await ask(`${url}/file`, { headers: { 'if-none-match': '"x"' } });
      const is204 = head.includes('204');
      expect([answer.status, answer.text]).toEqual([is204 ? 204 : 304, '']);
      expect(answer.headers).toMatchObject({ etag: '"x"' });
      expect(answer.headers['content-length']).toBe(is204 ? undefined : length);
    }
  });

  it('to a DELETE in chunks has read them: no method sends a body without its framing', async () => {
    const { url } = await gatewayBefore(digest);
    for (const method of ['DELETE', 'GET', 'OPTIONS', 'PATCH']) {
      const headers = { 'transfer-encoding': 'chunked' };
      const answer = await ask(`${url}/`, { method, headers, body: [BYTES] });
      expect(JSON.parse(answer.text)).toEqual({ digest: DIGEST, encoding: 'chunked' });
    }
  });

  it('in which Gradio describes itself name the gateway and not the app’s port', async () => {
    const { url } = await gatewayBefore((incoming, response) => {
      const own = `http://127.0.0.1:${incoming.socket.localPort}`;
      const body = JSON.stringify({ root: own, other: `${own}1`, text: 'na\u00efve \u20ac' });
      response.setHeader('content-type', 'application/json');
      response.setHeader('content-length', Buffer.byteLength(body));
      response.end(body);
    });
    for (const path of ['/config', '/gradio_api/info?all_endpoints=1', '/info']) {
      const said = JSON.parse((await ask(`${url}${path}`)).text);
      expect(said).toMatchObject({ root: url, text: 'na\u00efve \u20ac' });
      expect(said.other).not.toContain(url);
    }
    // Everything else passes as it came.
    expect(JSON.parse((await ask(`${url}/gradio_api/file`)).text).root).not.toBe(url);
  });

  it('to HEAD keep the length of the body that they leave out', async () => {
    const { url } = await gatewayBefore((incoming, response) => {
      response.writeHead(200, {
        'content-length': 1_234,
        etag: '"x"',
        'x-method': incoming.method,
      });
      response.end();
    });
    const answer = await ask(`${url}/file`, { method: 'HEAD' });
    expect(answer.headers).toMatchObject({
      'content-length': '1234',
      etag: '"x"',
      'x-method': 'HEAD',
    });
    expect(answer.body.length).toBe(0);
  });
});

describe('event streams', () => {
  it('pass each event when it comes, while the app still writes', async () => {
    let finish = () => {};
    const { url } = await gatewayBefore((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      finish = () => response.end('data: two\n\n');
    });
    const response = await fetch(`${url}/queue/data`);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? '').toString()).toBe('data: one\n\n');
    finish();
    const second = await reader?.read();
    expect(Buffer.from(second?.value ?? '').toString()).toBe('data: two\n\n');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('have their headers through before the first event', async () => {
    const { url } = await gatewayBefore((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.flushHeaders();
    });
    const leave = new AbortController();
    const response = await fetch(`${url}/queue/data`, { signal: leave.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    leave.abort();
  });

  it('are searched for what the visitor reads', async () => {
    const told: string[] = [];
    const message = { msg: 'log', log: 'Waiting for a GPU', title: 'ZeroGPU queue' };
    const app: Handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify(message)}\n\n`);
    };
    const onTold = (text: string, visitor: string) => told.push(`${visitor}: ${text}`);
    const { url } = await gatewayBefore(app, { onTold });
    await ask(`${url}/queue/data?as=free:ada`);
    expect(told).toEqual(['free:ada: ZeroGPU queue: Waiting for a GPU']);
  });
});

describe('request heads', () => {
  it('keep method, path, query and the app’s headers as they came', async () => {
    const { url } = await gatewayBefore(echoHead);
    const headers = { 'x-gradio-user': 'app', cookie: 'a=1; b=2', host: 'localhost:1', x: 'é' };
    const path = '/gradio_api/file=/tmp/a%20b/%E2%82%AC.png?x=1&y=a%26b&x=2';
    const head = await askHead(`${url}${path}`, {
      method: 'DELETE',
      headers,
    });
    expect(head).toMatchObject({ method: 'DELETE', url: path, headers });
  });

  it('lose what speaks of one connection alone', async () => {
    const { url } = await gatewayBefore(echoHead);
    const { headers } = await askHead(url, {
      headers: {
        connection: 'keep-alive, x-for-this-hop',
        'x-for-this-hop': '1',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        'proxy-authorization': 'Basic eA==',
      },
    });
    for (const name of ['x-for-this-hop', 'keep-alive', 'te', 'proxy-authorization']) {
      expect(headers, name).not.toHaveProperty(name);
    }
  });

  it('may come slowly, and on a connection that stays open', async () => {
    let connections = 0;
    const app = createServer(echoHead).on('connection', () => {
      connections += 1;
    });
    const gateway = await gatewayBefore(app);
    const socket = connect(gateway.port, '127.0.0.1');
    const answers: string[] = [];
    socket.on('data', (part) => answers.push(part.toString()));
    for (const path of ['/1', '/2', '/3']) {
      socket.write(`GET ${path} HTTP/1.1\r\nHo`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.write('st: localhost\r\n\r\n');
      await expect.poll(() => answers.join('')).toContain(`"url":"${path}"`);
    }
    socket.destroy();
    expect(connections).toBe(1);
  });
});
