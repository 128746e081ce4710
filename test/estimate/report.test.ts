import { expect, it } from 'vitest';
import { figuresOf } from '../../src/estimate/figures.js';
import { estimateLines, largestLine, tableLines } from '../../src/estimate/report.js';
import { loadProfile } from '../../src/platform/index.js';
import { record } from './support.js';

const h200 = loadProfile('h200');
const one = {
  platform: 'h200',
  endpoint: 'draw',
  varied: {},
  assumed: ['steps=28 (default)'],
  failure: null,
};

it('says what fits, how long it takes and what was assumed', () => {
  const seen = { records: [record()], declaredSeconds: 60, failure: null };
  expect(estimateLines({ ...one, figures: figuresOf(seen, h200) }, h200)).toEqual([
    'draw   h200   FITS',
    '  weights   10.0 GB',
    '  peak      12.0 GB allocated, 13.0 GB reserved, of 74.3 GB   aten::silu in UNet.mid_block, app.py:7',
    '  size      large',
    '  time      2s to 6s; a new worker loads its weights in 1.7s to 6.7s more',
    '  compiled  1.5s to 4s with the model compiled ahead of time',
    '  declare   duration=15   (now: 1m00s)',
    '  a day     anonymous 9 to 53, free 16 to 98, PRO 118 to 743',
    '  assumed   steps=28 (default)',
    '  made up   3 values that steer the program (argmax 3 at app.py:7)',
  ]);
});

it('says what FlashAttention-3 would save where it runs and attention counts', () => {
  const withAttention = (seconds: number, attention: number) => ({
    ...{ seconds, busySeconds: seconds, hostSeconds: 0, kernels: 9, byKind: { attention } },
  });
  const lines = (attention: number) => {
    const records = [
      record({
        times: { large: [withAttention(6, attention), withAttention(2, attention / 3)] },
        compiledTimes: { large: [withAttention(4, attention), withAttention(1.5, attention / 3)] },
        flash3Speedups: [1.5, 2],
      }),
    ];
    const figures = figuresOf({ records, declaredSeconds: 60, failure: null }, h200);
    return estimateLines({ ...one, figures }, h200);
  };
  expect(lines(3)).toContain(
    '  compiled  1.5s to 4s with the model compiled ahead of time, 1.5s to 5s with FlashAttention-3, 1s to 3s with both',
  );
  expect(lines(0.1)).toContain('  compiled  1.5s to 4s with the model compiled ahead of time');
});

it('gives no duration for what does not fit', () => {
  const seen = {
    records: [record({ peakBytes: 9e10, reservedBytes: 9e10 })],
    declaredSeconds: 60,
    failure: null,
  };
  const lines = estimateLines({ ...one, figures: figuresOf(seen, h200) }, h200);
  expect(lines[0]).toBe('draw   h200   DOES NOT FIT');
  expect(lines).toContain('  size      none: it fits in no size of this platform');
  expect(lines.join('\n')).not.toContain('duration=');
});

it('says when no GPU call was made, and why', () => {
  expect(estimateLines({ ...one, figures: null }, h200)).toEqual(['draw   h200   no GPU call']);
  const failed = { ...one, figures: null, failure: 'draw needs image' };
  expect(estimateLines(failed, h200)).toEqual(['draw   h200   INCOMPLETE: draw needs image']);
});

it('has a line for each value, with the columns under one another', () => {
  const rows = [12e9, 9e10].map((peakBytes) => {
    const seen = {
      records: [record({ peakBytes, reservedBytes: peakBytes })],
      declaredSeconds: 60,
      failure: null,
    };
    return { ...one, varied: { width: String(peakBytes / 1e9) }, figures: figuresOf(seen, h200) };
  });
  const failed = { ...one, varied: { width: '7' }, figures: null, failure: 'width is odd' };
  expect(tableLines([...rows, failed], h200)).toEqual([
    'draw   h200',
    '  width   verdict                    size    peak      reserved   time       declare',
    '  12      FITS                       large   12.0 GB   12.0 GB    2s to 6s   15',
    '  90      DOES NOT FIT               none    90.0 GB   90.0 GB    2s to 6s',
    '  7       INCOMPLETE: width is odd',
    '  assumed   steps=28 (default)',
  ]);
});

it('says where a search for the largest value has ended, and why', () => {
  const found = { endpoint: 'draw', key: 'width', value: 1408, step: 64 };
  const beyond = { value: 1472, failure: 'out of memory' };
  expect(largestLine({ ...found, beyond }, h200)).toBe(
    'draw   h200   largest width=1408 (in steps of 64; width=1472: out of memory)',
  );
  expect(largestLine({ ...found, beyond: null }, h200)).toContain('no limit was found above it');
  expect(largestLine({ ...found, value: null, beyond }, h200)).toBe(
    'draw   h200   no width fits (width=1472: out of memory)',
  );
});
