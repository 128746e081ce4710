import { describe, expect, it } from 'vitest';
import { decodeState } from '../../../src/allocator/core/index.js';
import { isStartupCall } from '../../../src/allocator/core/startup.js';
import { loadProfile } from '../../../src/platform/index.js';
import {
  answersOf,
  processOf,
  recordsOf,
  storedOf,
  World,
  type WorldOptions,
} from '../../support/allocator/world.js';

/** A Space whose app has started and has not called `launch()` yet. */
function starting(options: WorldOptions = {}): World {
  const world = new World(options);
  const owner = { name: 'ada', kind: 'pro' } as const;
  world.send({ type: 'register-space', requestId: 's', space: 'a', name: 'a', owner, root: null });
  world.send({ type: 'space-started', space: 'a', root: processOf(50) });
  return world;
}

function launch(world: World, defaultSize: 'large' | 'xlarge' = 'large'): readonly string[] {
  const report = { requestId: 'report', space: 'a', defaultSize } as const;
  return answersOf(world.send({ type: 'startup-reported', ...report }));
}

describe('a call before the startup report', () => {
  it('is granted what no visitor may have, and charged to no account', () => {
    const world = starting();
    expect(answersOf(world.schedule({ user: 'anon', duration: 1500 }))).toEqual([
      'grant r1 slice 0',
    ]);
    world.allow(1);
    world.pass(700);
    const [ended] = recordsOf(world.release(1));
    expect(ended).toMatchObject({
      event: 'ended',
      visitor: { key: 'start-up', hasToken: false },
      usedSeconds: 700,
      chargedSeconds: 0,
    });
    expect(world.state.accounts.size).toBe(0);
  });

  it('is refused above 1500 s: waiting does not help', () => {
    const effects = starting().schedule({ user: 'anon', duration: 1501 });
    expect(effects).toContainEqual(
      expect.objectContaining({
        type: 'refuse',
        refusal: expect.objectContaining({
          kind: 'illegal-duration',
          waitSeconds: -1,
          longestSeconds: 1500,
        }),
      }),
    );
  });

  it('may declare as much where the package multiplies what is declared', () => {
    const world = starting({ profile: loadProfile('rtx-pro-6000') });
    expect(answersOf(world.schedule({ user: 'anon', duration: 2250 }))).toEqual([
      'grant r1 slice 0',
    ]);
    expect(answersOf(world.schedule({ user: 'anon', duration: 2251 }))).toEqual([
      'refuse r2 illegal-duration',
    ]);
    expect(answersOf(world.schedule({ user: 'anon', duration: 1501, size: 'xlarge' }))).toEqual([
      'refuse r3 illegal-duration',
    ]);
  });

  it('is not cut by the operator’s limit for visitors’ calls', () => {
    const world = starting({ longestCallSeconds: 30 });
    expect(answersOf(world.schedule({ user: 'anon', duration: 1500 }))).toEqual([
      'grant r1 slice 0',
    ]);
  });

  it('of a visitor with a token is that visitor’s', () => {
    const world = starting();
    expect(answersOf(world.schedule({ user: 'free', duration: 1500 }))).toEqual([
      'refuse r1 illegal-duration',
    ]);
  });

  it('leaves the queue without a trace in any account', () => {
    const world = starting();
    world.schedule({ user: 'anon', duration: 1500 });
    world.allow(1);
    world.schedule({ user: 'anon', duration: 1500, task: '2' });
    expect(world.state.queue.filter(isStartupCall)).toHaveLength(1);
    world.abandon(2);
    world.died(101);
    expect(world.state.accounts.size).toBe(0);
    expect(world.state.leases.size).toBe(0);
  });

  it('keeps no account after the allocator was killed under it', () => {
    const world = starting();
    world.schedule({ user: 'anon', duration: 1500 });
    world.allow(1);
    world.restart([50]);
    expect(world.state.leases.size).toBe(0);
    expect(world.state.accounts.size).toBe(0);
  });
});

describe('a call without a token after the startup report', () => {
  it('is an anonymous visitor’s', () => {
    const world = starting();
    expect(launch(world)).toEqual(['status 200']);
    expect(answersOf(world.schedule({ user: 'anon', duration: 121 }))).toEqual([
      'refuse r1 illegal-duration',
    ]);
  });

  it('is so for a Space that came back after the allocator was started again', () => {
    const world = starting();
    launch(world);
    world.restart([50]);
    expect(answersOf(world.schedule({ user: 'anon', duration: 121 }))).toContain(
      'refuse r1 illegal-duration',
    );
  });

  it('is so for a Space that another allocator has seen start', () => {
    const world = new World();
    const owner = { name: 'ada', kind: 'pro' } as const;
    const root = processOf(50);
    world.send({ type: 'register-space', requestId: 's', space: 'a', name: 'a', owner, root });
    expect(answersOf(world.schedule({ user: 'anon', duration: 121 }))).toEqual([
      'refuse r1 illegal-duration',
    ]);
  });

  it('is so for a Space of a ledger that knows of no start-up', () => {
    const stored = storedOf(starting().state);
    const spaces = stored.spaces.map(({ startup: _, ...space }) => space);
    expect(decodeState({ ...stored, spaces }).spaces.get('a')?.startup.over).toBe(true);
  });

  it('is the start-up’s again when the app is started again', () => {
    const world = starting();
    launch(world);
    world.send({ type: 'space-gone', space: 'a' });
    const owner = { name: 'ada', kind: 'pro' } as const;
    world.send({
      type: 'register-space',
      requestId: 's',
      space: 'a',
      name: 'a',
      owner,
      root: null,
    });
    expect(answersOf(world.schedule({ user: 'anon', duration: 1500 }))).toEqual([
      'grant r1 slice 0',
    ]);
  });
});

describe('the size of a call that names none', () => {
  it('is the one that the Space’s package has made its default', () => {
    const world = starting({ profile: loadProfile('rtx-pro-6000') });
    launch(world, 'xlarge');
    const [granted] = recordsOf(world.schedule({ user: 'pro', size: null }));
    expect(granted).toMatchObject({ event: 'granted', size: 'xlarge' });
    expect([...world.state.leases.values()][0]?.slices).toHaveLength(2);
    expect(world.state.accounts.get('pro:')?.reservedMs).toBe(120_000);
  });

  it('is large before that, and where the platform has no other', () => {
    const world = starting();
    const [before] = recordsOf(world.schedule({ user: 'pro', size: null }));
    expect(before).toMatchObject({ size: 'large' });
    launch(world, 'xlarge');
    const [after] = recordsOf(world.schedule({ user: 'pro', size: null, task: '2' }));
    expect(after?.size ?? 'large').toBe('large');
  });
});
