import { describe, expect, it } from 'vitest';
import type { Effect, Refusal } from '../../../src/allocator/core/types.js';
import { loadProfile } from '../../../src/platform/index.js';
import {
  answersOf,
  profileWith,
  recordsOf,
  visitor,
  World,
} from '../../support/allocator/world.js';

const refusalIn = (effects: readonly Effect[]): Refusal | undefined =>
  effects.find((effect) => effect.type === 'refuse')?.refusal;

describe('refusals', () => {
  it('come before anything is held back, and are recorded', () => {
    const world = new World();
    const effects = world.schedule({ user: 'free', duration: 211 });
    expect(recordsOf(effects)).toMatchObject([{ event: 'refused', call: 1, askedSeconds: 211 }]);
    expect(answersOf(effects)).toEqual(['refuse r1 illegal-duration']);
    expect(world.state.accounts.size).toBe(0);
  });

  it('of an expired token come first', () => {
    const world = new World();
    const effects = world.schedule({ user: 'free', duration: 9999, expired: true });
    expect(refusalIn(effects)?.kind).toBe('expired-token');
  });

  it('of an illegal duration have a negative wait, whatever is left', () => {
    const world = new World();
    expect(refusalIn(world.schedule({ user: 'anon', duration: 121 }))).toEqual({
      kind: 'illegal-duration',
      leftSeconds: 120,
      waitSeconds: -1,
      requestedSeconds: 121,
      longestSeconds: 120,
    });
  });

  it('of quota compare what is asked with what neither runs, waits nor was used', () => {
    const world = new World({ gpus: 2 });
    world.run({ user: 'free', duration: 60, seconds: 20.5 });
    world.schedule({ user: 'free', duration: 100 });
    expect(refusalIn(world.schedule({ user: 'free', duration: 90 }))).toMatchObject({
      kind: 'quota-exceeded',
      leftSeconds: 89,
      requestedSeconds: 90,
    });
    expect(answersOf(world.schedule({ user: 'free', duration: 89 }))).not.toContain('refuse');
  });

  it('of quota say when the window ends; a whole window when none is open yet', () => {
    const world = new World();
    world.schedule({ user: 'free', duration: 200 });
    expect(refusalIn(world.schedule({ user: 'free' }))?.waitSeconds).toBe(86_400);
    world.allow(1);
    world.wait(100.5);
    expect(refusalIn(world.schedule({ user: 'free' }))?.waitSeconds).toBe(86_300);
    world.send({ type: 'advance', seconds: 86_299.499 });
    expect(refusalIn(world.schedule({ user: 'free' }))?.waitSeconds).toBe(1);
  });

  it('of the runs limit wait for nothing, and count calls that still wait', () => {
    const world = new World({
      profile: profileWith((draft) => {
        draft.tiers.free.runsPerWindow = 2;
      }),
    });
    world.schedule({ user: 'free', duration: 10 });
    world.schedule({ user: 'free', duration: 10 });
    expect(refusalIn(world.schedule({ user: 'free', duration: 10 }))).toMatchObject({
      kind: 'runs-exceeded',
      waitSeconds: 0,
      leftSeconds: 190,
    });
    world.abandon(2);
    expect(refusalIn(world.schedule({ user: 'free', duration: 10 }))).toBeUndefined();
  });

  it('look at the quota before the runs', () => {
    const world = new World({
      profile: profileWith((draft) => {
        draft.tiers.free.runsPerWindow = 1;
      }),
    });
    world.schedule({ user: 'free', duration: 200 });
    expect(refusalIn(world.schedule({ user: 'free', duration: 20 }))?.kind).toBe('quota-exceeded');
    expect(refusalIn(world.schedule({ user: 'free', duration: 5 }))?.kind).toBe('runs-exceeded');
  });

  it('count xlarge twice, for the cap and for the quota', () => {
    const world = new World({ profile: loadProfile('rtx-pro-6000') });
    const tooLong = world.schedule({ user: 'pro', duration: 1201, size: 'xlarge' });
    expect(refusalIn(tooLong)).toMatchObject({
      kind: 'illegal-duration',
      requestedSeconds: 2402,
      longestSeconds: 1200,
    });
    world.schedule({ user: 'free', duration: 100, size: 'xlarge' });
    expect(world.state.accounts.get('free:')?.reservedMs).toBe(200_000);
    const tooMuch = world.schedule({ user: 'free', duration: 51, size: 'xlarge' });
    expect(refusalIn(tooMuch)).toMatchObject({ kind: 'quota-exceeded', leftSeconds: 100 });
  });

  it.each([
    ['the profile has no such size', new World()],
    [
      'no card has so many slices',
      new World({ profile: loadProfile('rtx-pro-6000'), gpus: 4, slicesPerGpu: 1 }),
    ],
    [
      'the Space may not hold so many',
      new World({ profile: loadProfile('rtx-pro-6000'), concurrencyPerSpace: 1 }),
    ],
  ])('say that there is no GPU where %s', (_, world) => {
    const effects = world.schedule({ user: 'pro', size: 'xlarge' });
    expect(refusalIn(effects)).toMatchObject({ kind: 'no-gpu', waitSeconds: 0 });
  });
});

