import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createState, quotaOf } from '../../../src/allocator/core/index.js';
import { moveQuotaClock, quotaTimeAt } from '../../../src/allocator/core/quota-clock.js';
import { makeSlices, recordsOf, visitor, World } from '../../support/allocator/world.js';

const HOUR = 3600;
const view = (world: World) => quotaOf(world.state, visitor('free'), world.now);

describe('quota time', () => {
  it('goes on from the highest value when the wall clock jumps back', () => {
    const world = new World();
    world.run({ seconds: 60 });
    const before = view(world).resetsInSeconds;
    world.wallMs -= 30 * HOUR * 1000;
    expect(view(world).resetsInSeconds).toBe(before);
    world.pass(10);
    world.pass(10);
    expect(view(world)).toMatchObject({ leftSeconds: 150, resetsInSeconds: (before ?? 0) - 10 });
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
        let forwardMs = 0;
        for (const jumpMs of jumps) {
          world.wallMs += jumpMs;
          forwardMs += Math.max(0, jumpMs);
          const seen = quotaTimeAt(world.state, world.now);
          expect(moveQuotaClock(world.state, world.now)).toBe(seen);
          expect(seen).toBeGreaterThanOrEqual(last);
          last = seen;
        }
        // It has moved by no more than the jumps forward, so they refill no more than they passed.
        if (jumps.length > 0)
          expect(last).toBeLessThanOrEqual(Date.UTC(2026, 0, 1, 12) + forwardMs);
      }),
    );
  });

  it('goes on after a restart, with the accounts and without their reservations', () => {
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
