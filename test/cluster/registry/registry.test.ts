import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  connectStore,
  createRegistry,
  parseStoreAddress,
  type Registry,
  type StoreConnection,
} from '../../../src/cluster/index.js';
import { REGISTRY_TIMES } from '../../../src/cluster/registry/library.js';
import { nodeFacts, spaceFacts } from '../../support/cluster/cluster-facts.js';
import { INSTALLED_STORES, StoreServer } from '../../support/cluster/store-server.js';

const QUICK = { nodeTtlMs: 100, placeAgainAfterMs: 60, expectedForMs: 250 };
const LIMIT = 10;
const node = (name: string) => ({ name, identity: name });
const facts = (name: string) => nodeFacts({ identity: name });

const homes = INSTALLED_STORES.flatMap((kind) => [
  { kind, withoutFunctions: false, how: 'functions' },
  { kind, withoutFunctions: true, how: 'a script' },
]);

describe.skipIf(homes.length === 0).each(homes)('the registry ($kind, $how)', (home) => {
  let server: StoreServer;
  let store: StoreConnection;
  let registry: Registry;
  let quick: Registry;
  beforeAll(async () => {
    server = await StoreServer.start(home.kind);
    const { withoutFunctions } = home;
    store = await connectStore(parseStoreAddress(server.url, {}), { withoutFunctions });
    registry = createRegistry(store);
    quick = createRegistry(store, QUICK);
  });
  afterAll(async () => {
    store.close();
    await server.close();
  });
  beforeEach(async () => {
    await store.send('FLUSHDB');
  });

  const beat = (name: string, ids: readonly string[] = [], of = registry) =>
    of.beat(
      name,
      facts(name),
      null,
      ids.map((id) => spaceFacts(id)),
    );
  const admit = (name: string, id: string, rejoins = false, of = registry) =>
    of.admit(node(name), spaceFacts(id), LIMIT, rejoins);
  const stateOf = async (id: string) => {
    const found = (await quick.list()).spaces.find((space) => space.id === id);
    return found ? `${found.place.state} ${found.place.node || found.place.from}` : null;
  };

  it('has the nodes that beat, with what they say of themselves', async () => {
    expect(await beat('a')).toEqual({ kind: 'ok', isDrained: false, elsewhere: [], lost: [] });
    await registry.beat('b', nodeFacts({ identity: 'b', slices: 7 }), null, []);
    const { nodes } = await registry.list();
    expect(nodes.map(({ name, slices }) => [name, slices])).toEqual([
      ['a', 2],
      ['b', 7],
    ]);
    const { goneInSeconds = 0 } = nodes[0] ?? {};
    expect(goneInSeconds).toBeGreaterThan(5);
    expect(goneInSeconds).toBeLessThanOrEqual(REGISTRY_TIMES.nodeTtlMs / 1_000);
  });

  it('gives a name to one allocator at a time, and again to the same after a restart', async () => {
    await beat('a');
    const other = await registry.beat('a', facts('another'), null, []);
    expect(other).toEqual({ kind: 'taken' });
    expect(await beat('a')).toMatchObject({ kind: 'ok' });
    await registry.bye('a', 'a');
    expect(await registry.beat('a', facts('another'), null, [])).toMatchObject({ kind: 'ok' });
  });

  it('lets an owner host no more than the limit, however many nodes ask at once', async () => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await beat(name);
    const asked = Array.from({ length: 24 }, (_, index) => ({
      name: names[index % 4] ?? '',
      id: `ada/s${index}`,
    }));
    const answers = await Promise.all(asked.map(({ name, id }) => admit(name, id)));
    expect(answers.filter(({ kind }) => kind === 'ok')).toHaveLength(LIMIT);
    expect(answers.filter(({ kind }) => kind === 'limit')).toHaveLength(24 - LIMIT);
    expect(await admit('a', 'eve/s1')).toMatchObject({ kind: 'ok' });
  });

  it('counts a Space that asks twice once, and one that left not at all', async () => {
    await beat('a');
    for (let n = 0; n < LIMIT; n += 1) await admit('a', `ada/s${n}`);
    expect(await admit('a', 'ada/s0')).toMatchObject({ kind: 'ok' });
    expect(await admit('a', 'ada/more')).toEqual({ kind: 'limit', hosted: LIMIT });
    const others = Array.from({ length: LIMIT - 1 }, (_, n) => `ada/s${n + 1}`);
    await beat('a', others);
    await beat('a', others);
    expect(await admit('a', 'ada/more')).toMatchObject({ kind: 'ok' });
  });

  it('lets a Space run on one node at a time', async () => {
    await beat('a');
    await beat('b');
    await admit('a', 'ada/chat');
    expect(await admit('b', 'ada/chat')).toEqual({ kind: 'elsewhere', node: 'a' });
    expect(await beat('b', ['ada/chat'])).toMatchObject({
      elsewhere: [{ id: 'ada/chat', node: 'a' }],
    });
    await beat('b');
    expect(await stateOf('ada/chat')).toBe('running a');
  });

  it('wants a node to beat before a Space starts there', async () => {
    expect(await admit('a', 'ada/chat')).toEqual({ kind: 'unknown-node' });
  });

  it('forgets a Space that its node does not name any more', async () => {
    await beat('a', ['ada/chat', 'ada/paint']);
    await beat('a', ['ada/paint']);
    expect((await registry.list()).spaces.map(({ id }) => id)).toEqual(['ada/paint']);
  });

  it('takes no further Space on a drained node, also after its restart, until it is undrained', async () => {
    expect(await registry.drain('a', true)).toBe(false);
    await beat('a', ['ada/old']);
    expect(await registry.drain('a', true)).toBe(true);
    expect(await admit('a', 'ada/new')).toEqual({ kind: 'draining' });
    expect(await admit('a', 'ada/old')).toMatchObject({ kind: 'ok' });
    expect(await admit('a', 'ada/restarts', true)).toMatchObject({ kind: 'ok' });
    await registry.bye('a', 'a');
    expect((await registry.list()).absentDrained).toEqual(['a']);
    expect(await beat('a')).toMatchObject({ isDrained: true });
    expect(await registry.place(spaceFacts('ada/new'), LIMIT, 'a', null)).toEqual({
      kind: 'draining',
    });
    expect(await registry.drain('a', false)).toBe(true);
    expect(await admit('a', 'ada/new')).toMatchObject({ kind: 'ok' });
  });

  it('places a Space, which is expected there and counts for its owner until it starts', async () => {
    await beat('a');
    await beat('b');
    expect(await registry.place(spaceFacts('ada/chat'), 1, 'b', null)).toEqual({ kind: 'ok' });
    expect(await stateOf('ada/chat')).toBe('placed b');
    expect(await registry.place(spaceFacts('ada/more'), 1, 'b', null)).toMatchObject({ hosted: 1 });
    expect(await registry.place(spaceFacts('ada/chat'), 1, 'a', null)).toEqual({ kind: 'changed' });
    expect(await registry.place(spaceFacts('eve/x'), 1, 'c', null)).toEqual({ kind: 'gone' });
    expect(await admit('a', 'ada/chat')).toEqual({ kind: 'ok', placedOn: 'b' });
    expect(await stateOf('ada/chat')).toBe('running a');
    expect(await registry.place(spaceFacts('ada/chat'), 1, 'b', null)).toEqual({
      kind: 'elsewhere',
      node: 'a',
    });
  });

  it('keeps the last beat of a node that vanished, until it beats again or ten minutes are over', async () => {
    const patient = createRegistry(store, { ...QUICK, expectedForMs: 60_000 });
    await beat('a', [], patient);
    await beat('b', [], patient);
    await patient.bye('b', 'b');
    expect((await patient.list()).gone).toEqual([]);
    await sleep(QUICK.nodeTtlMs + 20);
    const [gone, ...others] = (await patient.list()).gone;
    expect([gone?.name, others]).toEqual(['a', []]);
    expect(gone?.beatAgeSeconds).toBeGreaterThanOrEqual((QUICK.nodeTtlMs + 20) / 1_000);
    await beat('a', [], patient);
    expect((await patient.list()).gone).toEqual([]);
    await sleep(QUICK.nodeTtlMs + 20);
    await patient.list();
    await sleep(QUICK.expectedForMs);
    expect((await quick.list()).gone).toEqual([]);
  });

  it('reports the Spaces of a node that vanished, places them again, and forgets those that do not start', async () => {
    await beat('a', ['ada/chat'], quick);
    await beat('b', [], quick);
    await sleep(QUICK.nodeTtlMs + 20);
    expect(await beat('b', [], quick)).toMatchObject({ lost: [] });
    expect(await stateOf('ada/chat')).toBe('lost a');
    await sleep(QUICK.placeAgainAfterMs + 20);
    expect(await beat('b', [], quick)).toMatchObject({ lost: ['ada/chat'] });
    const [space] = (await quick.list()).spaces;
    const { seen = '' } = space ?? {};
    const place = () => quick.place(spaceFacts('ada/chat'), LIMIT, 'b', seen);
    expect(await place()).toEqual({ kind: 'ok' });
    expect(await place()).toEqual({ kind: 'changed' });
    expect(await beat('b', [], quick)).toMatchObject({ lost: [] });
    await sleep(QUICK.expectedForMs + 20);
    await beat('b', [], quick);
    expect((await quick.list()).spaces).toEqual([]);
    expect(await quick.admit(node('b'), spaceFacts('ada/new'), 1, false)).toMatchObject({
      kind: 'ok',
    });
  });

  it('gives a node that comes back its Spaces again', async () => {
    await beat('a', ['ada/chat'], quick);
    await sleep(QUICK.nodeTtlMs + 20);
    expect(await stateOf('ada/chat')).toBe('lost a');
    await beat('a', ['ada/chat'], quick);
    expect(await stateOf('ada/chat')).toBe('running a');
  });

  it('has everything again after the store lost it, from the next beats', async () => {
    await beat('a', ['ada/chat']);
    await store.send('FLUSHALL');
    await beat('a', ['ada/chat']);
    expect(await stateOf('ada/chat')).toBe('running a');
    expect(await registry.place(spaceFacts('ada/more'), 1, 'a', null)).toMatchObject({ hosted: 1 });
  });

  it('names what it can’t read, and reads the rest', async () => {
    await beat('a', ['ada/chat']);
    await beat('b');
    await store.send('HSET', store.key('registry', 'nodes'), 'b', '{"identity":"b","gpus":"many"}');
    await store.send('HSET', store.key('registry', 'spaces'), 'ada/chat', '{"owner":"ada"}');
    await store.send('HSET', store.key('registry', 'snapshots'), 'a', '{');
    const view = await registry.list();
    expect(view.nodes.map(({ name }) => name)).toEqual(['a']);
    expect(view.unreadable).toEqual(['b', 'ada/chat']);
    expect((await registry.snapshots(['a', 'c'])).size).toBe(0);
  });

  it('agrees with itself after any commands: an index has what runs, and no owner has too much', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const id = fc.constantFrom('ada/1', 'ada/2', 'ada/3', 'eve/1', 'eve/2', 'eve/12');
    const limit = 2;
    const command = fc.oneof(
      fc.record({ do: fc.constant('beat' as const), name }),
      fc.record({ do: fc.constant('bye' as const), name }),
      fc.record({ do: fc.constant('admit' as const), name, id, rejoins: fc.boolean() }),
      fc.record({ do: fc.constant('leaves' as const), name, id }),
      fc.record({ do: fc.constant('place' as const), name, id }),
      fc.record({ do: fc.constant('drain' as const), name, on: fc.boolean() }),
    );
    const follow = async (one: typeof command extends fc.Arbitrary<infer T> ? T : never) => {
      const { spaces } = await registry.list();
      const own = spaces.filter(
        ({ place }) => place.node === one.name && place.state === 'running',
      );
      switch (one.do) {
        case 'beat':
          return beat(
            one.name,
            own.map((space) => space.id),
          );
        case 'bye':
          return registry.bye(one.name, one.name);
        case 'admit':
          return registry.admit(node(one.name), spaceFacts(one.id), limit, one.rejoins);
        case 'leaves':
          return beat(
            one.name,
            own.map((space) => space.id).filter((space) => space !== one.id),
          );
        case 'drain':
          return registry.drain(one.name, one.on);
        case 'place': {
          const seen = spaces.find((space) => space.id === one.id)?.seen ?? null;
          return registry.place(spaceFacts(one.id), limit, one.name, seen);
        }
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        await store.send('FLUSHDB');
        for (const one of commands) await follow(one);
        const { nodes, spaces } = await registry.list();
        const members = async (key: string) =>
          ((await store.send('ZRANGE', store.key('registry', key), 0, -1)) as string[]).toSorted();
        expect(await members('hosting')).toEqual(
          spaces.map(({ owner, id: space }) => `${owner}\0${space}`).toSorted(),
        );
        const running = spaces.filter(({ place }) => place.state === 'running');
        expect(await members('residents')).toEqual(
          running.map(({ place, id: space }) => `${place.node}\0${space}`).toSorted(),
        );
        expect(await members('expected')).toEqual(
          spaces.filter((space) => !running.includes(space)).map((space) => space.id),
        );
        for (const owner of ['ada', 'eve']) {
          expect(spaces.filter((space) => space.owner === owner).length).toBeLessThanOrEqual(limit);
        }
        const names = nodes.map((one) => one.name);
        for (const { place } of running) expect(names).toContain(place.node);
      }),
      { numRuns: 40 },
    );
  });
});
