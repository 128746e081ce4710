import { describe, expect, it } from 'vitest';
import {
  checkInvariants,
  createState,
  queueView,
  quotaOf,
  sliceView,
  step,
} from '../../../src/allocator/core/index.js';
import { loadProfile } from '../../../src/platform/index.js';
import { makeSlices, visitor, World } from '../../support/allocator/world.js';

describe('views', () => {
  it('change nothing, also not a clock', () => {
    const world = new World();
    world.schedule({ user: 'free:1' });
    world.allow(1);
    world.schedule({ user: 'anon:2' });
    world.wait(90_000);
    const before = structuredClone(world.state);
    quotaOf(world.state, visitor('free:1'), world.now);
    quotaOf(world.state, visitor('free:nobody'), world.now);
    queueView(world.state, world.now);
    sliceView(world.state, world.now);
    checkInvariants(world.state);
    expect(world.state).toEqual(before);
  });

  it('show each slice with who is on it', () => {
    const world = new World({ gpus: 5 });
    world.schedule({ user: 'free:1', task: '1', duration: 60 });
    world.schedule({ user: 'free:2', task: '2', duration: 10 });
    world.schedule({ user: 'free:3', task: '3' });
    world.schedule({ user: 'free:4', task: '4' });
    for (const call of [1, 2, 3]) world.allow(call);
    world.release(3);
    world.pass(10.1);
    expect(sliceView(world.state, world.now)).toMatchObject([
      { index: 0, use: 'running', call: { call: 1 }, process: { pid: 101 }, forSeconds: 10.1 },
      { index: 1, use: 'killing', call: { call: 2 }, deadlineInSeconds: null },
      { index: 2, use: 'warm', call: null, warm: { space: 'a', taskId: '3' }, forSeconds: 10.1 },
      { index: 3, use: 'granted', call: { call: 4 }, process: null, deadlineInSeconds: null },
      { index: 4, use: 'free', call: null, warm: null, process: null, forSeconds: null },
    ]);
    expect(sliceView(world.state, world.now)[0]?.deadlineInSeconds).toBeCloseTo(50, 6);
  });

  it('tell each waiter who is ahead and why, and how long it takes at most', () => {
    const world = new World({ gpus: 2, concurrencyPerSpace: 1 });
    world.schedule({ space: 'a', user: 'free:1', duration: 50 });
    world.allow(1);
    world.schedule({ space: 'b', user: 'free:2', duration: 80 });
    world.allow(2);
    world.pass(10);
    world.schedule({ space: 'c', user: 'pro:3', duration: 100 });
    world.schedule({ space: 'a', user: 'free:4', duration: 20 });
    world.schedule({ space: 'c', user: 'free:5', duration: 30 });
    world.pass(2);
    expect(queueView(world.state, world.now)).toMatchObject([
      { call: 3, position: 1, behind: null, reason: 'node', waitedSeconds: 2 },
      { call: 4, position: 2, behind: { call: 3, because: 'tier' }, reason: 'concurrency' },
      { call: 5, position: 3, behind: { call: 4, because: 'duration' }, reason: 'node' },
    ]);
    const waits = queueView(world.state, world.now).map((entry) => entry.waitsAtMostSeconds);
    expect(waits[0]).toBeCloseTo(38.1, 6);
    expect(waits[1]).toBeCloseTo(68.1, 6);
    expect(waits[2]).toBeCloseTo(88.1, 6);
  });

  it('expect a whole card only when all its slices are free', () => {
    const world = new World({ profile: loadProfile('rtx-pro-6000'), gpus: 2 });
    for (const call of [1, 2, 3]) {
      world.schedule({ user: `pro:${call}`, duration: 10 * call });
      world.allow(call);
    }
    world.schedule({ user: 'pro:4', size: 'xlarge', duration: 60 });
    expect(queueView(world.state, world.now)[0]?.waitsAtMostSeconds).toBeCloseTo(20.1, 6);
  });
});

describe('invariants', () => {
  it('hold for a fresh state', () => {
    expect(checkInvariants(new World().state)).toEqual([]);
  });

  it.each<[string, (world: World) => void, string]>([
    [
      'two holders of a slice',
      ({ state }) => {
        const lease = state.leases.get('t1');
        if (lease) state.leases.set('copy', lease);
      },
      'slice 0 is held by call 1 and call 1',
    ],
    [
      'seconds held back without a request',
      ({ state }) => {
        const account = state.accounts.get('free:2');
        if (account) Object.assign(account, { reservedMs: account.reservedMs + 1 });
      },
      'free:2: reservedMs is 60001, not 60000',
    ],
    ['a queue out of order', ({ state }) => void state.queue.reverse(), 'against the order'],
    ['an unknown waiter', ({ state }) => void state.waiting.clear(), 'is not known'],
    [
      'a slice that is not there',
      ({ state }) => void Object.assign(state.leases.get('t1') ?? {}, { slices: [7] }),
      'holds slice 7, which does not exist',
    ],
  ])('name %s', (_, spoil, words) => {
    const world = new World();
    world.schedule({ user: 'free:1' });
    world.allow(1);
    world.schedule({ user: 'free:2' });
    world.schedule({ user: 'anon:3' });
    spoil(world);
    expect(checkInvariants(world.state).join('\n')).toContain(words);
  });
});

describe('createState', () => {
  it('refuses two slices with one index', () => {
    const [slice] = makeSlices(1, 1);
    if (!slice) throw new Error('no slice');
    expect(() => createState(new World().rules, [slice, slice])).toThrow('one index');
  });

  it('gives a state that can be copied and gone on with', () => {
    const world = new World();
    world.schedule({ user: 'free:1' });
    world.schedule({ user: 'free:2' });
    const copy = structuredClone(world.state);
    const event = { type: 'kill-call', call: 1, at: world.now } as const;
    expect(step(copy, event).effects).toEqual(step(world.state, event).effects);
    expect(copy).toEqual(world.state);
  });
});
