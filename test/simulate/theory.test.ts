/**
 * The simulator against closed forms of queueing theory. Short here, so that a run takes seconds;
 * bench/simulate/theory.mjs runs two million calls and demands 2 %.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Distribution } from '../../src/simulate/distribution.js';
import { measure } from '../../src/simulate/measure.js';
import { planSimulation } from '../../src/simulate/plan.js';
import { workloadSchema } from '../../src/simulate/workload.js';
import { erlangC, priorityWaits, priorityWaitsMG1, waitMDc } from '../support/simulate/queueing.js';

const CALLS = Number(process.env['ZEROGPU_THEORY_CALLS'] ?? 20_000);
const TOLERANCE = Number(process.env['ZEROGPU_THEORY_TOLERANCE'] ?? 0.2);
const MEAN_SECONDS = 10;
/** The long form takes minutes for each case. */
vi.setConfig({ testTimeout: Math.max(60_000, CALLS) });

/** Mean waits of the classes PRO and free, half of the calls each, without quotas or ageing. */
function simulated(servers: number, rho: number, real: Distribution, seed: number) {
  const perSecond = (servers * rho) / MEAN_SECONDS;
  const perDay = (perSecond * 86_400) / 2;
  const plenty = 1e12;
  const tier = { per_day: perDay, people: 1 };
  const plan = planSimulation(
    workloadSchema.parse({
      gpus: servers,
      slices: 1,
      hours: CALLS / perSecond / 3600,
      pattern: 'flat',
      visitors: { pro: tier, free: tier },
      spaces: { a: { functions: { f: { declared: 1e6, real } } } },
      policy: {
        ...{ ageing: plenty, queue_timeout: plenty, quota_classes: 1 },
        quota: { pro: plenty, free: plenty },
      },
    }),
  );
  const { tiers, all } = measure(plan, seed, 0);
  expect(all.granted).toBeGreaterThan(CALLS * 0.9);
  return [tiers['pro']?.waits.mean ?? 0, tiers['free']?.waits.mean ?? 0];
}

const close = (value: number | undefined, expected: number | undefined) =>
  expect(Math.abs((value ?? 0) / (expected ?? 1) - 1)).toBeLessThan(TOLERANCE);

describe('queueing theory', () => {
  it.each([
    [8, 0.7],
    [8, 0.8],
    [2, 0.8],
  ])('M/M/%i with two classes at load %d', (servers, rho) => {
    const rate = (servers * rho) / MEAN_SECONDS / 2;
    const expected = priorityWaits(servers, [rate, rate], MEAN_SECONDS);
    const waits = simulated(servers, rho, { exponential: MEAN_SECONDS }, 3);
    close(waits[0], expected[0]);
    close(waits[1], expected[1]);
  });

  it.each([0, 0.5, 1])('M/G/1 with two classes, coefficient of variation %d', (cv) => {
    const rate = 0.7 / MEAN_SECONDS / 2;
    const expected = priorityWaitsMG1([rate, rate], MEAN_SECONDS, cv);
    const real = cv === 0 ? MEAN_SECONDS : { lognormal: { mean: MEAN_SECONDS, cv } };
    const waits = simulated(1, 0.7, real, 5);
    close(waits[0], expected[0]);
    close(waits[1], expected[1]);
  });

  it('M/D/4, where the classes’ mean is that of one queue', () => {
    const waits = simulated(4, 0.8, MEAN_SECONDS, 9);
    close((waits[0] ?? 0) / 2 + (waits[1] ?? 0) / 2, waitMDc(4, 0.8) * MEAN_SECONDS);
  });

  it('has closed forms that agree with known values', () => {
    // Erlang C of 8 servers at 7.2 Erlang, and M/D/1 by Pollaczek-Khinchine.
    expect(erlangC(8, 7.2)).toBeCloseTo(0.7016, 3);
    expect(waitMDc(1, 0.8)).toBeCloseTo(0.8 / (2 * 0.2), 6);
    expect(priorityWaits(8, [0.36, 0.36], 10)[0]).toBeCloseTo(1.595, 2);
  });
});
