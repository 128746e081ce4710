import { describe, expect, it } from 'vitest';
import { createState } from '../../../src/allocator/core/index.js';
import type { AllocatorState, Owner } from '../../../src/allocator/core/types.js';
import { createMembership, type Registry, StoreUnreachable } from '../../../src/cluster/index.js';
import type { ClusterView } from '../../../src/cluster/registry/records.js';
import type { AdmitAnswer, BeatAnswer } from '../../../src/cluster/registry/registry.js';
import { loadProfile } from '../../../src/platform/index.js';
import { clusterView, nodeFacts, spaceFacts } from '../../support/cluster/cluster-facts.js';
import { emptySnapshot } from '../../support/tui/snapshots.js';

const ADA: Owner = { name: 'ada', kind: 'pro' };
const OK: BeatAnswer = { kind: 'ok', isDrained: false, elsewhere: [], lost: [] };

/** A node whose registry answers as the test says, on a clock that the test moves. */
function world(answers: {
  beat?: (spaces: readonly string[]) => BeatAnswer | Error;
  admit?: () => AdmitAnswer | Error;
  view?: ClusterView;
}) {
  let nowMs = 0;
  let timers: { at: number; run: () => void }[] = [];
  const beats: (readonly string[])[] = [];
  const placed: string[] = [];
  const warnings: string[] = [];
  const answer = <T>(value: T | Error): Promise<T> =>
    value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
  const registry: Registry = {
    beat(_name, _facts, _snapshot, spaces) {
      const ids = spaces.map(({ id }) => id);
      beats.push(ids);
      return answer(answers.beat?.(ids) ?? OK);
    },
    bye: async (name) => void beats.push([`bye ${name}`]),
    admit: () => answer(answers.admit?.() ?? { kind: 'ok', placedOn: null }),
    place: async ({ id }, _limit, node) => {
      placed.push(`${id} ${node}`);
      return { kind: 'ok' };
    },
    drain: async () => true,
    list: async () => answers.view ?? clusterView(),
    snapshots: async () => new Map(),
  };
  const membership = createMembership({
    registry,
    ...{ name: 'a', identity: 'one', zerogpuVersion: '0.1.0' },
    clock: {
      now: () => ({ wallMs: nowMs, monotonicMs: nowMs }),
      after(delayMs, run) {
        const timer = { at: nowMs + delayMs, run };
        timers.push(timer);
        return {
          cancel() {
            timers = timers.filter((other) => other !== timer);
          },
        };
      },
    },
    warn: (message) => warnings.push(message),
  });
  const profile = loadProfile('h200');
  const rules = { profile, longestCallSeconds: null, concurrencyPerSpace: null };
  const state: AllocatorState = createState(rules, []);
  const server = { url: 'http://127.0.0.1:1', state, snapshot: () => emptySnapshot() };
  return {
    ...{ membership, beats, placed, warnings, server },
    async pass(ms: number) {
      const endMs = nowMs + ms;
      for (;;) {
        await settled();
        const [next] = timers.toSorted((a, b) => a.at - b.at);
        if (!next || next.at > endMs) break;
        timers = timers.filter((other) => other !== next);
        nowMs = next.at;
        next.run();
      }
      nowMs = endMs;
    },
    run(id: string, name: string) {
      const startup = { over: true, defaultSize: 'large' } as const;
      state.spaces.set(id, { id, name, owner: ADA, root: null, startup });
    },
    asks: (id: string, name: string, isKnown = false) =>
      membership.admit({ id, name, owner: ADA, limit: 10, isKnown }),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const away = new StoreUnreachable('redis://store', 'connection refused');

describe('a node of a cluster', () => {
  it('beats every two seconds with its Spaces, each once', async () => {
    const { membership, server, beats, pass, run } = world({});
    run('run-1', 'chat');
    run('run-2', 'chat');
    await membership.begin(server);
    await pass(4_100);
    expect(beats).toEqual([['ada/chat'], ['ada/chat'], ['ada/chat']]);
  });

  it('names a Space that it just let in, before the allocator has it', async () => {
    const { membership, server, beats, pass, asks } = world({});
    await membership.begin(server);
    expect(await asks('run-1', 'chat')).toBeNull();
    await pass(2_100);
    expect(beats.at(-1)).toEqual(['ada/chat']);
    await pass(40_000);
    expect(beats.at(-1)).toEqual([]);
  });

  it('reports the end of a Space soon, but not a restart of its app', async () => {
    const { membership, server, beats, pass, run } = world({});
    run('run-1', 'chat');
    await membership.begin(server);
    membership.left('run-1');
    server.state.spaces.delete('run-1');
    await pass(400);
    expect(beats).toEqual([['ada/chat'], []]);
  });

  it.each([
    [
      { kind: 'limit', hosted: 10 },
      { detail: 'hosting-limit', hosted: 10, limit: 10 },
    ],
    [
      { kind: 'elsewhere', node: 'b' },
      { detail: 'space-elsewhere', node: 'b' },
    ],
    [{ kind: 'draining' }, { detail: 'node-drained', node: 'a' }],
    [{ kind: 'unknown-node' }, { detail: 'cluster-unreachable' }],
    [away, { detail: 'cluster-unreachable', why: away.message }],
  ] as const)('refuses a Space when the registry answers %j', async (admit, refusal) => {
    const { membership, server, asks } = world({ admit: () => admit });
    await membership.begin(server);
    expect(await asks('run-1', 'chat')).toMatchObject(refusal);
  });

  it('lets a Space go on that it knows or that restarts, while the store is away', async () => {
    const { membership, server, pass, asks } = world({ admit: () => away, beat: () => away });
    await membership.begin(server);
    expect(await asks('run-1', 'chat', true)).toBeNull();
    membership.left('run-2');
    expect(await asks('run-2', 'paint')).toBeNull();
    await pass(61_000);
    expect(await asks('run-2', 'paint')).not.toBeNull();
  });

  it('waits for a name that another had, and gives up when it stays', async () => {
    let tries = 0;
    const freed = world({ beat: () => (++tries < 4 ? { kind: 'taken' } : OK) });
    const began = freed.membership.begin(freed.server);
    await freed.pass(8_000);
    await began;
    const held = world({ beat: () => ({ kind: 'taken' }) });
    const failed = expect(held.membership.begin(held.server)).rejects.toMatchObject({
      code: 'E_NODE_TAKEN',
    });
    await held.pass(20_000);
    await failed;
  });

  it('places the Spaces of a node that is gone, on a node that is there', async () => {
    const seen = '{}';
    const lost = { state: 'lost', node: '', from: 'gone', atMs: 0 } as const;
    const view = clusterView({
      nodes: [
        { ...nodeFacts(), name: 'a', isDrained: true, goneInSeconds: 9, beatAgeSeconds: 1 },
        { ...nodeFacts(), name: 'b', isDrained: false, goneInSeconds: 9, beatAgeSeconds: 1 },
      ],
      spaces: [{ ...spaceFacts('ada/chat'), place: lost, seen, forSeconds: 12 }],
    });
    const { membership, server, placed, warnings } = world({
      view,
      beat: () => ({ ...OK, lost: ['ada/chat', 'ada/unknown'] }),
    });
    await membership.begin(server);
    expect(placed).toEqual(['ada/chat b']);
    expect(warnings).toEqual(['node gone is gone: its Space ada/chat is placed on b']);
  });

  it('warns once of a Space that runs on two nodes', async () => {
    const elsewhere = [{ id: 'ada/chat', node: 'b' }];
    const { membership, server, pass, warnings } = world({ beat: () => ({ ...OK, elsewhere }) });
    await membership.begin(server);
    await pass(10_000);
    expect(warnings).toEqual(['ada/chat runs on node b too: stop it on one of them']);
  });

  it('leaves at once without Spaces, and keeps its place for a restart with some', async () => {
    const empty = world({});
    await empty.membership.begin(empty.server);
    await empty.membership.close();
    expect(empty.beats.at(-1)).toEqual(['bye a']);
    const full = world({});
    full.run('run-1', 'chat');
    await full.membership.begin(full.server);
    await full.membership.close();
    await full.pass(10_000);
    expect(full.beats).toEqual([['ada/chat']]);
  });

  it('has its name, its load and the age of its last beat for /metrics', async () => {
    const { membership, server, pass } = world({});
    await membership.begin(server);
    await pass(1_500);
    const values = Object.fromEntries(membership.gauges().map(({ name, value }) => [name, value]));
    expect(values).toEqual({
      zerogpu_node_info: 1,
      zerogpu_node_drained: 0,
      zerogpu_node_offered_slices: 0,
      zerogpu_node_beat_age_seconds: 1.5,
    });
  });
});
