import { describe, expect, it } from 'vitest';
import { createStream, uniformAt } from '../../src/simulate/random.js';

const asUniform = (left: number, right: number) =>
  ((left >>> 5) * 2 ** 26 + (right >>> 6) + 0.5) / 2 ** 53;

describe('Philox2x32-10', () => {
  // Known answers of the reference implementation (Random123, kat_vectors).
  it.each([
    [0x00000000, 0x00000000, 0x00000000, 0xff1dae59, 0x6cd10df2],
    [0xffffffff, 0xffffffff, 0xffffffff, 0x2c3f628b, 0xab4fd7ad],
    [0x13198a2e, 0x243f6a88, 0x85a308d3, 0xdd7ce038, 0xf62a4c12],
  ])('with key %i answers as the reference does', (key, index, draw, left, right) => {
    expect(uniformAt(key, index, draw)).toBe(asUniform(left, right));
  });

  it('depends on position alone', () => {
    const one = createStream(1, 0, 'visit');
    const forwards = [0, 1, 2].map((index) => one.at(index, 0));
    const again = createStream(1, 0, 'visit');
    const backwards = [2, 1, 0].map((index) => again.at(index, 0)).reverse();
    expect(backwards).toEqual(forwards);
    expect(createStream(2, 0, 'visit').at(0, 0)).not.toBe(forwards[0]);
    expect(createStream(1, 1, 'visit').at(0, 0)).not.toBe(forwards[0]);
    expect(createStream(1, 0, 'arrival').at(0, 0)).not.toBe(forwards[0]);
  });

  it('is uniform: mean, variance and neighbours', () => {
    const stream = createStream(7, 0, 'test');
    const numbers = Array.from({ length: 20_000 }, (_, index) => stream.at(index, 3));
    const mean = numbers.reduce((sum, u) => sum + u, 0) / numbers.length;
    const variance = numbers.reduce((sum, u) => sum + (u - mean) ** 2, 0) / numbers.length;
    const covariance =
      numbers.slice(1).reduce((sum, u, i) => sum + (u - mean) * ((numbers[i] ?? 0) - mean), 0) /
      numbers.length;
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
    expect(covariance).toBeCloseTo(0, 2);
  });
});
