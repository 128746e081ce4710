import { describe, expect, it } from 'vitest';
import { quotaOf } from '../../../src/allocator/core/index.js';
import type { Effect } from '../../../src/allocator/core/types.js';
import {
  answersOf,
  processOf,
  profileWith,
  recordsOf,
  visitor,
  World,
} from '../../support/allocator/world.js';

const left = (world: World, user = 'free') =>
  quotaOf(world.state, visitor(user), world.now).leftSeconds;
const ended = (effects: readonly Effect[]) =>
  recordsOf(effects).find((record) => record.event === 'ended');

describe('/allow', () => {
  it('binds the first pid, watches it once, and answers it the same again', () => {
    const world = new World();
    world.schedule();
    expect(answersOf(world.allow(1, 101))).toEqual(['watch 101', 'status 200']);
    expect(answersOf(world.allow(1, 101))).toEqual(['status 200']);
    expect(answersOf(world.allow(1, 102))).toEqual(['status 409']);
  });

  it.each([1, 0, -7])('never binds pid %d', (pid) => {
    const world = new World();
    world.schedule();
    expect(answersOf(world.allow(1, pid))).toEqual(['status 409']);
  });

  it('does not bind a process that runs another call or waits warm', () => {
    const world = new World({ gpus: 3 });
    world.schedule({ task: '1' });
    world.allow(1, 101);
    world.schedule({ task: '2' });
    expect(answersOf(world.allow(2, 101))).toEqual(['status 409']);
    world.release(1);
    expect(answersOf(world.allow(2, 101))).toEqual(['status 409']);
  });

  it('tells a pid used again from the process that had it before', () => {
    const world = new World({ gpus: 2 });
    world.schedule({ task: '1' });
    world.allow(1, 101);
    world.schedule({ task: '2' });
    const process = { pid: 101, startTime: 777 };
    const body = { requestId: 'x', allowToken: 't2', process };
    const effects = world.send({ type: 'allow', ...body });
    // Both can't live, but only the host can say which is dead.
    expect(answersOf(effects)).toEqual(['watch 101', 'status 200']);
    world.send({ type: 'process-died', process: processOf(101) });
    expect([...world.state.leases.keys()]).toEqual(['t2']);
  });

  it('is 404 for a token that is unknown, waits, is released, was killed or came too late', () => {
    const world = new World();
    world.schedule({ user: 'free:1', duration: 5 });
    world.schedule({ user: 'free:2' });
    expect(answersOf(world.allow(77))).toEqual(['status 404']);
    expect(answersOf(world.allow(2))).toEqual(['status 404']);
    world.allow(1);
    world.pass(5.1);
    expect(answersOf(world.allow(1))).toEqual(['status 404']);
    world.died(101);
    world.pass(15);
    expect(answersOf(world.allow(2))).toEqual(['status 404']);
    world.schedule({ user: 'free:3' });
    world.release(3);
    expect(answersOf(world.allow(3))).toEqual(['status 404']);
  });
});

describe('/release', () => {
  it('charges from /allow to release, in milliseconds rounded up', () => {
    const world = new World();
    world.schedule();
    world.wait(3);
    world.allow(1);
    world.wait(7.9001);
    const effects = world.release(1, { peak: 5e9 });
    expect(ended(effects)).toMatchObject({
      end: 'released',
      gpuUsed: true,
      usedSeconds: expect.closeTo(7.9001, 6),
      chargedSeconds: 7.901,
      peakVramBytes: 5e9,
      leftBeforeSeconds: 210,
      leftAfterSeconds: 202.099,
    });
    expect(answersOf(effects)).toEqual(['status 200']);
  });

  it('is recorded before it is answered', () => {
    const world = new World();
    world.schedule();
    world.allow(1);
    expect(world.release(1).map((effect) => effect.type)).toEqual(['record', 'status']);
  });

  it('answers a second time as the first, without a second charge', () => {
    const world = new World();
    world.schedule();
    world.allow(1);
    world.wait(10);
    expect(answersOf(world.release(1, { gpuUsed: false }))).toEqual(['status 204']);
    world.wait(10);
    expect(answersOf(world.release(1, { gpuUsed: true }))).toEqual(['status 204']);
    expect(left(world)).toBe(200);
    expect(recordsOf(world.effects).filter(({ event }) => event === 'ended')).toHaveLength(1);
  });

  it('remembers the last two thousand', () => {
    const world = new World();
    world.run({ seconds: 0 });
    for (let call = 2; call <= 2_000; call += 1) {
      world.schedule({ duration: 1 });
      world.release(call);
    }
    expect(answersOf(world.release(1))).toEqual(['status 200']);
    const { recent, older } = world.state.released;
    expect(recent.size + older.size).toBeLessThanOrEqual(4_000);
  });

  it('charges nothing for a call that never began', () => {
    const world = new World();
    world.schedule();
    world.wait(5);
    const effects = world.release(1, { fail: true });
    expect(ended(effects)).toMatchObject({ end: 'failed', usedSeconds: 0, chargedSeconds: 0 });
    expect(left(world)).toBe(210);
    expect(world.state.leases.size + world.state.warmWorkers.length).toBe(0);
  });

  it('leaves the worker warm, and kills one that has failed', () => {
    const world = new World();
    world.schedule();
    world.allow(1);
    world.release(1);
    expect(world.state.warmWorkers).toMatchObject([{ taskId: '1', evicting: false }]);
    world.schedule();
    expect(answersOf(world.release(2, { fail: true }))).toEqual(['kill 101 failed', 'status 200']);
    expect(world.state.warmWorkers).toMatchObject([{ taskId: '1', evicting: true }]);
    world.died(101);
    expect(world.state.warmWorkers).toEqual([]);
  });

  it('is 404 once our kill is out, and the death ends the call', () => {
    const world = new World();
    world.schedule({ duration: 10 });
    world.allow(1);
    world.pass(10.2);
    expect(answersOf(world.release(1, { fail: true }))).toEqual(['status 404']);
    expect(ended(world.died(101))).toMatchObject({ end: 'deadline', chargedSeconds: 10.1 });
    expect(answersOf(world.release(1, { fail: true }))).toEqual(['status 404']);
  });

  it('charges all that was asked for where the profile says so, and an overrun on top', () => {
    const profile = profileWith((draft) => {
      draft.quota.charge = 'requested';
    });
    const world = new World({ profile });
    world.run({ duration: 60, seconds: 5 });
    expect(left(world)).toBe(150);
    world.schedule({ duration: 60 });
    world.pass(60.1);
    world.died(101);
    expect(left(world)).toBeCloseTo(89.9, 6);
    world.schedule({ duration: 60 });
    world.pass(15);
    expect(left(world)).toBeCloseTo(89.9, 6);
  });
});

