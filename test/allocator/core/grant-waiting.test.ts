import { describe, expect, it } from 'vitest';
import {
  decodeState,
  encodeState,
  queueView,
  sliceView,
} from '../../../src/allocator/core/index.js';
import type { Effect } from '../../../src/allocator/core/types.js';
import { loadProfile } from '../../../src/platform/index.js';
import { answersOf, recordsOf, World } from '../../support/allocator/world.js';

const uses = (world: World) => sliceView(world.state, world.now).map((slice) => slice.use);

describe('slices', () => {
  it('are given one a call, and the grant has what the wire needs', () => {
    const world = new World({ gpus: 2 });
    world.schedule({ user: 'free:1' });
    const effects = world.schedule({ user: 'free:2' });
    expect(effects.find((effect) => effect.type === 'grant')).toEqual({
      type: 'grant',
      requestId: 'r2',
      tier: 'free',
      grant: { idle: false, nvidiaIndex: 1, nvidiaUUID: 'GPU-1', allowToken: 't2' },
    });
    expect(answersOf(world.schedule({ user: 'free:3' }))).toEqual(['queue r3 node']);
  });

  it('that are given late go out on the stream, by order of the queue', () => {
    const world = new World();
    world.schedule({ user: 'free:1' });
    world.allow(1);
    world.schedule({ user: 'anon:2' });
    world.schedule({ user: 'pro:3' });
    world.wait(2.5);
    const effects = world.release(1);
    expect(answersOf(effects)).toEqual(['status 200', 'stream-grant r3 slice 0 idle']);
    expect(recordsOf(effects).at(-1)).toMatchObject({ event: 'granted', waitedSeconds: 2.5 });
  });

  it('are not given to a newcomer while somebody better placed waits for one', () => {
    const world = new World();
    world.run({ task: '1', user: 'free:1', seconds: 1 });
    // Waits for the eviction of task 1; the newcomer's own worker would be warm.
    expect(answersOf(world.schedule({ task: '2', user: 'pro:2' }))).toEqual(['kill 101 evicted']);
    expect(answersOf(world.schedule({ task: '1', user: 'free:3' }))).toEqual(['queue r3 node']);
    expect(answersOf(world.died(101))).toEqual(['grant r2 slice 0']);
  });
});

describe('slices of a card that is gone', () => {
  const lose = (world: World, ...slices: number[]) =>
    answersOf(world.send({ type: 'lost-slices', slices }));

  it('are granted to no call until it is back', () => {
    const world = new World({ gpus: 2 });
    lose(world, 0);
    expect(answersOf(world.schedule({ user: 'free:1' }))).toEqual(['grant r1 slice 1']);
    expect(answersOf(world.schedule({ user: 'free:2' }))).toEqual(['queue r2 node']);
    expect(sliceView(world.state, world.now).map(({ lost }) => lost)).toEqual([true, false]);
    expect(lose(world)).toEqual(['stream-grant r2 slice 0']);
  });

  it('are granted to no call when theirs ends, nor to the next call of the worker that is warm there', () => {
    const world = new World({ gpus: 2 });
    world.run({ task: '1', user: 'free:1', seconds: 1 });
    lose(world, 0);
    expect(answersOf(world.schedule({ task: '1', user: 'free:2' }))).toEqual(['grant r2 slice 1']);
    expect(answersOf(world.schedule({ task: '1', user: 'free:3' }))).toEqual(['queue r3 node']);
    expect(answersOf(world.died(101))).toEqual([]);
    expect(lose(world)).toEqual(['stream-grant r3 slice 0']);
  });

  it('make a waiter wait for their return at most until its time-out', () => {
    const world = new World();
    lose(world, 0);
    world.schedule({ user: 'free:1' });
    expect(queueView(world.state, world.now)[0]).toMatchObject({ waitsAtMostSeconds: 60 });
    world.pass(60);
    expect(world.state.queue).toEqual([]);
  });

  it('are kept in a snapshot, and listed again after a restart', () => {
    const world = new World({ gpus: 2 });
    lose(world, 1);
    const again = decodeState(JSON.parse(JSON.stringify(encodeState(world.state))));
    expect([...again.lost]).toEqual([1]);
    const { lost: _lost, ...old } = encodeState(world.state);
    expect([...decodeState(JSON.parse(JSON.stringify(old))).lost]).toEqual([]);
    world.restart([]);
    expect([...world.state.lost]).toEqual([]);
  });
});

