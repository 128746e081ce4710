import { expect, test } from 'vitest';
import { quotaOf, queueView, sliceView } from '../../../src/allocator/core/index.js';
import { answersOf, visitor, World } from '../../support/allocator/world.js';

test('smoke', () => {
  const w = new World();
  const log = (e: readonly import('../../../src/allocator/core/types.js').Effect[]) => answersOf(e);
  expect(log(w.schedule())).toEqual(['grant r1 slice 0']);
  expect(log(w.allow(1))).toEqual(['watch 101', 'status 200']);
  expect(log(w.schedule({ task: '2', user: 'pro' }))).toEqual(['queue r2 node']);
  w.pass(7.9);
  expect(queueView(w.state, w.now)[0]?.waitsAtMostSeconds).toBeCloseTo(52.2);
  expect(sliceView(w.state, w.now)[0]?.use).toBe('running');
  expect(log(w.release(1))).toEqual(['status 200', 'kill 101 evicted']);
  expect(quotaOf(w.state, visitor('free'), w.now).leftSeconds).toBeCloseTo(202.1);
  expect(log(w.died(101))).toEqual(['stream-grant r2 slice 0']);
  w.allow(2);
  expect(log(w.pass(61))).toEqual(['kill 102 deadline']);
  expect(log(w.died(102))).toEqual([]);
});