describe('a grant that did not reach its client', () => {
  const warm = () => {
    const world = new World();
    world.run({ seconds: 1 });
    world.schedule();
    return world;
  };

  it('of a warm worker ends at once, costs nothing, counts as no run, and the worker waits on', () => {
    const world = warm();
    world.wait(3);
    const effects = world.abandon(2);
    expect(ended(effects)).toMatchObject({ end: 'undelivered', chargedSeconds: 0 });
    expect(answersOf(effects)).toEqual([]);
    expect(world.state.warmWorkers).toMatchObject([{ process: processOf(101), evicting: false }]);
    expect(quotaOf(world.state, visitor('free'), world.now)).toMatchObject({
      runs: 1,
      usedSeconds: 1,
    });
    expect(answersOf(world.schedule())).toEqual(['grant r3 slice 0 idle']);
  });

  it('of a warm worker is free also where the whole request is charged', () => {
    const profile = profileWith((draft) => {
      draft.quota.charge = 'requested';
    });
    const world = new World({ profile });
    world.run({ duration: 10, seconds: 1 });
    world.schedule({ duration: 60 });
    world.abandon(2);
    expect(left(world)).toBe(200);
  });

  it('gives its place to whoever waits', () => {
    const world = warm();
    world.schedule({ user: 'free:2' });
    expect(answersOf(world.abandon(2))).toEqual(['stream-grant r3 slice 0 idle']);
  });

  it('to no worker yet ends at once, before its time to /allow', () => {
    const world = new World();
    world.schedule();
    expect(ended(world.abandon(1))).toMatchObject({ end: 'undelivered', chargedSeconds: 0 });
    expect(answersOf(world.allow(1))).toEqual(['status 404']);
  });

  it('costs nothing when its deadline has passed meanwhile', () => {
    const world = warm();
    world.pass(60.2);
    world.abandon(2);
    expect(ended(world.died(101))).toMatchObject({ end: 'undelivered', chargedSeconds: 0 });
    expect(quotaOf(world.state, visitor('free'), world.now)).toMatchObject({
      runs: 1,
      usedSeconds: 1,
    });
  });

  it('stands once somebody has asked /allow with its token', () => {
    const world = warm();
    world.died(101);
    world.allow(2, 102);
    expect(world.abandon(2)).toEqual([]);
    expect(world.state.leases.size).toBe(1);
  });
});

describe('a stop of the host', () => {
  it('refuses what waits, ends what runs, charges what was used, and grants nothing more', () => {
    const world = new World();
    world.schedule({ user: 'free:1', duration: 9 });
    world.allow(1);
    world.schedule({ user: 'free:2' });
    world.wait(2);
    expect(answersOf(world.send({ type: 'stop' }))).toEqual(['stream-fail r2', 'kill 101 stopped']);
    expect(answersOf(world.schedule({ user: 'free:3' }))).toEqual(['refuse r3 stopping']);
    expect(ended(world.died(101))).toMatchObject({ end: 'stopped', chargedSeconds: 2 });
    expect(world.state.leases.size).toBe(0);
    expect(answersOf(world.restart([]))).toEqual([]);
    expect(answersOf(world.schedule({ user: 'free:3' }))).toEqual(['grant r4 slice 0']);
  });
});

