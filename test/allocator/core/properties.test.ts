/** The laws of the allocator, tried on random lives. `World` checks the invariants at each step. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeState, encodeState, quotaOf, step } from '../../../src/allocator/core/index.js';
import { loadProfile } from '../../../src/platform/index.js';
import type { PlatformProfile } from '../../../src/platform/schema.js';
import {
  type Act,
  anyAct,
  anyLife,
  anyRestartedLife,
  anyWorld,
  Chaos,
} from '../../support/allocator/chaos.js';
import { storedOf, visitor, type WorldOptions } from '../../support/allocator/world.js';

const RUNS = { numRuns: Number(process.env['ZEROGPU_PROPERTY_RUNS'] ?? 100) };
const platforms = fc.constantFrom('h200', 'rtx-pro-6000').map(loadProfile);
const USERS = ['anon:1', 'anon:2', 'free:1', 'free:2', 'pro:1', 'pro:2'];

function live(
  options: WorldOptions,
  acts: readonly Act[],
  each?: (chaos: Chaos, act: Act) => void,
): Chaos {
  const chaos = new Chaos(options);
  for (const act of acts) {
    chaos.play(act);
    each?.(chaos, act);
  }
  return chaos;
}

/** Draws that failed once, each for a mistake in the books of the test. */
const FAILED_ONCE: [WorldOptions, PlatformProfile, Act[]][] = [
  [
    { gpus: 1, concurrencyPerSpace: null },
    loadProfile('h200'),
    [
      // No call waits for it: the core has no event yet, and knows of no time before the jump.
      { do: 'allow', pick: 0, stray: false },
      { do: 'jump', seconds: -100_000 },
      { do: 'schedule', space: 'a', task: '1', user: 'anon:1', duration: 5, xlarge: false },
      { do: 'allow', pick: 0, stray: false },
      { do: 'jump', seconds: 86_399 },
      { do: 'pass', seconds: 5 },
      { do: 'release', pick: 0, stray: false, fail: false, gpuUsed: false },
    ],
  ],
  [
    { gpus: 1, concurrencyPerSpace: null },
    loadProfile('rtx-pro-6000'),
    [
      { do: 'schedule', space: 'a', task: '1', user: 'anon:1', duration: 5, xlarge: false },
      { do: 'schedule', space: 'a', task: '1', user: 'anon:1', duration: 5, xlarge: false },
      { do: 'allow', pick: 0, stray: false },
      { do: 'release', pick: 0, stray: false, fail: false, gpuUsed: false },
      { do: 'schedule', space: 'a', task: '1', user: 'pro:2', duration: 5, xlarge: false },
      // The grant of a warm worker, undelivered: the window that it had opened was never opened.
      { do: 'abandon', pick: 230 },
      { do: 'jump', seconds: 86_399 },
      { do: 'schedule', space: 'a', task: '1', user: 'pro:2', duration: 5, xlarge: false },
      { do: 'pass', seconds: 1.4 },
      { do: 'release', pick: 0, stray: false, fail: false, gpuUsed: false },
    ],
  ],
];

