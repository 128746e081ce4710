import { describe, expect, it } from 'vitest';
import { reservationOf } from '../../../src/allocator/core/index.js';
import type { SharedAccount, SharedAnswer } from '../../../src/allocator/core/types.js';
import { answersOf, recordsOf, visitor, World } from '../../support/allocator/world.js';

const HOUR_MS = 3_600_000;
/** The account of a free visitor, who has 210 s. */
function accountWith(change: Partial<SharedAccount> = {}): SharedAccount {
  return {
    ...{ key: visitor('free').key, tier: 'free', tierOverride: null, creditMs: 0, creditHeldMs: 0 },
    ...{ usedMs: 0, reservedMs: 0, begunMs: 0, runs: 0, pendingRuns: 0, resetsInMs: null },
    ...change,
  };
}
const held = (reservedMs: number): SharedAnswer => ({
  held: { reservedMs, creditMs: 0 },
  account: accountWith({ reservedMs, pendingRuns: 1 }),
});

const begun = (world: World, call: number) => world.send({ type: 'begun', allowToken: `t${call}` });

describe('a call whose quota a shared store has', () => {
  it('is granted with the hold of the store, and its charge waits for the store', () => {
    const world = new World();
    expect(answersOf(world.schedule({ shared: held(60_000) }))).toEqual(['begin r1']);
    expect(answersOf(begun(world, 1))).toEqual(['grant r1 slice 0']);
    world.allow(1);
    world.pass(7);
    const effects = world.release(1);
    expect(answersOf(effects)).toEqual(['deliver', 'status 200']);
    expect([...world.state.deliveries.values()]).toEqual([
      { reservation: 'r1', visitor: 'free:', chargedMs: 7_000 },
    ]);
    const [ended] = recordsOf(effects);
    expect(ended).toMatchObject({ leftBeforeSeconds: 210, leftAfterSeconds: 203 });
  });

  it('is refused as the store has it, with what is left there', () => {
    const world = new World();
    const account = accountWith({ usedMs: 160_000, resetsInMs: HOUR_MS, runs: 3 });
    const effects = world.schedule({ shared: { held: null, account } });
    const [record] = recordsOf(effects);
    expect(record).toMatchObject({
      event: 'refused',
      refusal: { kind: 'quota-exceeded', leftSeconds: 50, waitSeconds: 3_600 },
    });
    expect(world.state.deliveries.size).toBe(0);
  });

  it('is refused also when it would be covered by now', () => {
    const world = new World();
    const effects = world.schedule({ shared: { held: null, account: accountWith() } });
    expect(answersOf(effects)).toEqual(['refuse r1 quota-exceeded']);
  });

  it('gives the hold back when it is refused for something else', () => {
    const world = new World();
    world.schedule({ duration: 700, shared: held(200_000) });
    expect([...world.state.deliveries.values()]).toEqual([
      { reservation: 'r1', visitor: 'free:', chargedMs: null },
    ]);
  });

  it.each([
    ['leaves the queue', (world: World) => world.abandon(2), 'r2'],
    ['gets a grant that is not used', (world: World) => world.pass(16), 'r1'],
  ])('costs nothing when it %s', (_, end, reservation) => {
    const world = new World({ slicesPerGpu: 1 });
    world.schedule({ shared: held(60_000) });
    world.schedule({ shared: held(60_000) });
    end(world);
    expect(world.state.deliveries.get(reservation)).toMatchObject({ chargedMs: null });
  });

  it('keeps what is not delivered over a restart, and forgets what it knew of accounts', () => {
    const world = new World({ slicesPerGpu: 2 });
    world.schedule({ shared: held(60_000) });
    world.schedule({ shared: held(60_000) });
    begun(world, 1);
    begun(world, 2);
    world.allow(1);
    world.pass(5);
    world.release(1);
    world.restart([]);
    expect(world.state.accounts.size).toBe(0);
    expect([...world.state.deliveries.keys()]).toEqual(['r1']);
    world.pass(16);
    expect([...world.state.deliveries.keys()]).toEqual(['r1', 'r2']);
    world.send({ type: 'quota-known', accounts: [accountWith()], delivered: ['r1', 'r2'] });
    expect(world.state.deliveries.size).toBe(0);
  });

  it.each([
    ['the store does not answer', (world: World) => world.abandon(2)],
    ['the allocator ends', (world: World) => world.restart([101])],
    ['the store answers too late', (world: World) => world.pass(16)],
  ])('costs nothing on a warm worker, however long the store is asked, when %s', (_, end) => {
    const world = new World();
    world.schedule({ shared: held(60_000) });
    begun(world, 1);
    world.allow(1);
    world.release(1);
    world.schedule({ duration: 1, shared: held(1_000) });
    world.pass(5);
    expect([...world.state.leases.values()]).toMatchObject([{ startedAt: null, warm: true }]);
    end(world);
    world.died(101);
    expect(world.state.deliveries.get('r2')).toMatchObject({ chargedMs: null });
    expect(answersOf(begun(world, 2))).toEqual([]);
  });

  it('begins on a warm worker when the store has confirmed it', () => {
    const world = new World();
    world.schedule({ shared: held(60_000) });
    begun(world, 1);
    world.allow(1);
    world.release(1);
    world.schedule({ duration: 60, shared: held(60_000) });
    world.pass(2);
    expect(answersOf(begun(world, 2))).toEqual(['grant r2 slice 0 idle']);
    world.pass(3);
    world.release(2);
    expect(world.state.deliveries.get('r2')).toMatchObject({ chargedMs: 3_000 });
  });

  it('is asked for with what it costs; one that is refused in any case is not', () => {
    const world = new World();
    const call = { type: 'schedule', space: 'a', visitor: visitor('free') } as const;
    const asked = { ...call, tokenExpired: false, size: 'large', at: world.now } as const;
    expect(reservationOf(world.state, { ...asked, durationSeconds: 30 })).toMatchObject({
      costMs: 30_000,
    });
    expect(reservationOf(world.state, { ...asked, durationSeconds: 9_999 })).toBeNull();
    expect(
      reservationOf(world.state, { ...asked, durationSeconds: 30, tokenExpired: true }),
    ).toBeNull();
    world.send({ type: 'stop' });
    expect(reservationOf(world.state, { ...asked, durationSeconds: 30 })).toBeNull();
  });

  it('has the tier that an operator gave in the store', () => {
    const world = new World();
    const account = accountWith({ tierOverride: 'pro' });
    world.schedule({ duration: 60, shared: { ...held(60_000), account } });
    expect(world.state.accounts.get('free:')).toMatchObject({
      tierOverride: 'pro',
      isShared: true,
    });
    expect([...world.state.leases.values()][0]?.visitor.tier).toBe('pro');
  });
});