describe('a deadline', () => {
  it('is the most that is charged, however long a frozen worker takes to die', () => {
    const world = new World();
    world.schedule({ duration: 5 });
    world.allow(1);
    world.wait(9.8);
    world.send({ type: 'tick' });
    world.wait(3);
    expect(ended(world.died(101))).toMatchObject({
      end: 'deadline',
      usedSeconds: 12.8,
      chargedSeconds: 5.1,
    });
    expect(left(world)).toBeCloseTo(204.9, 6);
  });

  it('is the most that a late release is charged', () => {
    const world = new World();
    world.schedule({ duration: 5 });
    world.allow(1);
    world.wait(9.8);
    world.release(1);
    expect(ended(world.died(101))).toMatchObject({ chargedSeconds: 5.1 });
  });

  it('is what was asked for plus the grace, from /allow', () => {
    const world = new World();
    world.schedule({ duration: 10 });
    world.wait(2);
    world.allow(1);
    expect(world.nextTickMs).toBe(12_100);
    expect(answersOf(world.pass(10.09))).toEqual([]);
    const effects = world.pass(0.01);
    expect(answersOf(effects)).toEqual(['kill 101 deadline']);
    expect(recordsOf(effects)).toMatchObject([{ event: 'killing', reason: 'deadline' }]);
    expect(world.nextTickMs).toBeNull();
  });

  it('runs from the grant when the worker is warm', () => {
    const world = new World();
    world.run({ duration: 10, seconds: 1 });
    world.wait(100);
    world.schedule({ duration: 10 });
    expect(world.nextTickMs).toBe(world.monotonicMs + 10_100);
    expect(answersOf(world.pass(10.1))).toEqual(['kill 101 deadline']);
  });

  it('does not care about the wall clock', () => {
    const world = new World();
    world.schedule({ duration: 10 });
    world.allow(1);
    world.wallMs += 3_600_000;
    expect(answersOf(world.pass(5))).toEqual([]);
    world.wallMs -= 7_200_000;
    world.wait(5);
    expect(ended(world.release(1))).toMatchObject({ usedSeconds: 10, chargedSeconds: 10 });
  });
});

describe('a process that dies', () => {
  it('ends its call at once, charged until then', () => {
    const world = new World();
    world.schedule({ user: 'free:1' });
    world.allow(1);
    world.schedule({ user: 'free:2' });
    world.wait(4);
    const effects = world.died(101);
    expect(ended(effects)).toMatchObject({ end: 'worker-died', chargedSeconds: 4 });
    expect(answersOf(effects)).toEqual(['stream-grant r2 slice 0']);
  });

  it('does not belong to a call: nothing happens', () => {
    const world = new World();
    world.schedule();
    world.allow(1);
    expect(world.died(999)).toEqual([]);
    expect(world.state.leases.size).toBe(1);
  });

  it('when warm, just as it is given work, may be replaced by a new worker of the package', () => {
    const world = new World();
    world.run({ seconds: 1 });
    expect(answersOf(world.schedule())).toEqual(['grant r2 slice 0 idle']);
    world.died(101);
    expect(answersOf(world.allow(2, 102))).toEqual(['watch 102', 'status 200']);
    expect(answersOf(world.allow(2, 103))).toEqual(['status 409']);
    world.wait(5);
    expect(ended(world.release(2))).toMatchObject({ end: 'released', chargedSeconds: 5 });
  });

  it('when warm, and the new worker is faster than the news of the death: the old one is killed', () => {
    const world = new World();
    world.run({ seconds: 1 });
    world.schedule();
    const answers = answersOf(world.allow(2, 102));
    expect(answers).toEqual(['kill 101 evicted', 'watch 102', 'status 200']);
    world.died(101);
    expect(world.state.leases.get('t2')?.process?.pid).toBe(102);
  });

  it('when warm, and no new worker comes within a second: the call has ended', () => {
    const world = new World();
    world.run({ seconds: 1 });
    world.schedule();
    world.died(101);
    expect(ended(world.pass(1))).toMatchObject({ end: 'worker-died', chargedSeconds: 1 });
    world.schedule();
    expect(answersOf(world.release(3))).toEqual(['status 200']);
  });

  it('when warm and long at work: the call ends at once', () => {
    const world = new World();
    world.run({ seconds: 1 });
    world.schedule();
    world.wait(2);
    expect(ended(world.died(101))).toMatchObject({ end: 'worker-died', chargedSeconds: 2 });
  });
});

describe('a grant whose reader is gone', () => {
  it('is taken back after the allow time-out, free of charge', () => {
    const world = new World();
    world.schedule({ user: 'free:1' });
    world.schedule({ user: 'free:2' });
    const effects = world.pass(15);
    expect(ended(effects)).toMatchObject({ end: 'allow-timeout', chargedSeconds: 0 });
    expect(answersOf(effects)).toEqual(['stream-grant r2 slice 0']);
    expect(left(world, 'free:1')).toBe(210);
    expect(quotaOf(world.state, visitor('free:1'), world.now).runs).toBe(0);
    expect(answersOf(world.release(1))).toEqual(['status 404']);
  });
});
