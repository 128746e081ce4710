import { expect, it } from 'vitest';
import { figuresOf } from '../../src/estimate/figures.js';
import { estimateLines } from '../../src/estimate/report.js';
import { loadProfile } from '../../src/platform/index.js';
import { record } from './support.js';

const h200 = loadProfile('h200');
const one = { platform: 'h200', endpoint: 'draw', assumed: ['steps=28 (default)'], failure: null };

it('says what fits, how long it takes and what was assumed', () => {
  const seen = { records: [record()], declaredSeconds: 60, failure: null };
  expect(estimateLines({ ...one, figures: figuresOf(seen, h200) }, h200)).toEqual([
    'draw   h200   FITS',
    '  weights   10.0 GB',
    '  peak      12.0 GB allocated, 13.0 GB reserved, of 74.3 GB   aten::silu in UNet.mid_block, app.py:7',
    '  size      large',
    '  time      2s to 6s; a new worker loads its weights in 1.7s to 6.7s more',
    '  declare   duration=15   (now: 1m00s)',
    '  a day     anonymous 9 to 53, free 16 to 98, PRO 118 to 743',
    '  assumed   steps=28 (default)',
    '  made up   3 values that steer the program (argmax 3 at app.py:7)',
  ]);
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