describe('a warm worker', () => {
  it('takes the next call of its task, of any visitor, from the grant on', () => {
    const world = new World();
    world.run({ user: 'free:1', seconds: 1 });
    const effects = world.schedule({ user: 'pro:2' });
    expect(answersOf(effects)).toEqual(['grant r2 slice 0 idle']);
    expect(recordsOf(effects)[0]).toMatchObject({ event: 'granted', warm: true });
    expect(world.state.leases.get('t2')).toMatchObject({ process: { pid: 101 }, warm: true });
    expect(world.state.warmWorkers).toEqual([]);
  });

  it('is preferred to an empty slice', () => {
    const world = new World({ gpus: 3 });
    world.schedule({ user: 'free:1' });
    world.schedule({ user: 'free:2' });
    world.allow(2);
    world.release(2);
    expect(answersOf(world.schedule({ user: 'free:3' }))).toEqual(['grant r3 slice 1 idle']);
  });

  it.each([
    ['another task', { task: '2' }],
    ['the same task id of another Space', { space: 'b' }],
  ])('can’t serve %s: it is killed before its slice is granted', (_, options) => {
    const world = new World();
    world.run({ seconds: 1 });
    expect(answersOf(world.schedule(options))).toEqual(['kill 101 evicted']);
    expect(uses(world)).toEqual(['evicting']);
    expect(answersOf(world.pass(0.5))).toEqual([]);
    expect(answersOf(world.died(101))).toEqual(['grant r2 slice 0']);
  });

  it('is left alone while an empty slice is there', () => {
    const world = new World({ gpus: 2 });
    world.run({ task: '1', seconds: 1 });
    expect(answersOf(world.schedule({ task: '2' }))).toEqual(['grant r2 slice 1']);
    expect(uses(world)).toEqual(['warm', 'granted']);
  });

  it('goes first when it has been idle longest', () => {
    const world = new World({ gpus: 2 });
    world.schedule({ task: '1', user: 'free:1' });
    world.schedule({ task: '2', user: 'free:2' });
    world.allow(1);
    world.allow(2);
    world.release(2);
    world.wait(1);
    world.release(1);
    expect(answersOf(world.schedule({ task: '3' }))).toEqual(['kill 102 evicted']);
  });

  it('is not killed for a waiter who has a dying slice already', () => {
    const world = new World({ gpus: 2 });
    world.schedule({ task: '1', user: 'free:1', duration: 10 });
    world.schedule({ task: '2', user: 'free:2', duration: 10 });
    world.allow(1);
    world.allow(2);
    world.release(2);
    world.pass(10.1);
    expect(uses(world)).toEqual(['killing', 'warm']);
    expect(answersOf(world.schedule({ task: '3', user: 'free:3' }))).toEqual([]);
    expect(answersOf(world.schedule({ task: '4', user: 'free:4' }))).toEqual(['kill 102 evicted']);
    expect(answersOf(world.died(102))).toEqual(['grant r3 slice 1']);
    expect(answersOf(world.died(101))).toEqual(['grant r4 slice 0']);
  });

  it('that dies by itself leaves an empty slice', () => {
    const world = new World();
    world.run({ seconds: 1 });
    world.died(101);
    expect(uses(world)).toEqual(['free']);
    expect(answersOf(world.schedule())).toEqual(['grant r2 slice 0']);
  });
});

