import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  connectStore,
  createRegistry,
  parseStoreAddress,
  type Registry,
  type StoreConnection,
} from '../../../src/cluster/index.js';
import { nodeFacts, spaceFacts } from '../../support/cluster/cluster-facts.js';
import { INSTALLED_STORES, StoreServer } from '../../support/cluster/store-server.js';
import { runMain } from '../../support/simulate/main.js';

const load = (busySlices: number) => ({
  ...{ callsPerSecond: busySlices / 10, busySlices },
  squaredSeconds: busySlices * 20,
});

describe.skipIf(INSTALLED_STORES.length === 0)('zerogpu nodes and zerogpu spaces', () => {
  let server: StoreServer;
  let store: StoreConnection;
  let registry: Registry;
  const zerogpu = (...args: string[]) => runMain('/', [...args, '--cluster', server.url]);
  beforeAll(async () => {
    server = await StoreServer.start(INSTALLED_STORES[0] ?? 'redis');
    store = await connectStore(parseStoreAddress(server.url, {}));
    registry = createRegistry(store);
  });
  afterAll(async () => {
    store.close();
    await server.close();
  });
  beforeEach(async () => {
    await store.send('FLUSHDB');
    const facts = (identity: string) => nodeFacts({ identity, load: load(1.2) });
    await registry.beat('gpu-1', facts('1'), null, [spaceFacts('ada/chat', { load: load(1.2) })]);
    await registry.beat('gpu-2', nodeFacts({ identity: '2' }), null, []);
  });

  it('list the nodes, for people, scripts and agents', async () => {
    const { code, stdout } = await zerogpu('nodes');
    expect(code).toBe(0);
    const [head = '', first = ''] = stdout.split('\n').map((line) => line.split('\t'));
    expect(head.slice(0, 3)).toEqual(['node', 'state', 'host']);
    expect(first.slice(0, 2)).toEqual(['gpu-1', 'ready']);
    expect(first[head.indexOf('offered')]).toBe('1.2');
    const json = JSON.parse((await zerogpu('nodes', '--json')).stdout);
    expect(json.nodes[0]).toMatchObject({ name: 'gpu-1', state: 'ready', offeredSlices: 1.2 });
    expect(json.nodes[0].identity).toBeUndefined();
    const agent = await zerogpu('nodes', '--format', 'agent');
    expect(agent.stdout).toMatch(
      /^node gpu-1 ready gpus=1 .*\| next: zerogpu spaces --node gpu-1$/m,
    );
  });

  it('drain a node, and name one that is not there', async () => {
    expect(await zerogpu('nodes', 'drain', 'gpu-2')).toMatchObject({ code: 0, stdout: '' });
    expect((await zerogpu('nodes')).stdout).toMatch(/^gpu-2\tdrained\t/m);
    expect((await zerogpu('nodes', 'undrain', 'gpu-2')).code).toBe(0);
    const unknown = await zerogpu('nodes', 'drain', 'gpu-9');
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain('E_NODE_UNKNOWN');
  });

  it('list the Spaces, all or of a node', async () => {
    expect((await zerogpu('spaces')).stdout).toMatch(/^ada\/chat\trunning\tgpu-1\t/m);
    const { spaces } = JSON.parse((await zerogpu('spaces', '--node', 'gpu-2', '--json')).stdout);
    expect(spaces).toEqual([]);
    const agent = await zerogpu('spaces', '--format', 'agent');
    expect(agent.stdout).toContain('space ada/chat running node=gpu-1');
  });

  it('place a Space where its visitors wait least, and stay with that', async () => {
    expect(await zerogpu('spaces', 'place', 'ada/paint')).toMatchObject({
      code: 0,
      stdout: 'gpu-2\n',
    });
    const again = await zerogpu('spaces', 'place', 'ada/paint');
    expect(again).toMatchObject({ code: 0, stdout: 'gpu-2\n' });
    expect(again.stderr).toContain('there already');
    await zerogpu('nodes', 'drain', 'gpu-2');
    expect((await zerogpu('spaces', 'place', 'ada/paint')).stdout).toBe('gpu-1\n');
    expect((await zerogpu('spaces', 'place', 'ada/chat')).stdout).toBe('gpu-1\n');
    const json = JSON.parse((await zerogpu('spaces', 'place', 'ada/chat', '--json')).stdout);
    expect(json).toMatchObject({ space: 'ada/chat', node: 'gpu-1', isThere: true });
  });

  it('refuse a Space above its owner’s limit, and one that no node may take', async () => {
    expect((await zerogpu('spaces', 'place', 'free:eve/x')).stderr).toContain('E_HOSTING_LIMIT');
    await zerogpu('nodes', 'drain', 'gpu-1');
    await zerogpu('nodes', 'drain', 'gpu-2');
    const unplaced = await zerogpu('spaces', 'place', 'ada/paint');
    expect(unplaced.code).toBe(3);
    expect(unplaced.stderr).toContain('Every node is drained');
  });

  it('say what is wrong with what they were asked', async () => {
    expect((await runMain('/', ['nodes'])).stderr).toContain('--cluster is missing');
    expect((await zerogpu('spaces', 'place', 'chat')).stderr).toContain('is not a Space');
    expect((await zerogpu('nodes', '--format', 'xml')).stderr).toContain('--format table');
    const away = await runMain('/', ['nodes', '--cluster', 'redis://127.0.0.1:1']);
    expect(away.code).toBe(3);
    expect(away.stderr).toContain('E_CLUSTER_UNREACHABLE');
  });
});
