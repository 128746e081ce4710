import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance } from '../../src/shared/did-you-mean.js';

const KNOWN = ['h200', 'rtx-pro-6000', 'anonymous'];

describe('didYouMean', () => {
  it.each([
    ['h2000', 'h200'],
    ['H20O', 'h200'],
    ['rtx', 'rtx-pro-6000'],
    ['anonymus', 'anonymous'],
    ['', undefined],
    ['docker', undefined],
  ])('%s -> %s', (typed, meant) => {
    expect(didYouMean(typed, KNOWN)).toBe(meant);
  });
});

describe('editDistance', () => {
  it('counts letters to insert, drop or replace', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('is a distance', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});