describe('whatever happens', () => {
  it('no slice has two holders, no call two grants, and every charge is the time held', () => {
    fc.assert(
      fc.property(anyWorld, platforms, anyLife, (options, profile, acts) => {
        const { books } = live({ ...options, profile }, acts);
        expect(books.complaints).toEqual([]);
      }),
      RUNS,
    );
  });

  it('no second is lost or charged twice: accounts agree with the sum of their charges', () => {
    fc.assert(
      fc.property(anyWorld, platforms, anyLife, (options, profile, acts) => {
        live({ ...options, profile }, acts, (chaos) => {
          // Time that passed unseen: a look ahead would be compared with the books of before.
          if (!chaos.knowsTheTime()) return;
          const { world, books } = chaos;
          for (const user of USERS) {
            const { usedSeconds } = quotaOf(world.state, visitor(user), world.now);
            expect(Math.round(usedSeconds * 1000)).toBe(books.usedMs(visitor(user).key));
          }
        });
      }),
      { ...RUNS, examples: FAILED_ONCE },
    );
  });

  it('no acceptance brings used and reserved seconds above the quota', () => {
    fc.assert(
      fc.property(anyWorld, platforms, anyLife, (options, profile, acts) => {
        const chaos = new Chaos({ ...options, profile });
        for (const act of acts) {
          const before = chaos.world.effects.length;
          chaos.play(act);
          if (act.do !== 'schedule') continue;
          const news = chaos.world.effects.slice(before);
          if (news.some((effect) => effect.type === 'refuse')) continue;
          const { state, now } = chaos.world;
          const quota = quotaOf(state, visitor(act.user), now);
          expect(quota.usedSeconds + quota.reservedSeconds).toBeLessThanOrEqual(quota.limitSeconds);
        }
      }),
      RUNS,
    );
  });

  it('everybody who was accepted ends once, and nothing is left behind', () => {
    fc.assert(
      fc.property(anyWorld, platforms, anyLife, (options, profile, acts) => {
        const chaos = live({ ...options, profile }, acts);
        chaos.drain();
        chaos.books.close();
        expect(chaos.isQuiet()).toBe(true);
        expect(chaos.books.complaints).toEqual([]);
        for (const account of chaos.world.state.accounts.values()) {
          expect(account).toMatchObject({ reservedMs: 0, begunMs: 0, pendingRuns: 0 });
        }
        expect(chaos.world.nextTickMs).toBeNull();
      }),
      RUNS,
    );
  });

  it('a quota that is set from outside, whenever, breaks no law and holds nothing', () => {
    const use = fc.record({
      do: fc.constant('use' as const),
      visitor: fc.constantFrom('free:1', 'pro:1'),
      usedSeconds: fc.constantFrom(0, 0.5, 200, 5_000),
      runs: fc.nat(30),
      resetsInSeconds: fc.constantFrom(null, 0, 1, 86_399, 86_400, 500_000),
    });
    const lives = fc.array(
      fc.oneof({ weight: 5, arbitrary: anyAct }, { weight: 1, arbitrary: use }),
    );
    fc.assert(
      fc.property(anyWorld, platforms, lives, (options, profile, acts) => {
        const chaos = new Chaos({ ...options, profile });
        for (const act of acts) {
          if (act.do !== 'use') chaos.play(act);
          else {
            const { do: _, ...body } = act;
            const tier = body.visitor.startsWith('pro') ? 'pro' : 'free';
            chaos.world.send({ type: 'set-use', tier, ...body });
          }
        }
        chaos.drain();
        for (const account of chaos.world.state.accounts.values()) {
          expect(account).toMatchObject({ reservedMs: 0, begunMs: 0, pendingRuns: 0 });
        }
      }),
      RUNS,
    );
  });

  it('no request waits beyond the time-out when ticks come as asked', () => {
    const timely = anyLife.map((acts) => acts.filter((act) => act.do !== 'wait'));
    fc.assert(
      fc.property(anyWorld, platforms, timely, (options, profile, acts) => {
        live({ ...options, profile }, acts, ({ world }) => {
          for (const waiter of world.state.queue) {
            const waitedMs = world.monotonicMs - waiter.arrivedAt.monotonicMs;
            expect(waitedMs).toBeLessThan(profile.queue.timeoutSeconds * 1000);
          }
        });
      }),
      RUNS,
    );
  });

  it('a snapshot and the events after it give the same state', () => {
    fc.assert(
      fc.property(anyWorld, platforms, anyLife, fc.nat(), (options, profile, acts, at) => {
        const chaos = new Chaos({ ...options, profile });
        const cut = at % (acts.length + 1);
        for (const act of acts.slice(0, cut)) chaos.play(act);
        const replayed = decodeState(storedOf(chaos.world.state));
        const from = chaos.world.events.length;
        for (const act of acts.slice(cut)) chaos.play(act);
        for (const event of chaos.world.events.slice(from)) {
          step(replayed, JSON.parse(JSON.stringify(event)));
        }
        expect(encodeState(replayed)).toEqual(encodeState(chaos.world.state));
      }),
      RUNS,
    );
  });

  it('a restart at any moment loses no charge, doubles none, and leaves no worker alive without its slice', () => {
    fc.assert(
      fc.property(anyWorld, platforms, anyRestartedLife, (options, profile, acts) => {
        const chaos = live({ ...options, profile }, acts);
        for (const user of USERS) {
          const { usedSeconds } = quotaOf(chaos.world.state, visitor(user), chaos.world.now);
          const timeHasPassedUnseen = acts.some((act) => act.do === 'jump' || act.do === 'wait');
          if (timeHasPassedUnseen) continue;
          expect(Math.round(usedSeconds * 1000)).toBe(chaos.books.usedMs(visitor(user).key));
        }
        chaos.drain();
        chaos.books.close();
        expect(chaos.isQuiet()).toBe(true);
        expect(chaos.books.complaints).toEqual([]);
      }),
      RUNS,
    );
  });

  it('the same events have the same effects', () => {
    fc.assert(
      fc.property(anyWorld, platforms, anyLife, (options, profile, acts) => {
        const one = live({ ...options, profile }, acts);
        const other = live({ ...options, profile }, acts);
        expect(other.world.effects).toEqual(one.world.effects);
        expect(other.world.state).toEqual(one.world.state);
      }),
      { numRuns: 50 },
    );
  });
});
