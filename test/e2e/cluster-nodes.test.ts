/** Real `zerogpu serve` processes as nodes of one cluster, each with a state folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Daemon, startDaemon } from '../support/allocator/daemon.js';
import { INSTALLED_STORES, StoreServer } from '../support/cluster/store-server.js';

const dir = mkdtempSync(join(tmpdir(), 'zerogpu-cluster-'));
const daemons: Daemon[] = [];

describe.skipIf(INSTALLED_STORES.length === 0)('nodes of a cluster', () => {
  let store: StoreServer;
  let a: Daemon;
  let b: Daemon;
  const start = async (name: string) => {
    const args = ['--cluster', store.url, '--node', name];
    const daemon = await startDaemon(join(dir, name), args);
    daemons.push(daemon);
    return daemon;
  };
  const space = (name: string) => ({
    ...{ id: `run-${name}-${Math.random()}`, name, tasksSocket: '/nowhere', root: null },
    owner: { name: 'ada', kind: 'pro' as const },
  });
  beforeAll(async () => {
    store = await StoreServer.start(INSTALLED_STORES[0] ?? 'redis');
    [a, b] = await Promise.all([start('a'), start('b')]);
  });
  afterAll(async () => {
    for (const { child } of daemons) child.kill('SIGKILL');
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('host ten Spaces of an owner together, and each Space once', async () => {
    const nodes = [a.client, b.client];
    const asked = Array.from({ length: 14 }, (_, n) => nodes[n % 2]?.register(space(`s${n}`)));
    const answers = await Promise.allSettled(asked);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const refused = answers.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(new Set(refused)).toEqual(new Set(['E_HOSTING_LIMIT']));
    const there = answers.findIndex(({ status }, n) => status === 'fulfilled' && n % 2 === 0);
    await expect(b.client.register(space(`s${there}`))).rejects.toMatchObject({
      code: 'E_SPACE_ELSEWHERE',
    });
  });

  it('take their name again at once after kill -9', async () => {
    a.child.kill('SIGKILL');
    await a.ended;
    a = await start('a');
    expect(a.stderr()).toContain('node a');
    await a.client.register(space('again'));
  });

  it('refuse a new Space while the store is away, and let one restart that they know', async () => {
    const { spaces } = await b.client.snapshot();
    const [known] = spaces;
    await store.kill();
    await expect(
      b.client.register({ ...space('new'), owner: { name: 'eve', kind: 'pro' } }),
    ).rejects.toMatchObject({ code: 'E_CLUSTER_UNREACHABLE' });
    await b.client.register({ ...space(known?.name ?? ''), id: known?.id ?? '' });
    expect(b.stderr()).toContain(`can't be reached`);
    await store.up();
    await expect.poll(() => b.stderr(), { timeout: 5_000 }).toContain('answers again');
  });
});
