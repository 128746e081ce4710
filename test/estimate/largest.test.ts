import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learned, nextValue, type Search, searchFrom } from '../../src/estimate/largest.js';

/** Runs a search against a limit. */
function find(search: Search, limit: number) {
  const tried: number[] = [];
  let state = search;
  for (let value = nextValue(state); value !== null; value = nextValue(state)) {
    tried.push(value);
    state = learned(state, value, value <= limit);
    if (tried.length > 100) throw new Error(`no end: ${tried.join(' ')}`);
  }
  return { found: state.fits, fails: state.fails, tried };
}

const slider = { bounds: { minimum: 256, maximum: 2048, step: 64 } };

describe('the largest value that fits', () => {
  it('is found in few calls', () => {
    const { found, tried } = find(searchFrom(1024, slider), 1500);
    expect(found).toBe(1472);
    expect(tried).toEqual([1024, 2048, 1536, 1280, 1408, 1472]);
  });

  it('is the maximum of the slider when that fits, and none when the minimum does not', () => {
    expect(find(searchFrom(1024, slider), 1e9)).toMatchObject({ found: 2048, fails: null });
    expect(find(searchFrom(1024, slider), 100)).toMatchObject({ found: null, fails: 256 });
  });

  it('ends without a limit after six doublings where the page sets no maximum', () => {
    expect(find(searchFrom(50, {}), 1e9)).toMatchObject({ found: 3200, fails: null });
  });

  it('takes its step from the page, else from the value that it begins at', () => {
    expect(searchFrom(1024, {}).step).toBe(64);
    expect(searchFrom(50, {}).step).toBe(2);
    expect(searchFrom(77, {}).step).toBe(1);
    expect(searchFrom(0.5, {}).step).toBe(1);
  });

  it('is right for every limit, slider and beginning', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 200 }),
        fc.nat(),
        fc.integer({ min: 0, max: 40_000 }),
        (minimum, step, steps, at, limit) => {
          const bounds = { minimum, maximum: minimum + step * steps, step };
          const start = minimum + (at % (steps + 1)) * step;
          const { found, fails, tried } = find(searchFrom(start, { bounds }), limit);
          const values = Array.from({ length: steps + 1 }, (_, index) => minimum + index * step);
          expect(found).toBe(values.findLast((value) => value <= limit) ?? null);
          expect(fails).toBe(values.find((value) => value > limit) ?? null);
          expect(tried.every((value) => values.includes(value))).toBe(true);
          expect(tried.length).toBeLessThanOrEqual(2 + 2 * Math.ceil(Math.log2(steps + 2)));
        },
      ),
    );
  });
});
