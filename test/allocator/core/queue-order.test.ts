import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Balance } from '../../../src/allocator/core/balance.js';
import {
  compareRank,
  quotaClassOf,
  type Rank,
  whyAhead,
} from '../../../src/allocator/core/queue-order.js';

const rank = (change: Partial<Rank>): Rank => ({
  call: 1,
  tierRank: 1,
  agedTiers: 0,
  quotaClass: 4,
  askedSeconds: 60,
  ...change,
});

describe('the queue order', () => {
  const ahead: readonly [string, Partial<Rank>, Partial<Rank>, ReturnType<typeof whyAhead>][] = [
    ['the better tier', { tierRank: 0, quotaClass: 0, askedSeconds: 300, call: 9 }, {}, 'tier'],
    ['whoever has waited for a tier', { tierRank: 2, agedTiers: 2 }, {}, 'waited-longer'],
    ['more quota left', { quotaClass: 4, askedSeconds: 300, call: 9 }, { quotaClass: 3 }, 'quota'],
    ['the shorter call', { askedSeconds: 10, call: 9 }, {}, 'duration'],
    ['the earlier call', { call: 1 }, { call: 2 }, 'arrival'],
    ['a lift over the best tier', { tierRank: 2, agedTiers: 3 }, { tierRank: 0 }, 'waited-longer'],
  ];

  it.each(ahead)('serves %s first', (_, first, second, because) => {
    expect(compareRank(rank(first), rank(second))).toBeLessThan(0);
    expect(compareRank(rank(second), rank(first))).toBeGreaterThan(0);
    expect(whyAhead(rank(first), rank(second))).toBe(because);
  });

  it('is a total order', () => {
    const any = fc.record({
      call: fc.nat(5),
      tierRank: fc.nat(2),
      agedTiers: fc.nat(4),
      quotaClass: fc.nat(4),
      askedSeconds: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(Math.sign(compareRank(a, b)) + Math.sign(compareRank(b, a))).toBe(0);
        if (compareRank(a, b) <= 0 && compareRank(b, c) <= 0) {
          expect(compareRank(a, c)).toBeLessThanOrEqual(0);
        }
        if (a.call !== b.call) expect(compareRank(a, b)).not.toBe(0);
      }),
    );
  });
});

describe('quotaClassOf', () => {
  it.each([
    [210, 4],
    [209, 4],
    [157, 3],
    [53, 2],
    [1, 1],
    [0, 0],
  ])('%d s of 210 s left are class %d of 4', (leftSeconds, expected) => {
    const balance = { leftMs: leftSeconds * 1000, limitMs: 210_000 } as Balance;
    expect(quotaClassOf(balance, 4)).toBe(expected);
  });
});
