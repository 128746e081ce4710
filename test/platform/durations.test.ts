import { describe, expect, it } from 'vitest';
import { declaredSecondsFor } from '../../src/platform/durations.js';
import {
  callsInWindow,
  loadProfile,
  quotaSecondsFor,
  sentSeconds,
} from '../../src/platform/index.js';

const h200 = loadProfile('h200');
const rtx = loadProfile('rtx-pro-6000');

describe('what a declared duration becomes', () => {
  it('is sent as whole seconds, times the card’s factor for every size but xlarge', () => {
    expect(sentSeconds(h200, 'large', 60)).toBe(60);
    expect(sentSeconds(rtx, 'large', 60)).toBe(90);
    expect(sentSeconds(rtx, 'large', 1500)).toBe(2250);
    expect(sentSeconds(rtx, 'xlarge', 60)).toBe(60);
  });

  it('costs twice as much for xlarge, once where the platform has no such size', () => {
    expect(quotaSecondsFor(rtx, 'xlarge', 60)).toBe(120);
    const without = { ...rtx, sizes: { ...rtx.sizes, xlarge: null } };
    expect(quotaSecondsFor(without, 'xlarge', 60)).toBe(60);
  });
});

describe('what was declared', () => {
  it('is the whole number of seconds that the package sends so', () => {
    for (const declared of [1, 15, 60, 90]) {
      expect(declaredSecondsFor(rtx, 'large', sentSeconds(rtx, 'large', declared))).toBe(declared);
      expect(declaredSecondsFor(h200, 'large', declared)).toBe(declared);
    }
    expect(declaredSecondsFor(rtx, 'xlarge', 45)).toBe(45);
  });

  it('is a fraction where no whole number gives what was sent', () => {
    expect(declaredSecondsFor(rtx, 'large', 1)).toBeCloseTo(2 / 3);
  });
});

describe('calls of one window', () => {
  const tier = { quotaSeconds: 300, longestCallSeconds: 120, runsPerWindow: null };

  it('are as many as the quota admits, and at most the runs limit', () => {
    expect(callsInWindow(tier, 60)).toBe(5);
    expect(callsInWindow(tier, 110)).toBe(2);
    expect(callsInWindow({ ...tier, runsPerWindow: 3 }, 60)).toBe(3);
  });

  it('are none for a call that the tier never admits', () => {
    expect(callsInWindow(tier, 121)).toBe(0);
    expect(callsInWindow(tier, 0)).toBe(0);
  });
});
