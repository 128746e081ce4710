import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap } from '../../src/simulate/heap.js';
import { intervalOf, isPrecise, mser5, t975 } from '../../src/simulate/statistics.js';

describe('the 95 % interval', () => {
  it('uses Student’s t', () => {
    const { mean, halfWidth } = intervalOf([9, 10, 11]);
    expect(mean).toBe(10);
    expect(halfWidth).toBeCloseTo((4.303 * 1) / Math.sqrt(3), 6);
    expect(intervalOf([3]).halfWidth).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    [1, 12.706],
    [30, 2.042],
    [60, 2.0003],
    [1000, 1.9623],
  ])('has t of %i degrees', (degrees, t) => {
    expect(t975(degrees)).toBeCloseTo(t, 3);
  });

  it('covers the true mean in about 95 of 100 cases', () => {
    // A fixed linear congruential series: the same cases in each run.
    let seed = 1;
    const next = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    let covered = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const { mean, halfWidth } = intervalOf(Array.from({ length: 8 }, next));
      if (Math.abs(mean - 0.5) <= halfWidth) covered += 1;
    }
    expect(covered / 2_000).toBeGreaterThan(0.93);
    expect(covered / 2_000).toBeLessThan(0.97);
  });

  it('is precise relative to its mean', () => {
    const interval = { mean: -100, halfWidth: 5, replications: 4 };
    expect(isPrecise(interval, 0.05)).toBe(true);
    expect(isPrecise(interval, 0.04)).toBe(false);
    expect(isPrecise({ mean: 0, halfWidth: 0, replications: 3 }, 0.01)).toBe(true);
  });
});

describe('MSER-5', () => {
  it('leaves out a start-up phase, and nothing of a series without one', () => {
    const ramp = Array.from({ length: 100 }, (_, index) => index / 10);
    const steady = Array.from({ length: 900 }, (_, index) => 10 + (index % 2));
    const cut = mser5([...ramp, ...steady]);
    expect(cut).toBeGreaterThanOrEqual(90);
    expect(cut).toBeLessThanOrEqual(110);
    expect(mser5(steady)).toBeLessThanOrEqual(5);
    expect(mser5([1, 2, 3])).toBe(0);
  });
});

describe('the event heap', () => {
  it('gives events back by time, and those of one time in the order of their coming', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (times) => {
        const heap = createHeap();
        for (const [id, time] of times.entries()) heap.push(time, id % 3, id);
        const popped: [number, number][] = [];
        while (heap.pop()) {
          expect(heap.kind).toBe(heap.id % 3);
          popped.push([heap.timeMs, heap.id]);
        }
        const expected = times.map((time, id) => [time, id] as [number, number]);
        expect(popped).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      }),
    );
  });
});
