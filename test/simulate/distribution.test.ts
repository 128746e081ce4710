import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSampler,
  type Distribution,
  distributionSchema,
  meanOf,
  normalQuantile,
  scaled,
} from '../../src/simulate/distribution.js';

const KINDS: readonly Distribution[] = [
  7,
  { exponential: 7 },
  { lognormal: { p50: 6, p95: 13 } },
  { lognormal: { mean: 7, cv: 0.5 } },
  { uniform: [2, 12] },
  { geometric: 4 },
  { empirical: [1, 5, 5, 9] },
];

describe('distributions', () => {
  it.each(KINDS)('%j has the mean that it says', (distribution) => {
    const sample = createSampler(distribution);
    const steps = 40_000;
    const values = Array.from({ length: steps }, (_, index) => sample((index + 0.5) / steps));
    const mean = values.reduce((sum, value) => sum + value, 0) / steps;
    expect(mean / meanOf(distribution)).toBeCloseTo(1, 2);
  });

  it('grow with the random number', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }),
        fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }),
        (distribution, a, b) => {
          const sample = createSampler(distribution);
          expect(sample(Math.min(a, b))).toBeLessThanOrEqual(sample(Math.max(a, b)));
        },
      ),
    );
  });

  it.each(KINDS.filter((kind) => typeof kind === 'number' || !('geometric' in kind)))(
    '%j scales',
    (distribution) => {
      const [sample, longer] = [distribution, scaled(distribution, 3)].map(createSampler);
      for (const u of [0.01, 0.5, 0.99]) {
        expect(longer?.(u)).toBeCloseTo(3 * (sample?.(u) ?? 0), 9);
      }
    },
  );

  it('reads lengths of time as people write them', () => {
    expect(distributionSchema.parse('1m30s')).toBe(90);
    expect(distributionSchema.parse({ exponential: '2s' })).toEqual({ exponential: 2 });
  });

  it.each([
    -1,
    'soon',
    { exponential: 0 },
    { lognormal: { p50: 9, p95: 3 } },
    { uniform: [5, 1] },
    { empirical: [] },
    { exponential: 1, uniform: [1, 2] },
  ])('refuses %j', (value) => {
    expect(distributionSchema.safeParse(value).success).toBe(false);
  });
});

describe('the normal quantile', () => {
  it.each([
    [0.5, 0],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167813],
    [1e-12, -7.034483825301131],
  ])('of %d is %d', (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 9);
  });
});
