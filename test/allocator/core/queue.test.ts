import { describe, expect, it } from 'vitest';
import { queueView } from '../../../src/allocator/core/index.js';
import { dequeue, enqueue } from '../../../src/allocator/core/queue.js';
import { answersOf, recordsOf, World } from '../../support/allocator/world.js';

/** One slice, held by a PRO call for longer than anybody waits. */
function busyWorld(): World {
  const world = new World();
  world.schedule({ user: 'pro:holder', duration: 1000 });
  world.allow(1);
  return world;
}

const order = (world: World) => world.state.queue.map((waiter) => waiter.call);

describe('the waiting line', () => {
  it('stands in order of tier, quota left, shorter call, arrival', () => {
    const world = busyWorld();
    world.schedule({ user: 'anon:2', duration: 5 });
    world.schedule({ user: 'free:3', duration: 30 });
    world.schedule({ user: 'free:4', duration: 30 });
    world.schedule({ user: 'free:5', duration: 20 });
    world.schedule({ user: 'free:5', duration: 5 });
    world.schedule({ user: 'pro:7', duration: 900 });
    expect(order(world)).toEqual([7, 6, 5, 3, 4, 2]);
  });

  it('tells each request its place when it joins', () => {
    const world = busyWorld();
    world.schedule({ user: 'free:2' });
    const [queued] = recordsOf(world.schedule({ user: 'pro:3' }));
    expect(queued).toMatchObject({ event: 'queued', position: 1, reason: 'node' });
  });

  it('puts a visitor who has used most of their quota behind one who has not', () => {
    const world = new World();
    world.run({ user: 'free:used', duration: 200, seconds: 180 });
    world.schedule({ user: 'pro:holder', task: '1', duration: 1000 });
    world.schedule({ user: 'free:used', duration: 10 });
    world.schedule({ user: 'free:fresh', duration: 100 });
    expect(order(world)).toEqual([4, 3]);
  });

  it('lifts by one tier for each 15 s waited, without any event of its own', () => {
    const world = busyWorld();
    world.schedule({ user: 'anon:2', duration: 60 });
    world.wait(46);
    world.schedule({ user: 'pro:3', duration: 10 });
    expect(order(world)).toEqual([2, 3]);
    expect(world.state.queue[0]?.agedTiers).toBe(3);
    expect(queueView(world.state, world.now)[1]?.behind).toEqual({
      call: 2,
      because: 'waited-longer',
    });
  });

  it('is shown as it would be served, also between events', () => {
    const world = busyWorld();
    world.schedule({ user: 'anon:2', duration: 10 });
    world.wait(14);
    world.schedule({ user: 'free:3', duration: 60 });
    expect(queueView(world.state, world.now).map((entry) => entry.call)).toEqual([3, 2]);
    world.wait(1);
    expect(queueView(world.state, world.now).map((entry) => entry.call)).toEqual([2, 3]);
    expect(order(world)).toEqual([3, 2]);
    world.send({ type: 'tick' });
    expect(order(world)).toEqual([2, 3]);
  });

  it('ends after 60 s for each, with their seconds given back', () => {
    const world = busyWorld();
    world.schedule({ user: 'free:2' });
    world.pass(30);
    world.schedule({ user: 'free:3' });
    expect(world.nextTickMs).toBe(60_000);
    expect(answersOf(world.pass(30))).toEqual(['stream-fail r2']);
    expect(answersOf(world.pass(29))).toEqual([]);
    const [record] = recordsOf(world.pass(1));
    expect(record).toMatchObject({ event: 'timed-out', call: 3, waitedSeconds: 60 });
    expect(world.state.accounts.get('free:3')).toMatchObject({ reservedMs: 0, pendingRuns: 0 });
  });

  it('lets a waiter go who leaves, and no other', () => {
    const world = busyWorld();
    world.schedule({ user: 'free:2' });
    world.schedule({ user: 'free:3' });
    const effects = world.abandon(2);
    expect(answersOf(effects)).toEqual([]);
    expect(recordsOf(effects)).toMatchObject([{ event: 'abandoned', call: 2 }]);
    expect(order(world)).toEqual([3]);
    expect(world.abandon(2)).toEqual([]);
    expect(world.abandon(1)).toEqual([]);
    // The time-out of the one who left must not be taken for anybody else's.
    expect(answersOf(world.pass(60))).toEqual(['stream-fail r3']);
  });

  it('stays in order through 500 arrivals, departures and lifts', () => {
    const world = busyWorld();
    for (let call = 2; call <= 501; call += 1) {
      const tier = ['anon', 'free', 'pro'][call % 3];
      world.schedule({ user: `${tier}:${call % 50}`, duration: 1 + ((call * 7) % 30) });
      if (call % 5 === 0) world.abandon(call - 3);
      world.wait(0.3);
    }
    // The world checks the order after every event; no waiter may have been lost either.
    const accepted = recordsOf(world.effects).filter(({ event }) => event === 'queued').length;
    const left = recordsOf(world.effects).filter(
      ({ event }) => event === 'abandoned' || event === 'timed-out',
    ).length;
    expect(world.state.queue.length).toBe(accepted - left);
  });

  it('stops on what can only be a bug', () => {
    const world = busyWorld();
    world.schedule({ user: 'free:2' });
    const [waiter] = world.state.queue;
    if (!waiter) throw new Error('nobody waits');
    expect(() => enqueue(world.state, waiter)).toThrow('one request id');
    dequeue(world.state, waiter);
    expect(() => dequeue(world.state, waiter)).toThrow('left twice');
  });
});
