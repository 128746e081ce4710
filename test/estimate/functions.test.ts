import { expect, it } from 'vitest';
import { functionEstimates } from '../../src/estimate/functions.js';
import { loadProfile } from '../../src/platform/index.js';
import { record } from './support.js';

const rtx = loadProfile('rtx-pro-6000');
const seen = (...records: readonly ReturnType<typeof record>[]) => [{ records }];

it('has the highest memory and the slowest call of each function', () => {
  const [draw, ...others] = functionEstimates(
    [...seen(record()), ...seen(record({ peakBytes: 6e10, reservedBytes: 6e10 }))],
    rtx,
  );
  expect(others).toEqual([]);
  expect(draw).toMatchObject({
    ...{ name: 'draw', askedSize: 'large', size: 'xlarge', peakBytes: 6e10 },
    seconds: { low: 2, high: 6 },
  });
  expect(draw?.roomBytes).toBeLessThan(draw?.peakBytes ?? 0);
  expect(draw?.suggestedSeconds).toBeGreaterThan(0);
});

it('says nothing of a call that raised, or whose function has no name', () => {
  const records = [record({ error: 'ValueError' }), record({ function: null })];
  expect(functionEstimates(seen(...records), rtx)).toEqual([]);
});

it('suggests no seconds for what fits in no size', () => {
  const [draw] = functionEstimates(seen(record({ peakBytes: 2e11, reservedBytes: 2e11 })), rtx);
  expect(draw).toMatchObject({ size: null, suggestedSeconds: null });
});
