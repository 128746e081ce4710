import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/allocator/core/types.js';
import { measure } from '../../src/simulate/measure.js';
import { planSimulation } from '../../src/simulate/plan.js';
import { type Workload, workloadSchema } from '../../src/simulate/workload.js';
import { type Observer, SimulatedWorld } from '../../src/simulate/world.js';

/** A small day with everything in it: three tiers, two Spaces, warm and cold, impatience. */
function busyDay(changes: object = {}): Workload {
  return workloadSchema.parse({
    gpus: 1,
    hours: 3,
    pattern: 'flat',
    visitors: {
      anonymous: { per_day: 900, calls: { geometric: 3 }, patience: { exponential: 25 } },
      free: { per_day: 900, people: 60, calls: { geometric: 3 } },
      pro: { per_day: 300, calls: { geometric: 5 } },
    },
    spaces: {
      image: {
        share: 3,
        functions: {
          generate: { declared: 30, real: { lognormal: { p50: 12, p95: 35 } }, cold: 4 },
          upscale: { real: { uniform: [1, 9] }, share: 0.5 },
        },
      },
      chat: { functions: { reply: { declared: 20, real: { exponential: 6 } } } },
    },
    ...changes,
  });
}

describe('a simulated world', () => {
  it('is the same from the same seed, and another from another', () => {
    const plan = planSimulation(busyDay());
    const once = measure(plan, 11, 0);
    expect(measure(plan, 11, 0)).toEqual(once);
    expect(measure(plan, 12, 0)).not.toEqual(once);
    expect(measure(plan, 11, 1)).not.toEqual(once);
  });

  it('asks the same calls whatever the GPUs: common random numbers', () => {
    const first = (gpus: number) => {
      const asked: string[] = [];
      const observer: Observer = {
        asked: ({ tierIndex, functionIndex, turn }, atMs) => {
          if (turn === 0) asked.push(`${tierIndex}/${functionIndex}@${atMs}`);
        },
        recorded: () => {},
      };
      new SimulatedWorld(planSimulation(busyDay({ gpus })), 1, 0, observer).runUntil(1e12);
      return asked;
    };
    expect(first(4)).toEqual(first(1));
  });

  it('ends every call once, never holds more slices than there are, and kills at the deadline', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 1, max: 4 }), (seed, gpus) => {
        const plan = planSimulation(busyDay({ gpus, hours: 1 }));
        const ends = new Map<number, string>();
        let held = 0;
        let asked = 0;
        const observer: Observer = {
          asked: () => {
            asked += 1;
          },
          recorded: (record: CallRecord, { id }) => {
            if (record.event === 'granted') held += 1;
            if (record.event === 'ended') {
              held -= 1;
              // The declared duration, the grace of 0.1 s, and the death of the worker.
              expect(record.usedSeconds).toBeLessThan(record.askedSeconds + 0.2);
            }
            expect(held).toBeLessThanOrEqual(gpus * plan.slicesPerGpu);
            if (['ended', 'refused', 'timed-out', 'abandoned'].includes(record.event)) {
              expect(ends.has(id)).toBe(false);
              ends.set(id, record.event);
            }
          },
        };
        new SimulatedWorld(plan, seed, 0, observer).runUntil(1e12);
        expect(asked).toBeGreaterThan(30);
        expect(ends.size).toBeGreaterThan(asked * 0.8);
      }),
      { numRuns: 12 },
    );
  });

  it('shows what it should of a day', () => {
    const { all, tiers, spaces, utilisation, hours, ...sums } = measure(
      planSimulation(busyDay()),
      5,
      0,
    );
    const total = Object.values(tiers).reduce((sum, { calls }) => sum + calls, 0);
    expect(total).toBe(all.calls);
    expect(Object.keys(spaces)).toEqual(['image', 'chat']);
    expect(utilisation).toBeGreaterThan(0.1);
    expect(utilisation).toBeLessThanOrEqual(1);
    expect(hours).toHaveLength(3);
    expect(all.warm).toBeGreaterThan(0);
    expect(all.killed).toBeGreaterThan(0);
    expect(all.refused['quota-exceeded']).toBeGreaterThan(0);
    expect(tiers['anonymous']?.left).toBeGreaterThan(0);
    expect(sums.usedSeconds).toBeLessThan(sums.declaredSeconds);
    // Charged: rounded up to the millisecond, and never more than a killed call asked for.
    expect(sums.chargedSeconds / sums.usedSeconds).toBeCloseTo(1, 3);
    expect(sums.gpuHours).toBe(3);
  });

  it('shares quotas between hosts, and queues on each', () => {
    const alone = { free: { per_day: 400, people: 1, calls: 1 } };
    const spaces = {
      a: { functions: { f: { declared: 60, real: 50 } } },
      b: { functions: { f: { declared: 60, real: 50 } } },
    };
    const plan = planSimulation(
      workloadSchema.parse({ hosts: 2, visitors: alone, spaces, hours: 12, pattern: 'flat' }),
    );
    const { all, chargedSeconds } = measure(plan, 1, 0);
    // One person has 210 s a day on h200, on however many hosts.
    expect(chargedSeconds).toBeLessThanOrEqual(210);
    expect(all.refused['quota-exceeded']).toBeGreaterThan(100);
  });

  it('uses the factor that the package applies on the newer platform', () => {
    const day = busyDay({ visitors: { anonymous: { per_day: 100 } } });
    const refused = measure(
      planSimulation(
        {
          ...day,
          spaces: { a: { share: 1, functions: { f: fn(90) } } },
        },
        'rtx-pro-6000',
      ),
      1,
      0,
    ).all.refused;
    // 90 s declared are 135 s asked, and an anonymous visitor has 120.
    expect(Object.values(refused).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });
});

const fn = (declared: number) => ({
  declared,
  real: 5,
  cold: 0,
  size: 'large' as const,
  share: 1,
});
