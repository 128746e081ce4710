import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  connectStore,
  createLibrary,
  parseStoreAddress,
  type StoreConnection,
  type StoreOptions,
  StoreUnreachable,
} from '../../../src/cluster/index.js';
import { findOnPath } from '../../../src/shared/find-program.js';
import {
  freePort,
  INSTALLED_STORES,
  STORE_PROGRAMS,
  StoreServer,
} from '../../support/cluster/store-server.js';

const COUNTER = createLibrary(
  'counter',
  `function F.add(keys, args) return redis.call('INCRBY', keys[1], args[1]) end`,
);

const open: StoreConnection[] = [];
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

async function connected(url: string, options: StoreOptions = {}): Promise<StoreConnection> {
  const connection = await connectStore(parseStoreAddress(url, {}), options);
  open.push(connection);
  return connection;
}

describe.skipIf(INSTALLED_STORES.length === 0).each(INSTALLED_STORES)('a store (%s)', (kind) => {
  let server: StoreServer;
  beforeAll(async () => {
    server = await StoreServer.start(kind);
  });
  afterAll(() => server.close());

  it('loads a library by itself, also after the store has lost it', async () => {
    const store = await connected(server.url);
    const key = store.key('count');
    expect(key).toBe('zerogpu:count');
    expect(await store.run(COUNTER, 'add', [key], [2])).toBe(2);
    await store.send('FUNCTION', 'FLUSH');
    expect(await store.run(COUNTER, 'add', [key], [3])).toBe(5);
  });

  it('runs the same library as a script where a store has no functions', async () => {
    const store = await connected(server.url, { withoutFunctions: true });
    await store.send('DEL', 'script');
    await store.send('SCRIPT', 'FLUSH');
    expect(await store.run(COUNTER, 'add', ['script'], [2])).toBe(2);
    expect(await store.run(COUNTER, 'add', ['script'], [3])).toBe(5);
  });

  it('says what a function got wrong, and stays connected', async () => {
    const store = await connected(server.url);
    await store.send('SET', 'text', 'no number');
    await expect(store.run(COUNTER, 'add', ['text'], [1])).rejects.toThrow(/not an integer/);
    expect(store.isReachable).toBe(true);
  });

  it('refuses a store that a newer zerogpu has written', async () => {
    const store = await connected(`${server.url}?prefix=newer`);
    await store.send('SET', 'newer:schema', '2');
    await expect(connected(`${server.url}?prefix=newer`)).rejects.toMatchObject({
      code: 'E_CLUSTER_NEWER',
    });
  });

  it('fails at once while the store is paused, and answers again when it is not', async () => {
    const changes: (string | null)[] = [];
    const store = await connected(server.url, { onChange: (problem) => changes.push(problem) });
    server.signal('SIGSTOP');
    await expect(store.send('PING')).rejects.toThrow(StoreUnreachable);
    const before = performance.now();
    await expect(store.send('PING')).rejects.toThrow(/timed out/);
    expect(performance.now() - before).toBeLessThan(200);
    server.signal('SIGCONT');
    await expect.poll(() => store.isReachable).toBe(true);
    expect(await store.send('PING')).toBe('PONG');
    expect(changes.length).toBeGreaterThan(2);
    expect(changes.at(-1)).toBeNull();
  });

  it('connects again to a store that was killed', async () => {
    const store = await connected(server.url);
    await server.kill();
    await expect.poll(() => store.isReachable).toBe(false);
    await expect(store.send('PING')).rejects.toThrow(StoreUnreachable);
    await server.up();
    await expect.poll(() => store.isReachable).toBe(true);
    expect(await store.run(COUNTER, 'add', ['again'], [1])).toBe(1);
  });

  it('starts without a store, and finds it when it comes', async () => {
    await server.kill();
    const store = await connected(server.url);
    expect(store.isReachable).toBe(false);
    expect(store.problem).toMatch(/ECONNREFUSED/);
    await server.up();
    await expect.poll(() => store.isReachable).toBe(true);
  });
});

const hasTls = STORE_PROGRAMS.redis !== null && findOnPath('openssl', process.env) !== null;

describe.skipIf(!hasTls)('a store with TLS', () => {
  const dir = mkdtempSync(join(tmpdir(), 'zerogpu-tls-'));
  const certificate = join(dir, 'certificate.pem');
  let server: StoreServer;
  beforeAll(async () => {
    const key = join(dir, 'key.pem');
    const subject = ['-subj', '/CN=store', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', key, '-out', certificate];
    execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...subject], { stdio: 'ignore' });
    const tls = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-auth-clients', 'no'];
    const port = await freePort();
    server = await StoreServer.start('redis', ['--tls-port', String(port), ...tls]);
    tlsPort = port;
  });
  let tlsPort = 0;
  afterAll(async () => {
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('is taken with the certificate of its signer, and not without', async () => {
    const url = `rediss://127.0.0.1:${tlsPort}`;
    const store = await connected(`${url}?ca=${certificate}`);
    expect(await store.send('PING')).toBe('PONG');
    const stranger = await connected(url);
    expect(stranger.isReachable).toBe(false);
    expect(stranger.problem).toMatch(/self.signed certificate/);
  });
});

describe.skipIf(INSTALLED_STORES.length === 0).each(INSTALLED_STORES)(
  'a store with a password (%s)',
  (kind) => {
    let server: StoreServer;
    beforeAll(async () => {
      server = await StoreServer.start(kind, ['--requirepass', 'correct-horse']);
    });
    afterAll(() => server.close());

    it.each([
      ['none', ''],
      ['another', ':wrong-staple@'],
    ])('does not let %s in, and the error does not repeat it', async (_, user) => {
      const url = `redis://${user}127.0.0.1:${server.port}`;
      const error = await connected(url).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'E_CLUSTER_SIGN_IN' });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('staple');
    });

    it('takes it from the address or the environment', async () => {
      await connected(`redis://:correct-horse@127.0.0.1:${server.port}`);
      const address = parseStoreAddress(server.url, { ZEROGPU_CLUSTER_PASSWORD: 'correct-horse' });
      const store = await connectStore(address);
      open.push(store);
      expect(store.isReachable).toBe(true);
      expect(store.shown).not.toContain('horse');
    });
  },
);
