/** What happens when one side is not there, leaves early, or is not who it should be. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../../src/gateway/index.js';
import { holderOfPort } from '../../src/shared/tcp-table.js';
import { ask, gatewayBefore, listen, tokens } from '../support/gateway/index.js';

const UNUSED = {
  host: '127.0.0.1',
  upstreamPort: 1,
  defaultVisitor: { tier: 'anonymous', name: null },
  tokens,
} as const;

/** A gateway on a port of its own choosing, before an app that is not there. */
async function gatewayBeforeNothing(options: object = {}) {
  const port = { number: 0, explicit: true };
  const gateway = await startGateway({ ...UNUSED, port, ...options });
  onTestFinished(gateway.close);
  return gateway;
}

describe('an app that is not there', () => {
  it('is a 502 with a sentence', async () => {
    const { url } = await gatewayBeforeNothing();
    const answer = await ask(`${url}/config`);
    expect([answer.status, answer.text]).toEqual([502, 'The Space does not answer.\n']);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('is the answer to an upload as well', async () => {
    const { url } = await gatewayBeforeNothing();
    const answer = await ask(`${url}/upload`, { method: 'POST', body: Buffer.alloc(3_000_000) });
    expect(answer.status).toBe(502);
  });

  it('gets nothing before it has a port, nor after it has lost it', async () => {
    const app = createServer((_, response) => response.end('here'));
    const appPort = await listen(app);
    const gateway = await gatewayBeforeNothing({ upstreamPort: null });
    expect((await ask(gateway.url)).status).toBe(503);
    gateway.setUpstreamPort(appPort);
    expect((await ask(gateway.url)).text).toBe('here');
    gateway.setUpstreamPort(null);
    const answer = await ask(gateway.url);
    expect([answer.status, answer.text]).toEqual([503, 'The Space has not started.\n']);
  });

  it.skipIf(process.getuid?.() !== 0)('has lost its port when another user takes it', async () => {
    const app = createServer((_, response) =>
      response.writeHead(200, { connection: 'close' }).end(),
    );
    const appPort = await listen(app);
    const gateway = await gatewayBeforeNothing({ upstreamPort: appPort });
    expect((await ask(gateway.url)).status).toBe(200);
    await new Promise((closed) => app.close(closed));
    const script = `require('node:http').createServer((_, r) => r.end('mine')).listen(${appPort}, '127.0.0.1', () => console.log('up'))`;
    const thief = spawn(process.execPath, ['-e', script], {
      ...{ uid: 65_534, gid: 65_534, cwd: '/' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void thief.kill('SIGKILL'));
    await once(thief.stdout, 'data');
    expect((await ask(gateway.url)).status).toBe(503);
  });

  it('is found when it comes, on whatever port', async () => {
    const gateway = await gatewayBeforeNothing();
    expect((await ask(gateway.url)).status).toBe(502);
    const app = createServer((_, response) => response.end('here'));
    gateway.setUpstreamPort(await listen(app));
    expect((await ask(gateway.url)).text).toBe('here');
  });
});

describe('an app that leaves', () => {
  it('in the middle of its answer leaves no answer that looks whole', async () => {
    const { url } = await gatewayBefore((_, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('a part', () => response.destroy());
    });
    await expect(ask(url)).rejects.toThrow(/aborted|reset|hang up/);
    await expect(ask(url)).rejects.toThrow();
  });

  it('before its answer gets a 502', async () => {
    const { url } = await gatewayBefore((incoming) => void incoming.socket.destroy());
    expect((await ask(url)).status).toBe(502);
  });
});

describe('a client that leaves', () => {
  it('takes the app’s request with it, before the first byte of an answer', async () => {
    let left = false;
    const { url } = await gatewayBefore((_, response) => {
      response.on('close', () => {
        left = true;
      });
      client.destroy();
    });
    const client = request(url).on('error', () => {});
    client.end();
    await expect.poll(() => left).toBe(true);
  });

  it('takes the app’s event stream with it', async () => {
    let left = false;
    const { url } = await gatewayBefore((_, response) => {
      response.on('close', () => {
        left = true;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    });
    const client = request(url).on('error', () => {});
    const answer = new Promise<IncomingMessage>((resolve) => client.on('response', resolve));
    client.end();
    (await answer).once('data', () => client.destroy()).on('error', () => {});
    await expect.poll(() => left).toBe(true);
  });

  it('in the middle of an upload leaves no upload that looks whole', async () => {
    const ends: string[] = [];
    const { url } = await gatewayBefore((incoming) => {
      incoming.once('data', () => client.destroy());
      incoming.on('end', () => ends.push('end'));
      incoming.on('aborted', () => ends.push('aborted'));
      incoming.on('error', () => {});
    });
    const headers = { 'transfer-encoding': 'chunked' };
    const client = request(url, { method: 'POST', headers }).on('error', () => {});
    client.write('a part');
    await expect.poll(() => ends).toEqual(['aborted']);
    expect((await fetch(`${url}/?as=nobody`)).status).toBe(400);
  });
});

describe('the Host header', () => {
  const LOCAL = ['localhost:7860', 'LOCALHOST', '127.0.0.1', '127.0.0.2:80', '127.255.255.254'];
  const LOCAL_6 = ['[::1]:7860', '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.3]:7860'];
  it.each([...LOCAL, ...LOCAL_6])('may be this machine: %s', async (host) => {
    const { url } = await gatewayBefore((_, response) => response.end('in'));
    expect((await ask(url, { headers: { host } })).text).toBe('in');
  });

  it.each(['127.0.0.2', '127.9.8.7', 'localhost', '::1', '0:0:0:0:0:0:0:1', '0.0.0.0', '0', '::'])(
    'of the address that is given out is taken by a gateway on %s',
    async (host) => {
      const { url } = await gatewayBefore((_, response) => response.end('in'), { host });
      expect(await (await fetch(url)).text()).toBe('in');
    },
  );

  it.each([
    'evil.example',
    'evil.example:7860',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    '10.0.0.1',
    '128.0.0.1',
    '[::ffff:10.0.0.1]',
    '[::2]',
    '127.evil.example',
    '%31%32%37.0.0.1',
    'evil.example#localhost',
    'user@localhost',
  ])('may not be a name that was bent to point here: %s', async (host) => {
    const asked: string[] = [];
    const { url } = await gatewayBefore((incoming) => void asked.push(incoming.url ?? ''));
    const answer = await ask(url, { headers: { host } });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain(`not on ${host}`);
    expect(asked).toEqual([]);
  });

  it('may be anything once the gateway is opened to the network', async () => {
    const app = (_: IncomingMessage, response: { end(text: string): void }) => response.end('in');
    const { port } = await gatewayBefore(app, { host: '0.0.0.0' });
    const url = `http://127.0.0.1:${port}`;
    expect((await ask(url, { headers: { host: 'laptop.lan' } })).text).toBe('in');
  });
});

describe('a port that is taken', () => {
  it('is an error that names it and who has it, when it was asked for', async () => {
    const number = await listen(createServer());
    const started = startGateway({ ...UNUSED, port: { number, explicit: true } });
    await expect(started).rejects.toMatchObject({
      name: 'UserError',
      code: 'E_PORT_TAKEN',
      exitCode: 3,
      message: `port ${number} is taken by ${holderOfPort(number)?.name} (pid ${process.pid})`,
      why: `You asked for port ${number}, so zerogpu did not choose another one.`,
      fix: [`--port ${number + 1}   or: leave --port out`],
    });
  });

  it('is passed over for the next free one, when it was not', async () => {
    const number = await listen(createServer());
    const gateway = await gatewayBeforeNothing({ port: { number, explicit: false } });
    expect(gateway.port).toBeGreaterThan(number);
    expect(gateway.port).toBeLessThanOrEqual(number + 20);
    expect(gateway.url).toBe(`http://127.0.0.1:${gateway.port}`);
  });

  it('is free again once the gateway is closed, although clients were connected', async () => {
    const app = createServer((_, response) => void response.write('never ends'));
    const upstreamPort = await listen(app);
    const options = { ...UNUSED, upstreamPort, port: { number: 0, explicit: true } };
    const gateway = await startGateway(options);
    const client = request(gateway.url).on('error', () => {});
    const cut = new Promise((resolve) => client.on('close', resolve));
    const answered = new Promise<IncomingMessage>((resolve) => client.on('response', resolve));
    client.end();
    (await answered).resume().on('error', () => {});
    await gateway.close();
    await cut;
    const again = await gatewayBeforeNothing({ port: { number: gateway.port, explicit: true } });
    expect(again.port).toBe(gateway.port);
  });
});