describe('a request that waits for a death', () => {
  it('gets that answer after a second', () => {
    const world = new World();
    world.run({ seconds: 1 });
    world.schedule({ task: '2' });
    expect(world.nextTickMs).toBe(world.monotonicMs + 1000);
    expect(answersOf(world.pass(0.999))).toEqual([]);
    expect(answersOf(world.pass(0.001))).toEqual(['queue r2 node']);
    expect(answersOf(world.died(101))).toEqual(['stream-grant r2 slice 0']);
  });

  it('gets that answer at once when a better placed request takes its claim', () => {
    const world = new World();
    world.run({ user: 'free:1', seconds: 1 });
    world.schedule({ task: '2', user: 'free:2' });
    expect(answersOf(world.schedule({ task: '3', user: 'pro:3' }))).toEqual(['queue r2 node']);
    expect(answersOf(world.died(101))).toEqual(['grant r3 slice 0']);
  });

  it('may leave without an answer', () => {
    const world = new World();
    world.run({ seconds: 1 });
    world.schedule({ task: '2' });
    expect(answersOf(world.abandon(2))).toEqual([]);
    expect(answersOf(world.died(101))).toEqual([]);
    expect(world.state.unanswered.size).toBe(0);
  });

  it('reads 503 when its Space goes meanwhile', () => {
    const world = new World();
    world.run({ seconds: 1 });
    world.schedule({ task: '2' });
    expect(answersOf(world.send({ type: 'space-gone', space: 'a' }))).toEqual(['refuse r2 no-gpu']);
  });
});

describe('a Space', () => {
  it('at its limit waits for itself and blocks no other', () => {
    const world = new World({ gpus: 2, concurrencyPerSpace: 1 });
    world.schedule({ space: 'a', user: 'pro:1' });
    world.allow(1);
    expect(answersOf(world.schedule({ space: 'a', user: 'pro:2' }))).toEqual([
      'queue r2 concurrency',
    ]);
    expect(answersOf(world.schedule({ space: 'b', user: 'anon:3' }))).toEqual(['grant r3 slice 1']);
    expect(answersOf(world.release(1))).toEqual(['status 200', 'stream-grant r2 slice 0 idle']);
  });

  it('counts what it has claimed', () => {
    const world = new World({ gpus: 2, concurrencyPerSpace: 1 });
    world.run({ space: 'b', task: '1', seconds: 1 });
    world.schedule({ space: 'b', task: '1', user: 'free:2' });
    world.schedule({ space: 'c', user: 'free:3' });
    world.release(2, { fail: true });
    // Slice 0 dies: the first call of Space d claims it, the second must not claim another.
    world.schedule({ space: 'd', task: '1', user: 'free:4' });
    const answers = answersOf(world.schedule({ space: 'd', task: '2', user: 'free:5' }));
    expect(answers).toEqual(['queue r5 node']);
    expect(answersOf(world.died(101))).toEqual(['grant r4 slice 0']);
  });

  it('that ends removes its waiters, calls and workers, and no others', () => {
    const world = new World({ gpus: 3 });
    world.run({ space: 'a', task: '1', user: 'free:1', seconds: 1 });
    world.schedule({ space: 'a', task: '2', user: 'free:2' });
    world.allow(2);
    world.schedule({ space: 'b', task: '1', user: 'free:3' });
    world.allow(3);
    world.schedule({ space: 'a', task: '1', user: 'free:4' });
    world.schedule({ space: 'a', task: '3', user: 'free:5' });
    world.release(4);
    const effects = world.send({ type: 'space-gone', space: 'a' });
    // The worker of task 1 dies already, to make room for call 5.
    expect(answersOf(effects)).toEqual(['stream-fail r5', 'kill 102 space-gone']);
    expect(recordsOf(effects)).toMatchObject([
      { event: 'abandoned', call: 5 },
      { event: 'killing', call: 2, reason: 'space-gone' },
    ]);
    world.died(101);
    world.died(102);
    expect(uses(world)).toEqual(['free', 'free', 'running']);
  });
});

describe('an operator', () => {
  it('kills a running call once, and the end says by whom', () => {
    const world = new World();
    world.schedule();
    world.allow(1);
    world.wait(3);
    expect(answersOf(world.send({ type: 'kill-call', call: 1 }))).toEqual(['kill 101 operator']);
    expect(world.send({ type: 'kill-call', call: 1 })).toEqual([]);
    expect(world.send({ type: 'kill-call', call: 99 })).toEqual([]);
    expect(recordsOf(world.died(101))).toMatchObject([
      { event: 'ended', end: 'operator', chargedSeconds: 3 },
    ]);
  });

  it('ends a call without a process at once', () => {
    const world = new World();
    world.schedule();
    const effects = world.send({ type: 'kill-call', call: 1 });
    expect(answersOf(effects)).toEqual([]);
    expect(recordsOf(effects)).toMatchObject([{ event: 'ended', end: 'operator' }]);
    expect(uses(world)).toEqual(['free']);
  });
});

