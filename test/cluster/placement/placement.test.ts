import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addLoads, type Load, NO_LOAD } from '../../../src/cluster/placement/load.js';
import {
  type PlacementNode,
  placeSpaces,
  rankNodes,
} from '../../../src/cluster/placement/place.js';
import { meanWaitSeconds, waitingShare } from '../../../src/cluster/placement/wait.js';

const TIMEOUT = 60;

/** So many calls a second of exponential length. */
const exponential = (callsPerSecond: number, mean: number): Load => ({
  callsPerSecond,
  busySlices: callsPerSecond * mean,
  squaredSeconds: callsPerSecond * 2 * mean * mean,
});

const node = (name: string, changes: Partial<PlacementNode> = {}): PlacementNode => ({
  ...{ name, slices: 2, load: NO_LOAD, spaces: 0, isDraining: false },
  ...changes,
});

const aLoad = fc
  .record({
    callsPerSecond: fc.double({ min: 0, max: 4, noNaN: true }),
    mean: fc.double({ min: 0.01, max: 60, noNaN: true }),
    variation: fc.double({ min: 0, max: 3, noNaN: true }),
  })
  .map(({ callsPerSecond, mean, variation }) => ({
    callsPerSecond,
    busySlices: callsPerSecond * mean,
    squaredSeconds: callsPerSecond * mean * mean * (1 + variation),
  }));

const someNodes = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 4 }),
    slices: fc.integer({ min: 0, max: 16 }),
    load: aLoad,
    spaces: fc.nat(5),
    isDraining: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 8 },
);

describe('the mean wait', () => {
  it('is that of M/M/1 and M/D/1 for one slice', () => {
    expect(meanWaitSeconds(exponential(0.5, 1), 1)).toBeCloseTo(1);
    const constant = { callsPerSecond: 0.5, busySlices: 0.5, squaredSeconds: 0.5 };
    expect(meanWaitSeconds(constant, 1)).toBeCloseTo(0.5);
  });

  it('is that of M/M/c: Erlang C by its sum', () => {
    for (const [busy, slices] of [
      [1.5, 2],
      [3, 4],
      [7.2, 8],
      [0.1, 3],
    ] as const) {
      const terms = Array.from({ length: slices }, (_, k) => busy ** k / factorial(k));
      const last = (busy ** slices / factorial(slices)) * (slices / (slices - busy));
      const share = last / (terms.reduce((sum, term) => sum + term, 0) + last);
      expect(waitingShare(busy, slices)).toBeCloseTo(share, 10);
      const mean = 5;
      const load = exponential(busy / mean, mean);
      expect(meanWaitSeconds(load, slices)).toBeCloseTo((share * mean) / (slices - busy), 8);
    }
  });

  it('has no end where there is as much work as slices', () => {
    expect(meanWaitSeconds(exponential(2, 1), 2)).toBe(Number.POSITIVE_INFINITY);
    expect(meanWaitSeconds(NO_LOAD, 1)).toBe(0);
  });

  it('does not decrease with a further load, nor increase with a further slice', () => {
    fc.assert(
      fc.property(aLoad, aLoad, fc.integer({ min: 1, max: 32 }), (one, other, slices) => {
        const alone = meanWaitSeconds(one, slices);
        expect(meanWaitSeconds(addLoads(one, other), slices)).toBeGreaterThanOrEqual(
          alone * (1 - 1e-9),
        );
        const more = meanWaitSeconds(one, slices + 1);
        if (Number.isFinite(alone)) expect(more).toBeLessThanOrEqual(alone * (1 + 1e-9));
      }),
    );
  });
});

describe('placement', () => {
  it('prefers the node whose calls end soon over one as busy with long calls', () => {
    const nodes = [
      node('long', { load: exponential(0.01, 100) }),
      node('short', { load: exponential(1, 1) }),
    ];
    expect(rankNodes(nodes, exponential(0.1, 2), TIMEOUT)[0]?.name).toBe('short');
  });

  it('takes the least overloaded node when every wait is beyond the time-out', () => {
    const nodes = [
      node('a', { load: exponential(9, 1) }),
      node('b', { load: exponential(5, 1) }),
      node('c', { load: exponential(7, 1) }),
    ];
    const ranked = rankNodes(nodes, exponential(1, 1), TIMEOUT);
    expect(ranked.map(({ name }) => name)).toEqual(['b', 'c', 'a']);
    expect(ranked.map(({ waitSeconds }) => waitSeconds)).toEqual([TIMEOUT, TIMEOUT, TIMEOUT]);
  });

  it('spreads Spaces of which nothing is known', () => {
    const nodes = [node('a'), node('b'), node('c')];
    const spaces = ['s1', 's2', 's3'].map((id) => ({ id, load: NO_LOAD }));
    expect([...placeSpaces(nodes, spaces, TIMEOUT)]).toEqual([
      ['s1', 'a'],
      ['s2', 'b'],
      ['s3', 'c'],
    ]);
  });

  it('names no node that is drained or has no slice, and every other one', () => {
    fc.assert(
      fc.property(someNodes, aLoad, (nodes, load) => {
        const names = rankNodes(nodes, load, TIMEOUT).map(({ name }) => name);
        const able = nodes.filter((one) => !one.isDraining && one.slices > 0);
        expect(names.toSorted()).toEqual(able.map(({ name }) => name).toSorted());
      }),
    );
  });

  it('does not depend on the order of the nodes, and the first waits least', () => {
    fc.assert(
      fc.property(someNodes, aLoad, (nodes, load) => {
        const ranked = rankNodes(nodes, load, TIMEOUT);
        expect(rankNodes(nodes.toReversed(), load, TIMEOUT)).toEqual(ranked);
        const waits = ranked.map(({ waitSeconds }) => waitSeconds);
        expect(waits).toEqual(waits.toSorted((a, b) => a - b));
      }),
    );
  });

  it('does not make anyone wait longer with one node more', () => {
    fc.assert(
      fc.property(someNodes, aLoad, fc.integer({ min: 1, max: 16 }), (nodes, load, slices) => {
        const before = rankNodes(nodes, load, TIMEOUT)[0]?.waitSeconds ?? TIMEOUT;
        const more = [...nodes, node('the new one', { slices })];
        const after = rankNodes(more, load, TIMEOUT)[0]?.waitSeconds ?? TIMEOUT;
        expect(after).toBeLessThanOrEqual(before);
      }),
    );
  });

  it('places every Space once, whatever their order, unless no node may take one', () => {
    const someSpaces = fc.uniqueArray(
      fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), load: aLoad }),
      { selector: ({ id }) => id, maxLength: 12 },
    );
    fc.assert(
      fc.property(someNodes, someSpaces, (nodes, spaces) => {
        const placed = placeSpaces(nodes, spaces, TIMEOUT);
        const isPossible = nodes.some((one) => !one.isDraining && one.slices > 0);
        expect(placed.size).toBe(isPossible ? spaces.length : 0);
        const again = placeSpaces(nodes, spaces.toReversed(), TIMEOUT);
        expect([...again]).toEqual([...placed]);
      }),
    );
  });
});

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
