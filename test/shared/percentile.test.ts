import { expect, it } from 'vitest';
import { percentile } from '../../src/shared/percentile.js';

it('is the nearest rank', () => {
  const sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect([0, 0.5, 0.95, 1].map((share) => percentile(sorted, share))).toEqual([1, 5, 10, 10]);
  expect(percentile(new Float64Array([3, 4]), 0.5)).toBe(3);
  expect(percentile([], 0.5)).toBeNull();
});
