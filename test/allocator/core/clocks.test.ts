import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createState, quotaOf } from '../../../src/allocator/core/index.js';
import { moveQuotaClock, quotaTimeAt } from '../../../src/allocator/core/quota-clock.js';
import { makeSlices, recordsOf, visitor, World } from '../../support/allocator/world.js';

const HOUR = 3600;
const view = (world: World) => quotaOf(world.state, visitor('free'), world.now);

describe('quota time', () => {
  it('continues from the highest value when the wall clock jumps back', () => {
    const world = new World();
    world.run({ seconds: 60 });
    const before = view(world).resetsInSeconds;
    world.wallMs -= 30 * HOUR * 1000;
    expect(view(world).resetsInSeconds).toBe(before);
    world.pass(10);
    world.pass(10);
    expect(view(world)).toMatchObject({ leftSeconds: 150, resetsInSeconds: (before ?? 0) - 20 });
  });

  it('ends at most the window that a jump forward has passed', () => {
    const world = new World();
    world.run({ seconds: 60 });
    world.wallMs += 23 * HOUR * 1000;
    expect(view(world).leftSeconds).toBe(150);
    world.wallMs += HOUR * 1000;
    expect(view(world)).toMatchObject({ leftSeconds: 210, resetsInSeconds: null });
    // And back again: nothing is given twice.
    world.run({ seconds: 60 });
    world.wallMs -= 24 * HOUR * 1000;
    world.send({ type: 'tick' });
    expect(view(world).leftSeconds).toBe(150);
  });

  it.each([-1, -20, -24])(
    'gives nothing to a clock that goes %d h and comes back, again and again',
    (hours) => {
      const world = new World();
      world.run({ seconds: 60 });
      const before = Number(view(world).resetsInSeconds);
      for (let round = 1; round <= 30; round += 1) {
        world.wallMs += hours * HOUR * 1000;
        world.run({ duration: 5, seconds: 1 });
        world.wallMs -= hours * HOUR * 1000;
        world.run({ duration: 5, seconds: 1 });
        expect(view(world).usedSeconds).toBe(60 + 2 * round);
      }
      expect(view(world).resetsInSeconds).toBe(before - 60);
    },
  );

  it('gives no second to a clock that is behind by any amount, with restarts in between, and takes none', () => {
    const moment = fc.record({
      passes: fc.constantFrom(0, 1, 999, 1_000, 60_000, HOUR * 1_000),
      // As an NTP daemon in trouble, a laptop without a battery for its clock, a wrong zone.
      behind: fc.constantFrom(0, 0, 1, 2, 3, 1_000, HOUR * 1_000, 100 * HOUR * 1_000),
      restart: fc.constantFrom('no', 'no', 'no', 'process', 'machine'),
      calls: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1, maxLength: 60 }), (moments) => {
        const world = new World();
        world.run({ seconds: 60 });
        const opens = Number(view(world).resetsInSeconds) * 1_000;
        let used = 60;
        let behind = 0;
        let passed = 0;
        for (const moment of moments) {
          if (passed + moment.passes > 20 * HOUR * 1_000) break;
          if (moment.calls && used < 150) {
            world.schedule({ duration: 10 });
            const [lease] = world.state.leases.values();
            world.allow(lease?.call ?? 0);
          }
          const held = world.state.leases.size;
          world.wallMs += behind - moment.behind;
          behind = moment.behind;
          if (held > 0) {
            world.pass(2);
            for (const { call } of [...world.state.leases.values()]) world.release(call);
            used += 2 * held;
            passed += 2_000 * held;
          }
          world.wait(moment.passes / 1_000);
          passed += moment.passes;
          if (moment.restart === 'machine') world.monotonicMs = 0;
          if (moment.restart === 'no') world.send({ type: 'tick' });
          else world.restart([], moment.restart === 'process');
          expect(view(world).usedSeconds).toBe(used);
          // To the grain of the clock's reading.
          expect(Number(view(world).resetsInSeconds) * 1_000).toBeGreaterThan(opens - passed - 1);
        }
        world.wallMs += behind;
        expect(Number(view(world).resetsInSeconds) * 1_000).toBeCloseTo(opens - passed, 0);
      }),
    );
  });

  it('is not worn away by a clock that goes one second back, a thousand times', () => {
    const world = new World();
    world.run({ seconds: 60 });
    const before = Number(view(world).resetsInSeconds);
    for (let round = 0; round < 1_000; round += 1) {
      world.wallMs -= 1_000;
      world.wait(0.5);
      world.send({ type: 'tick' });
    }
    expect(view(world).resetsInSeconds).toBeCloseTo(before - 500, 3);
    world.wallMs += 1_000_000;
    expect(view(world).resetsInSeconds).toBeCloseTo(before - 500, 3);
  });

  it('passes faster under --speed, also while the wall clock is behind', () => {
    const world = new World();
    Object.assign(world.rules, { speed: 60 });
    world.run({ seconds: 0 });
    const before = Number(view(world).resetsInSeconds);
    world.wallMs -= 10 * HOUR * 1000;
    world.monotonicMs += 60_000;
    expect(view(world).resetsInSeconds).toBe(before - HOUR);
  });

  it('follows a wall clock that NTP slews, and not the other one', () => {
    const world = new World();
    world.run({ seconds: 60 });
    const start = world.wallMs;
    for (let minute = 0; minute < 600; minute += 1) {
      world.monotonicMs += 60_000;
      world.wallMs += 60_000 * 0.9995;
      world.send({ type: 'tick' });
    }
    expect(quotaTimeAt(world.state, world.now)).toBeCloseTo(start + 600 * 60_000 * 0.9995, 3);
  });

  it('begins a new count of the monotonic clock after a reboot', () => {
    const world = new World();
    world.run({ seconds: 60 });
    world.wallMs -= 30 * HOUR * 1000;
    world.monotonicMs += 1e9;
    const before = world.state.quotaTimeMs;
    world.restart([], false);
    expect(world.state.quotaTimeMs).toBe(before);
  });

  it('is moved by an operator without touching running calls', () => {
    const world = new World();
    world.schedule({ duration: 60 });
    world.allow(1);
    world.pass(10);
    world.send({ type: 'advance', seconds: 25 * HOUR });
    world.pass(10);
    expect(world.state.leases.size).toBe(1);
    expect(recordsOf(world.release(1))).toMatchObject([
      { usedSeconds: 20, chargedSeconds: 20, leftBeforeSeconds: 210, leftAfterSeconds: 210 },
    ]);
    expect(() => world.send({ type: 'advance', seconds: -1 })).toThrow('go back');
  });

  it('never goes back, whatever the wall clock does', () => {
    const jump = fc.integer({ min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(fc.array(jump, { maxLength: 30 }), (jumps) => {
        const world = new World();
        let last = 0;
        let highestMs = 0;
        for (const jumpMs of jumps) {
          world.wallMs += jumpMs;
          highestMs = Math.max(highestMs, world.wallMs);
          const seen = quotaTimeAt(world.state, world.now);
          expect(moveQuotaClock(world.state, world.now)).toBe(seen);
          expect(seen).toBeGreaterThanOrEqual(last);
          last = seen;
        }
        // It has been nowhere where the wall clock has not been: what was passed twice refills once.
        expect(last).toBe(highestMs);
      }),
    );
  });

  it('continues after a restart, with the accounts and without their reservations', () => {
    const world = new World();
    world.run({ seconds: 60 });
    world.schedule({ user: 'free', duration: 30 });
    const { accounts, quotaOffsetMs, quotaTimeMs } = world.state;
    const clock = { quotaOffsetMs, quotaTimeMs };
    const next = createState(world.rules, makeSlices(1, 1), accounts.values(), clock);
    const later = { wallMs: world.wallMs - HOUR * 1000, monotonicMs: 0 };
    expect(quotaOf(next, visitor('free'), later)).toMatchObject({
      usedSeconds: 60,
      reservedSeconds: 0,
      leftSeconds: 150,
      resetsInSeconds: 24 * HOUR - 60,
    });
  });
});

