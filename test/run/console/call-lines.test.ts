import { describe, expect, it } from 'vitest';
import {
  ASCII_SYMBOLS,
  callLine,
  UNICODE_SYMBOLS,
  visitorLabel,
} from '../../../src/run/console/call-lines.js';
import type { NamedRecord } from '../../../src/run/console/call-log.js';
import { recordOf, refusalOf } from '../../support/run/records.js';

const line = (record: NamedRecord) => callLine(record, UNICODE_SYMBOLS);

describe('the line of a call', () => {
  it('tells a grant, how warm and after what wait', () => {
    expect(line(recordOf('granted'))).toBe(
      '#7   →   generate   free:ada   1m00s asked  granted slice 0, cold',
    );
    expect(line(recordOf('granted', { warm: true, nvidiaIndex: 3, waitedSeconds: 4.25 }))).toBe(
      '#7   →   generate   free:ada   1m00s asked  granted slice 3, warm after 4.3s',
    );
    expect(line(recordOf('granted', { waitedSeconds: 0.049 }))).not.toContain('after');
  });

  it('tells a wait with its place in the queue and what for', () => {
    expect(line(recordOf('queued'))).toBe(
      '#7   …   generate   free:ada   1m00s asked  waits, number 2 in the queue (node)',
    );
    expect(line(recordOf('queued', { reason: 'concurrency', position: 1 }))).toContain(
      'waits, number 1 in the queue (concurrency)',
    );
  });

  it.each([
    ['expired-token', {}, '401 expired token'],
    ['no-gpu', {}, '503 no GPU available'],
    ['illegal-duration', {}, '429 illegal duration, longest is 2m00s'],
    ['runs-exceeded', {}, '429 runs limit reached'],
    ['quota-exceeded', {}, '429 quota exceeded, 12s left'],
    // Never a second that the visitor has not.
    ['quota-exceeded', { leftSeconds: 59.99 }, '429 quota exceeded, 59s left'],
    ['quota-exceeded', { leftSeconds: -1 }, '429 quota exceeded, 0s left'],
  ])('tells the refusal %s %j', (kind, fields, text) => {
    expect(line(refusalOf(kind, fields))).toBe(
      `#7   ⊘   generate   free:ada   1m00s asked  ${text}`,
    );
  });

  it('tells an end with what was used and what is left of the quota', () => {
    expect(line(recordOf('ended'))).toBe(
      '#7   ←   generate   free:ada   7.9s used of 1m00s   quota 3m30s → 3m22s',
    );
  });

  it('says when the GPU was never used', () => {
    expect(line(recordOf('ended', { gpuUsed: false }))).toBe(
      '#7   ←   generate   free:ada   7.9s used of 1m00s   quota 3m30s → 3m22s, GPU device not used',
    );
  });

  it.each([
    ['failed', 'failed in the function'],
    ['deadline', 'killed at its deadline'],
    ['worker-died', 'its worker process died'],
    ['operator', 'ended by hand'],
    ['allow-timeout', 'its worker never asked for the GPU'],
    ['space-gone', 'the app ended'],
    ['undelivered', 'its grant did not arrive'],
    ['stopped', 'the allocator stopped'],
  ])('tells the end %s, and says nothing of an unused GPU then', (end, text) => {
    expect(line(recordOf('ended', { end, gpuUsed: false }))).toBe(
      `#7   ✗   generate   free:ada   7.9s used of 1m00s   quota 3m30s → 3m22s, ${text}`,
    );
  });

  it('tells of visitors that got no GPU', () => {
    expect(line(recordOf('timed-out'))).toBe(
      '#7   ⊘   generate   free:ada   no GPU within 1m00s, queue timed out',
    );
    expect(line(recordOf('abandoned'))).toBe(
      '#7   ⊘   generate   free:ada   the visitor left, after waiting 3.2s',
    );
    expect(line(recordOf('abandoned', { why: 'stopped' }))).toBe(
      '#7   ⊘   generate   free:ada   the allocator stopped, after waiting 3.2s',
    );
  });

  it('is not there for what the next line tells as well', () => {
    expect(line(recordOf('allowed'))).toBeNull();
    expect(line(recordOf('killing'))).toBeNull();
  });

  it('names the size of a call that takes a whole card', () => {
    expect(line(recordOf('granted', { size: 'xlarge' }))).toBe(
      '#7   →   generate   free:ada   1m00s xlarge asked granted slice 0, cold',
    );
  });

  it('keeps its columns as long as the words fit, and its blanks when they do not', () => {
    const long = { call: 1_000, function: 'Painter.draw_everything', askedSeconds: 7_500 };
    expect(line(recordOf('granted', long))).toBe(
      '#1000 →   Painter.draw_everything free:ada   2h05m asked  granted slice 0, cold',
    );
  });

  it('says of a call at start-up that no quota pays for it', () => {
    const visitor = { key: 'start-up', tier: 'anonymous', hasToken: false } as const;
    expect(callLine(recordOf('ended', { visitor }), ASCII_SYMBOLS)).toBe(
      '#7   <-  generate   start-up   7.9s used of 1m00s   no quota charged',
    );
  });

  it('can do without arrows', () => {
    const ascii = (record: NamedRecord) => callLine(record, ASCII_SYMBOLS) ?? '';
    expect(ascii(recordOf('granted'))).toBe(
      '#7   ->  generate   free:ada   1m00s asked  granted slice 0, cold',
    );
    expect(ascii(recordOf('ended', { end: 'deadline' }))).toBe(
      '#7   x   generate   free:ada   7.9s used of 1m00s   quota 3m30s -> 3m22s, killed at its deadline',
    );
    for (const event of ['queued', 'refused', 'ended', 'timed-out', 'abandoned'] as const) {
      expect(ascii(recordOf(event))).toMatch(/^[ -~]+$/);
    }
  });
});

describe('a visitor', () => {
  it.each([
    [{ key: 'pro:lin', tier: 'pro', hasToken: true }, 'pro:lin'],
    [{ key: 'free', tier: 'free', hasToken: true }, 'free'],
    [{ key: 'anonymous:127.0.0.1', tier: 'anonymous', hasToken: true }, 'anonymous'],
    [{ key: 'anonymous:', tier: 'anonymous', hasToken: false }, 'no token'],
    [{ key: 'start-up', tier: 'anonymous', hasToken: false }, 'start-up'],
  ] as const)('%j is called %s', (visitor, label) => {
    expect(visitorLabel(visitor)).toBe(label);
  });
});
