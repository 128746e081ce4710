/** Allocators of one cluster: one quota a visitor, with the store there or not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/allocator/core/types.js';
import { connectStore, createQuotaStore, parseStoreAddress } from '../../src/cluster/index.js';
import { loadProfile } from '../../src/platform/index.js';
import { systemClock } from '../../src/shared/clock.js';
import { type ClusterHost, type HostOptions, startClusterHost } from '../support/cluster/host.js';
import { INSTALLED_STORES, StoreServer } from '../support/cluster/store-server.js';

const ada: Visitor = { key: 'free:ada', tier: 'free', hasToken: true };
const LIMIT_MS = 210_000;

describe.skipIf(INSTALLED_STORES.length === 0)('hosts of one cluster', () => {
  let store: StoreServer;
  const hosts: ClusterHost[] = [];
  beforeEach(async () => {
    store = await StoreServer.start(INSTALLED_STORES[0] ?? 'redis', ['--appendonly', 'yes']);
  });
  afterEach(async () => {
    store.signal('SIGCONT');
    for (const host of hosts.splice(0)) await host.close();
    await store.close();
  });
  async function host(options: HostOptions = {}): Promise<ClusterHost> {
    const started = await startClusterHost(store.url, options);
    hosts.push(started);
    return started;
  }

  it('hold and charge one quota', async () => {
    const [paris, oslo] = [await host(), await host()];
    const asked = [1, 2, 3].flatMap(() => [paris.schedule(ada, 60), oslo.schedule(ada, 60)]);
    const answers = await Promise.all(asked);
    const granted = answers.filter(({ status }) => status === 200);
    expect(granted).toHaveLength(3);
    const refused = answers.find(({ status }) => status === 429);
    expect(await refused?.json()).toMatchObject({ left: 30 });
    expect(await account()).toMatchObject({ reservedMs: 180_000, runs: 3 });
  });

  it('charge once what a call used, and see at once what the other host has charged', async () => {
    const [paris, oslo] = [await host(), await host()];
    expect(await paris.call(ada, 60)).toBe(200);
    await expect.poll(async () => (await account()).reservedMs).toBe(0);
    const { usedMs } = await account();
    const [ended] = paris.records.filter((record) => record.event === 'ended');
    expect(ended).toMatchObject({ end: 'released', chargedSeconds: usedMs / 1000 });
    expect(await oslo.call(ada, 60)).toBe(200);
    await expect.poll(async () => (await account()).runs).toBe(2);
    expect(paris.server.state.deliveries.size).toBe(0);
  });

  it('need no clock that is right', async () => {
    const late = { ...systemClock, now: () => ahead(systemClock.now(), 600_000) };
    const [paris, oslo] = [await host({ clock: late }), await host()];
    expect(await paris.call(ada, 60)).toBe(200);
    expect(await oslo.call(ada, 60)).toBe(200);
    await expect.poll(async () => (await account()).reservedMs).toBe(0);
    const { resetsInMs } = await account();
    expect(resetsInMs).toBeGreaterThan(86_390_000);
    expect(resetsInMs).toBeLessThanOrEqual(86_400_000);
  });

  it('the limiter does not open wide when the store is down: running calls go on, new ones are refused', async () => {
    const paris = await host({ slices: 2 });
    const answer = await paris.schedule(ada, 60);
    const { allowToken } = (await answer.json()) as { allowToken: string };
    await paris.allow(allowToken);
    await store.kill();
    const refused = await paris.schedule(ada, 60);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toEqual({
      detail: 'The store of the quotas can not be reached: no new calls for now',
    });
    // A long outage is not waited for.
    const before = performance.now();
    expect((await paris.schedule(ada, 60)).status).toBe(503);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(await paris.release(allowToken)).toBe(200);
    expect(paris.server.state.deliveries.size).toBe(1);
    await store.up();
    await expect.poll(async () => (await account()).reservedMs).toBe(0);
    const { usedMs, runs } = await account();
    const [ended] = paris.records.filter((record) => record.event === 'ended');
    expect(ended).toMatchObject({ chargedSeconds: usedMs / 1000 });
    expect(runs).toBe(1);
    expect(paris.notices.join()).toMatch(/new calls are refused.*answers again/);
    expect(await paris.call(ada, 60)).toBe(200);
  });

  it('does not notice a store that is away for a moment', async () => {
    const paris = await host();
    await store.kill();
    const answer = paris.schedule(ada, 60);
    await store.up();
    expect((await answer).status).toBe(200);
    expect(await account()).toMatchObject({ reservedMs: 60_000, runs: 1 });
  });

  it('deliver what their ledger has after a restart, once', async () => {
    const ledgerDir = mkdtempSync(join(tmpdir(), 'zerogpu-cluster-'));
    try {
      const before = await host({ ledgerDir });
      const answer = await before.schedule(ada, 60);
      const { allowToken } = (await answer.json()) as { allowToken: string };
      await before.allow(allowToken);
      await store.kill();
      await before.release(allowToken);
      await hosts.pop()?.close();
      await store.up();
      expect(await account()).toMatchObject({ reservedMs: 60_000, usedMs: 0 });
      const after = await host({ ledgerDir });
      await expect.poll(async () => (await account()).reservedMs).toBe(0);
      expect((await account()).usedMs).toBeGreaterThan(0);
      expect(after.server.state.deliveries.size).toBe(0);
    } finally {
      rmSync(ledgerDir, { recursive: true, force: true });
    }
  });

  it('end every waiter while the store is paused', async () => {
    const paris = await host({ slices: 1 });
    const first = await paris.schedule(ada, 60);
    const { allowToken } = (await first.json()) as { allowToken: string };
    await paris.allow(allowToken);
    const waiting = await paris.schedule({ ...ada, key: 'free:lin' }, 30);
    expect(waiting.headers.get('content-type')).toMatch(/event-stream/);
    store.signal('SIGSTOP');
    await paris.release(allowToken);
    expect(await waiting.text()).toMatch(/failed/);
    store.signal('SIGCONT');
    await expect.poll(async () => (await account('free:lin')).reservedMs).toBe(0);
    expect(await account('free:lin')).toMatchObject({ usedMs: 0, runs: 0, pendingRuns: 0 });
  });

  async function account(key = ada.key) {
    const connection = await connectStore(parseStoreAddress(store.url, {}));
    try {
      const quotas = createQuotaStore(connection, loadProfile('h200'));
      const read = await quotas.read({ key, tier: 'free' });
      expect(read.usedMs + read.reservedMs).toBeLessThanOrEqual(LIMIT_MS);
      return read;
    } finally {
      connection.close();
    }
  }
});

function ahead({ wallMs, monotonicMs }: ReturnType<typeof systemClock.now>, ms: number) {
  return { wallMs: wallMs + ms, monotonicMs };
}