describe('the longest call that the operator allows', () => {
  it('binds what a call declares', () => {
    const world = new World({ longestCallSeconds: 90 });
    expect(refusalIn(world.schedule({ user: 'pro', duration: 91 }))).toMatchObject({
      kind: 'illegal-duration',
      waitSeconds: -1,
      longestSeconds: 90,
    });
    expect(refusalIn(world.schedule({ user: 'pro', duration: 90 }))).toBeUndefined();
  });

  it('leaves the default to calls that declare nothing, or what the package sends for nothing', () => {
    const h200 = new World({ longestCallSeconds: 30 });
    expect(refusalIn(h200.schedule({ user: 'pro', duration: null }))).toBeUndefined();
    expect(refusalIn(h200.schedule({ user: 'pro', duration: 60 }))).toBeUndefined();
    expect(refusalIn(h200.schedule({ user: 'pro', duration: 59 }))?.kind).toBe('illegal-duration');
    const rtx = new World({ profile: loadProfile('rtx-pro-6000'), longestCallSeconds: 30 });
    expect(refusalIn(rtx.schedule({ user: 'pro', duration: 90 }))).toBeUndefined();
    expect(refusalIn(rtx.schedule({ user: 'pro', duration: 60 }))?.kind).toBe('illegal-duration');
  });

  it('does not lift the cap of a tier', () => {
    const world = new World({ longestCallSeconds: 9999 });
    expect(refusalIn(world.schedule({ user: 'free', duration: 211 }))?.longestSeconds).toBe(210);
  });
});

describe('a call without a duration', () => {
  it('asks for the default of the profile', () => {
    const world = new World();
    expect(recordsOf(world.schedule({ duration: null }))[0]?.askedSeconds).toBe(60);
    expect(world.state.accounts.get('free:')?.reservedMs).toBe(60_000);
  });
});

describe('an invalid duration', () => {
  it.each([0, -5])('of %d must have been refused by the server', (duration) => {
    expect(() => new World().schedule({ duration })).toThrow('not above zero');
  });
});

describe('a refusal on demand', () => {
  it('has its record and its number, and leaves the quota as it was', () => {
    const world = new World();
    const effects = world.send({
      ...{ type: 'schedule', requestId: 'r', allowToken: 't', space: 'a', taskId: '1' },
      ...{ visitor: visitor('free'), durationSeconds: 20, size: 'large', tokenExpired: false },
      fault: { kind: 'quota-exceeded', leftSeconds: 0, waitSeconds: 3_600 },
    });
    const refusal = {
      kind: 'quota-exceeded',
      leftSeconds: 0,
      waitSeconds: 3_600,
      requestedSeconds: 20,
    };
    expect(effects).toMatchObject([
      { type: 'record', record: { event: 'refused', call: 1, refusal } },
      { type: 'refuse', requestId: 'r', refusal },
    ]);
    expect(world.state.queue).toHaveLength(0);
    expect(answersOf(world.schedule())[0]).toMatch(/^grant/);
  });
});
