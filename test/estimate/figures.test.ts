import { describe, expect, it } from 'vitest';
import { figuresOf, type Observation, roundUp } from '../../src/estimate/figures.js';
import { loadProfile } from '../../src/platform/index.js';
import { record } from './support.js';

const h200 = loadProfile('h200');
const blackwell = loadProfile('rtx-pro-6000');

function seen(changes: Partial<Observation> = {}): Observation {
  return { records: [record()], declaredSeconds: 60, failure: null, ...changes };
}

describe('memory', () => {
  it('fits where all that is reserved has room beside the context', () => {
    expect(figuresOf(seen(), h200)).toMatchObject({
      verdict: 'FITS',
      size: 'large',
      memory: { weightBytes: 10e9, peakBytes: 12e9, limitBytes: 74_625_056_768 },
    });
  });

  it('is tight where only what is allocated has', () => {
    const records = [record({ peakBytes: 74e9, reservedBytes: 75e9 })];
    expect(figuresOf(seen({ records }), h200).verdict).toBe('TIGHT');
  });

  it('does not fit where a call ran out of it', () => {
    const records = [record({ error: 'OutOfMemoryError', peakBytes: 60e9 })];
    expect(figuresOf(seen({ records, failure: 'out' }), h200)).toMatchObject({
      ...{ verdict: 'DOES NOT FIT', size: null, declare: null, callsADay: {} },
    });
  });

  it('takes the smallest size that is large enough', () => {
    const records = [record({ peakBytes: 60e9, reservedBytes: 61e9, limitBytes: 4e12 })];
    const figures = figuresOf(seen({ records }), blackwell);
    expect(figures).toMatchObject({
      verdict: 'FITS',
      size: 'xlarge',
      seconds: { low: 1, high: 3 },
    });
    expect(
      figuresOf(seen({ records: [record({ reservedBytes: 2e11, peakBytes: 2e11 })] }), blackwell),
    ).toMatchObject({ verdict: 'DOES NOT FIT', size: null });
  });
});

describe('time', () => {
  it('is that of all GPU calls together, and loading beside it', () => {
    const figures = figuresOf(seen({ records: [record(), record()] }), h200);
    expect(figures.seconds).toEqual({ low: 4, high: 12 });
    expect(figures.gpuCalls).toBe(2);
    expect(figures.loadingSeconds.low).toBeCloseTo(10 / 6);
    expect(figures.loadingSeconds.high).toBeCloseTo(10 / 1.5);
  });

  it('gives the duration that the slowest call of a new worker needs', () => {
    // 6 s and 6.7 s of loading; on Blackwell the package multiplies what an author writes by 1.5.
    expect(figuresOf(seen(), h200).declare).toEqual({ seconds: 15, nowSeconds: 60 });
    expect(figuresOf(seen({ declaredSeconds: 90 }), blackwell).declare).toEqual({
      ...{ seconds: 10, nowSeconds: 60 },
    });
    expect(figuresOf(seen({ declaredSeconds: null }), h200).declare?.nowSeconds).toBeNull();
  });

  it('is rounded up to what a person would write', () => {
    expect([0.2, 5, 5.1, 61, 301].map(roundUp)).toEqual([5, 5, 10, 75, 360]);
  });
});

describe('calls a day', () => {
  it('are as many as the quota is enough for, and no more than the tier may make', () => {
    const { callsADay } = figuresOf(seen(), h200);
    // 120 s: 15 s are asked for at each call, and 2 to 12.7 s are used.
    expect(callsADay.anonymous).toEqual({ low: 9, high: 53 });
    expect(figuresOf(seen(), blackwell).callsADay.anonymous).toEqual({ low: 2, high: 2 });
    const twice = figuresOf(seen({ records: [record(), record()] }), blackwell);
    expect(twice.callsADay.free).toEqual({ low: 4, high: 4 });
  });

  it('are none where the duration is refused', () => {
    const records = [record({ times: { large: [times(300), times(200)] } })];
    const { callsADay } = figuresOf(seen({ records }), h200);
    expect(callsADay.anonymous).toEqual({ low: 0, high: 0 });
    expect(callsADay.pro?.low).toBeGreaterThan(0);
  });
});

const times = (seconds: number, attention = 0, hostSeconds = 0) => ({
  ...{ seconds, busySeconds: seconds, hostSeconds, kernels: 1, byKind: { attention } },
});

describe('compiled code and FlashAttention-3', () => {
  it('are ranges of their own', () => {
    const figures = figuresOf(
      seen({
        records: [
          record({
            times: { large: [times(6, 3), times(2, 1, 1.8)] },
            compiledTimes: { large: [times(5, 3), times(1.6, 1)] },
            flash3Speedups: [1.5, 2],
          }),
        ],
      }),
      h200,
    );
    expect(figures.compiledSeconds).toEqual({ low: 1.6, high: 5 });
    // A third of the slowest's attention, half of the fastest's, and never less than the host takes.
    expect(figures.flash3?.seconds).toEqual({ low: 1.8, high: 5 });
    expect(figures.flash3?.compiledSeconds).toEqual({ low: expect.closeTo(1.1), high: 4 });
  });

  it('are not there where the card does not run it', () => {
    expect(figuresOf(seen(), h200)).toMatchObject({
      compiledSeconds: { low: 1.5, high: 4 },
      flash3: null,
    });
  });
});

describe('what is missing', () => {
  it('makes an estimate incomplete', () => {
    const failed = figuresOf(seen({ records: [record({ error: 'ValueError' })] }), h200);
    expect(failed).toMatchObject({ verdict: 'INCOMPLETE', missing: ['draw raised ValueError'] });
    const operator = figuresOf(seen({ records: [record({ notModelled: { 'x::y': 2 } })] }), h200);
    expect(operator.missing).toEqual(['x::y has no model: shapes of zeros were taken']);
    expect(figuresOf(seen({ failure: 'no page' }), h200).missing).toEqual(['no page']);
  });
});
