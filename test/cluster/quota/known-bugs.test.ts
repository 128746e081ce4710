/** Bugs that shared quotas had elsewhere: each is tried here on real stores, by its name. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../../src/allocator/core/types.js';
import type { QuotaStore } from '../../../src/allocator/server/index.js';
import {
  connectStore,
  createQuotaStore,
  parseStoreAddress,
  type StoreConnection,
} from '../../../src/cluster/index.js';
import { loadProfile } from '../../../src/platform/index.js';
import { INSTALLED_STORES, StoreServer } from '../../support/cluster/store-server.js';

const profile = loadProfile('h200');
const WINDOW_MS = profile.quota.windowSeconds * 1000;
/** A free visitor has 210 s. */
const ada: Visitor = { key: 'free:ada', tier: 'free', hasToken: true };
const call = (id: string, costMs: number, lapsesMs = 70_000) => ({
  id,
  visitor: ada,
  costMs,
  lapsesMs,
});

describe.skipIf(INSTALLED_STORES.length === 0).each(INSTALLED_STORES)('in %s', (kind) => {
  let server: StoreServer;
  const connections: StoreConnection[] = [];
  let nowMs = Date.UTC(2026, 0, 1);
  const last = () => connections.at(-1) as StoreConnection;
  beforeAll(async () => {
    server = await StoreServer.start(kind);
    for (let node = 0; node < 4; node += 1) {
      connections.push(await connectStore(parseStoreAddress(server.url, {})));
    }
  });
  afterAll(async () => {
    for (const connection of connections) connection.close();
    await server.close();
  });

  /** Four allocators, and a store without accounts. */
  async function fresh(): Promise<[QuotaStore, QuotaStore, ...QuotaStore[]]> {
    await last().send('FLUSHDB');
    const stores = connections.map((connection) =>
      createQuotaStore(connection, profile, () => nowMs),
    );
    return stores as [QuotaStore, QuotaStore];
  }

  it('a leaked reservation does not refuse a customer for good', async () => {
    const [dead, other] = await fresh();
    await dead.reserve(call('waits', 210_000));
    expect((await other.reserve(call('early', 1_000))).held).toBeNull();
    nowMs += 70_000;
    expect((await other.reserve(call('later', 210_000))).held).toMatchObject({
      reservedMs: 210_000,
    });
  });

  it('a call whose allocator has ended is charged whole, and no more than it cost once that is known', async () => {
    const [dead, other] = await fresh();
    await dead.reserve(call('runs', 60_000));
    await dead.begin('runs', ada, 65_000);
    nowMs += 65_000;
    expect(await other.read(ada)).toMatchObject({ usedMs: 60_000, reservedMs: 0 });
    await dead.settle('runs', ada.key, 12_000);
    await dead.settle('runs', ada.key, 12_000);
    expect(await other.read(ada)).toMatchObject({ usedMs: 12_000, reservedMs: 0, runs: 1 });
  });

  it('check-then-act does not overspend', async () => {
    const stores = await fresh();
    const asked = Array.from({ length: 200 }, (_, n) =>
      (stores[n % stores.length] as QuotaStore).reserve(call(`c${n}`, 10_000)),
    );
    const held = (await Promise.all(asked)).filter((answer) => answer.held !== null);
    expect(held).toHaveLength(21);
  });

  it('counters do not inflate after time-outs and retries', async () => {
    const [store] = await fresh();
    const thrice = async <T>(ask: () => Promise<T>) => [await ask(), await ask(), await ask()];
    const answers = await thrice(() => store.reserve(call('one', 30_000)));
    expect(answers.map(({ account }) => account)).toEqual(
      [answers[0], answers[0], answers[0]].map((a) => a?.account),
    );
    await thrice(() => store.begin('one', ada, 65_000));
    expect(await store.read(ada)).toMatchObject({ runs: 1, begunMs: 30_000, pendingRuns: 0 });
    await thrice(() => store.settle('one', ada.key, 7_000));
    expect(await store.read(ada)).toMatchObject({ usedMs: 7_000, reservedMs: 0, runs: 1 });
    await store.reserve(call('two', 30_000));
    await thrice(() => store.release('two', ada.key));
    expect(await store.read(ada)).toMatchObject({ usedMs: 7_000, reservedMs: 0, runs: 1 });
  });

  it('an account with all of its quota costs no memory', async () => {
    const [store] = await fresh();
    await store.reserve(call('one', 30_000));
    await store.begin('one', ada, 65_000);
    expect(await last().send('DBSIZE')).toBe(2);
    await store.settle('one', ada.key, 5_000);
    expect(await last().send('DBSIZE')).toBe(1);
    const [key] = (await last().send('KEYS', '*')) as string[];
    expect(await last().send('PTTL', key ?? '')).toBeGreaterThan(WINDOW_MS - 10_000);
    expect(await last().send('PTTL', key ?? '')).toBeLessThanOrEqual(WINDOW_MS);
    await store.reset(ada.key);
    expect(await last().send('DBSIZE')).toBe(0);
  });
});