describe('a quota window is 24 h of time', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each([
    ['Europe/Paris', '2026-03-29T00:59:58Z', 'the hour that is missing'],
    ['Europe/Paris', '2026-10-25T00:30:00Z', 'the hour that comes twice'],
    ['America/New_York', '2026-03-08T06:59:59Z', 'the hour that is missing'],
    ['America/New_York', '2026-11-01T05:30:00Z', 'the hour that comes twice'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 'half an hour that comes twice'],
    ['Pacific/Apia', '2011-12-29T12:00:00Z', 'a whole day that is missing'],
    ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', 'UTC+14 at the turn of the year'],
    ['UTC', '2028-02-28T12:00:00Z', 'a leap day'],
    ['UTC', '2100-02-28T12:00:00Z', 'a leap day that there is not'],
    ['UTC', '2016-12-31T12:00:00Z', 'a leap second'],
  ])('in %s from %s: %s', (name, start) => {
    process.env['TZ'] = name;
    const world = new World();
    world.wallMs = Date.parse(start);
    world.run({ seconds: 60 });
    // The call opened the window a minute ago.
    world.wait(24 * HOUR - 60 - 0.001);
    expect(view(world)).toMatchObject({ leftSeconds: 150 });
    world.wait(0.001);
    expect(view(world)).toMatchObject({ leftSeconds: 210, resetsInSeconds: null });
  });

  it('a machine asleep for a day wakes up to a new window, and charges no sleep', () => {
    const world = new World();
    world.run({ seconds: 60 });
    world.schedule({ duration: 60 });
    world.allow(2);
    world.pass(10);
    // Asleep, the wall clock continues and the monotonic one stands still.
    world.wallMs += 24 * HOUR * 1000;
    world.pass(10);
    expect(world.state.leases.size).toBe(1);
    expect(recordsOf(world.release(2))).toMatchObject([{ usedSeconds: 20, chargedSeconds: 20 }]);
    expect(view(world)).toMatchObject({ leftSeconds: 210, runs: 0 });
  });

  it('a clock set back an hour gives no seconds back, and takes none', () => {
    const world = new World();
    world.run({ seconds: 60 });
    world.wallMs -= HOUR * 1000;
    world.run({ seconds: 30 });
    expect(view(world)).toMatchObject({ leftSeconds: 120, runs: 2 });
    world.pass(24 * HOUR - 90);
    expect(view(world)).toMatchObject({ leftSeconds: 210 });
  });
});
