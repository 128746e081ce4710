import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type ClusterSnapshot,
  clusterSnapshotSchema,
} from '../../../src/allocator/client/cluster-snapshot.js';
import {
  connectStore,
  createRegistry,
  parseStoreAddress,
  type StoreConnection,
} from '../../../src/cluster/index.js';
import { REGISTRY_TIMES } from '../../../src/cluster/registry/library.js';
import { nodeFacts } from '../../support/cluster/cluster-facts.js';
import { type ClusterHost, startClusterHost } from '../../support/cluster/host.js';
import { INSTALLED_STORES, StoreServer } from '../../support/cluster/store-server.js';
import { runMain } from '../../support/simulate/main.js';

const ADA = { key: 'free:ada', tier: 'free', hasToken: true } as const;
const LIN = { key: 'pro:lin', tier: 'pro', hasToken: true } as const;

describe.skipIf(INSTALLED_STORES.length === 0)('zerogpu quota --cluster', () => {
  let server: StoreServer;
  let store: StoreConnection;
  const hosts: ClusterHost[] = [];
  const zerogpu = (...args: string[]) => runMain('/', ['quota', '--cluster', server.url, ...args]);
  beforeAll(async () => {
    server = await StoreServer.start(INSTALLED_STORES[0] ?? 'redis');
    store = await connectStore(parseStoreAddress(server.url, {}));
    const registry = createRegistry(store);
    for (const name of ['gpu-1', 'gpu-2']) {
      const host = await startClusterHost(server.url, { slices: 1 });
      hosts.push(host);
      await host.schedule(ADA, name === 'gpu-1' ? 30 : 40);
      if (name === 'gpu-2') void host.schedule(LIN, 60).catch(() => {});
      await vi.waitFor(() => expect(host.server.state.queue).toHaveLength(hosts.length - 1));
      const snapshot = host.server.snapshot({ queue: 50, visitors: 50 });
      await registry.beat(name, nodeFacts({ identity: name }), snapshot, []);
    }
    const quick = createRegistry(store, { ...REGISTRY_TIMES, nodeTtlMs: 20 });
    await quick.beat('gpu-3', nodeFacts({ identity: 'gpu-3' }), null, []);
    await sleep(40);
    await quick.list();
  });
  afterAll(async () => {
    for (const host of hosts) await host.close();
    store.close();
    await server.close();
  });

  it('has the slices and queue of each node, and the quotas of the store', async () => {
    const { code, stdout } = await zerogpu('--json');
    expect(code).toBe(0);
    const cluster: ClusterSnapshot = clusterSnapshotSchema.parse(JSON.parse(stdout));
    const [one, two, gone] = cluster.nodes;
    expect(one).toMatchObject({ name: 'gpu-1', state: 'ready' });
    expect(one?.snapshot?.slices[0]?.call?.askedSeconds).toBe(30);
    expect(two?.snapshot?.queue.entries[0]).toMatchObject({ visitor: 'pro:lin', reason: 'node' });
    expect(gone).toMatchObject({ name: 'gpu-3', state: 'gone', snapshot: null });
    const agoSeconds = (Date.parse(cluster.at) - Date.parse(gone?.lastBeatAt ?? '')) / 1_000;
    expect(agoSeconds).toBeCloseTo(gone?.lastBeatSecondsAgo ?? 0, 2);
    expect(agoSeconds).toBeLessThan(30);
    const ada = cluster.visitors.find(({ visitor }) => visitor === 'free:ada');
    expect(ada).toMatchObject({ reservedSeconds: 70, limitSeconds: 210, leftSeconds: 140 });
    // What gpu-1 had of ada before the call on gpu-2.
    expect(one?.snapshot?.visitors.entries[0]).toEqual(ada);
  });

  it('prints tables without a terminal', async () => {
    const { code, stdout } = await zerogpu();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^free:ada\tfree\t0\t140\t/m);
    expect(stdout).toMatch(/^gpu-2\twaiting\t\d+\t[^\t]*\tpro:lin\t60\t[\d.]+\tno free slice/m);
    expect(stdout).toMatch(/^gpu-3\tgone\t\t\t\t\t\tlast beat at \d{4}-/m);
  });

  it('says what is wrong with the address, and that the store does not answer', async () => {
    const without = await runMain('/', ['quota', '--cluster']);
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toContain('--cluster has no address');
    const away = await runMain('/', ['quota', '--cluster', 'redis://127.0.0.1:1', '--once']);
    expect(away).toMatchObject({ code: 3, stdout: '' });
    expect(away.stderr).toContain('E_CLUSTER_UNREACHABLE');
    expect((await zerogpu('--account')).stderr).toContain('exclude each other');
  });
});