describe('a call of a whole card', () => {
  const card = (gpus = 1) => new World({ profile: loadProfile('rtx-pro-6000'), gpus });
  const xlarge = { size: 'xlarge', duration: 60 } as const;

  it('holds all slices of one card, under the index of the first', () => {
    const world = card(2);
    world.schedule({ user: 'pro:1' });
    expect(answersOf(world.schedule({ ...xlarge, user: 'pro:2' }))).toEqual(['grant r2 slice 2']);
    expect(uses(world)).toEqual(['granted', 'free', 'granted', 'granted']);
  });

  it('leaves whole cards whole for it: small calls fill a card that is begun', () => {
    const world = card(2);
    world.schedule({ user: 'pro:1' });
    world.allow(1);
    world.schedule({ user: 'pro:2' });
    world.release(1);
    world.died(101);
    expect(answersOf(world.schedule({ user: 'pro:3', task: '9' }))).toEqual(['grant r3 slice 0']);
  });

  it('is not starved by small calls: its card is kept for it', () => {
    const world = card();
    world.schedule({ user: 'pro:1', task: '1' });
    world.allow(1);
    world.schedule({ ...xlarge, user: 'pro:2', task: '2' });
    // A slice is free, and a small call with a worse place must not get it.
    expect(answersOf(world.schedule({ user: 'free:3', task: '3' }))).toEqual(['queue r3 node']);
    world.wait(5);
    expect(answersOf(world.release(1))).toEqual(['status 200', 'kill 101 evicted']);
    expect(answersOf(world.died(101))).toEqual(['stream-grant r2 slice 0']);
  });

  it('keeps the card that is left first, and leaves the other to those behind', () => {
    const world = card(2);
    for (const call of [1, 2, 3]) {
      world.schedule({ user: `pro:${call}`, task: `${call}`, duration: 100 * call });
      world.allow(call);
    }
    // Card 0 is left after 200 s at the latest, card 1 after 300 s.
    expect(answersOf(world.schedule({ ...xlarge, user: 'pro:4' }))).toEqual(['queue r4 node']);
    expect(answersOf(world.schedule({ user: 'free:5', task: '5' }))).toEqual(['grant r5 slice 3']);
    expect(answersOf(world.schedule({ user: 'free:6', task: '6' }))).toEqual(['queue r6 node']);
    expect(answersOf(world.release(1))).toEqual(['status 200']);
    expect(answersOf(world.release(2))).toEqual([
      'status 200',
      'kill 101 evicted',
      'kill 102 evicted',
    ]);
    expect(answersOf(world.died(101))).toEqual([]);
    expect(answersOf(world.died(102))).toEqual(['stream-grant r4 slice 0']);
  });

  it('does not touch a warm worker that it could not use yet', () => {
    const world = card();
    world.schedule({ user: 'pro:1', task: '1' });
    world.schedule({ user: 'pro:2', task: '2' });
    world.allow(1);
    world.allow(2);
    world.release(2);
    expect(answersOf(world.schedule({ ...xlarge, user: 'pro:3' }))).toEqual(['queue r3 node']);
    expect(uses(world)).toEqual(['running', 'warm']);
  });

  it('is charged twice its seconds', () => {
    const world = card();
    world.run({ ...xlarge, user: 'pro', seconds: 10 });
    expect(recordsOf(world.effects).at(-1)).toMatchObject({ usedSeconds: 10, chargedSeconds: 20 });
  });
});

describe('the device of a grant', () => {
  it('is the card of a call that holds all its slices, and else the slice', () => {
    const world = new World({ profile: loadProfile('rtx-pro-6000') });
    world.state.slices = world.state.slices.map((slice) => ({ ...slice, cardUuid: 'GPU-card' }));
    const uuidOf = (effects: readonly Effect[]) =>
      effects.flatMap((effect) => (effect.type === 'grant' ? [effect.grant.nvidiaUUID] : []));
    expect(uuidOf(world.schedule({ user: 'pro', size: 'xlarge' }))).toEqual(['GPU-card']);
    world.allow(1);
    world.release(1, { fail: true });
    world.died(101);
    expect(uuidOf(world.schedule({ user: 'pro' }))).toEqual(['GPU-0']);
  });
});
