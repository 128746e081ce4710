import { describe, expect, it } from 'vitest';
import { pageLine } from '../../../src/run/web/log-lines.js';

const now = new Date(2026, 5, 3, 12, 0, 0).getTime();
const at = (...time: readonly [number, number, number]) => new Date(2026, 5, 3, ...time).getTime();

describe('a line of a log in the console of serve', () => {
  it.each([
    ['11:59:58 app  Loading', { text: 'app  Loading', atMs: at(11, 59, 58) }],
    ['11:59:58 warn no console', { text: 'warn no console', atMs: at(11, 59, 58) }],
    [
      '23:59:58 app  before midnight',
      { text: 'app  before midnight', atMs: at(23, 59, 58) - 86_400_000 },
    ],
    [
      '  app.py changed: restarting the app',
      { text: 'app.py changed: restarting the app', atMs: null },
    ],
    [
      '{"t":"2026-06-03T10:00:00.000Z","event":"app","stream":"stderr","line":"{not} JSON"}',
      { text: 'app  {not} JSON', atMs: Date.UTC(2026, 5, 3, 10) },
    ],
    [
      '{"t":"2026-06-03T10:00:00.000Z","event":"warning","message":"careful"}',
      { text: 'warn careful', atMs: Date.UTC(2026, 5, 3, 10) },
    ],
  ])('%s', (line, expected) => {
    expect(pageLine(line, now)).toEqual(expected);
  });

  it.each([
    '11:59:58 #4   →   greet      anonymous  15s asked    granted slice 0, cold',
    '         free:ada reads: ZeroGPU quota exceeded',
    '{"t":"2026-06-03T10:00:00.000Z","event":"ended","call":4}',
    '{"broken',
    '',
  ])('leaves out what the console has from the allocator: %s', (line) => {
    expect(pageLine(line, now)).toBeNull();
  });
});
