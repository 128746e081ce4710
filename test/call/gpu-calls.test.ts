import { describe, expect, it } from 'vitest';
import { areOver, type GpuCall, parseRecord, withRecord } from '../../src/call/gpu-calls.js';
import { costLines } from '../../src/call/words.js';

const head = {
  ...{ call: 7, space: '/zerogpu/a', function: 'generate', askedSeconds: 60, size: 'large' },
  visitor: { key: 'free:ada', tier: 'free', hasToken: true },
};
const callsAfter = (...news: readonly object[]): readonly GpuCall[] =>
  news.reduce<readonly GpuCall[]>((calls, one) => {
    const record = parseRecord(JSON.stringify({ ...head, ...one }));
    return record ? withRecord(calls, record) : calls;
  }, []);

const granted = { event: 'granted', waitedSeconds: 1.5, warm: false, nvidiaIndex: 0 };
const ended = {
  ...{ event: 'ended', end: 'released', usedSeconds: 7.9, chargedSeconds: 15.8, gpuUsed: true },
  ...{ peakVramBytes: 5.1e9, leftAfterSeconds: 194.7, leftBeforeSeconds: 210 },
};

describe('GPU calls of an endpoint', () => {
  it('have charge, wait and peak at their end', () => {
    const calls = callsAfter({ event: 'queued', reason: 'node', position: 1 }, granted, ended);
    expect(areOver(calls)).toBe(true);
    expect(costLines(calls)).toEqual([
      '#7 generate: charged 15.8s to free:ada, 7.9s used of 1m00s, waited 1.5s, peak 5.1 GB, 3m14s left',
    ]);
  });

  it('say why they ended, and are not over before', () => {
    expect(areOver(callsAfter(granted))).toBe(false);
    expect(costLines(callsAfter(granted))).toEqual(['#7 generate: has not ended, waited 1.5s']);
    expect(
      costLines(callsAfter(granted, { ...ended, end: 'deadline', peakVramBytes: null }))[0],
    ).toMatch(/waited 1\.5s, 3m14s left, deadline$/);
  });

  it.each([
    [
      { event: 'refused', refusal: { kind: 'quota-exceeded', leftSeconds: 3 } },
      'quota-exceeded), 1m00s asked, waited 0s',
    ],
    [{ event: 'timed-out', waitedSeconds: 60 }, 'queue-timeout), 1m00s asked, waited 1m00s'],
    [
      { event: 'abandoned', why: 'operator', waitedSeconds: 2 },
      'left-the-queue), 1m00s asked, waited 2s',
    ],
  ])('%j is a call without a GPU', (record, text) => {
    const calls = callsAfter(record);
    expect(areOver(calls)).toBe(true);
    expect(costLines(calls)).toEqual([`#7 generate: no GPU (${text}`]);
  });

  it('two calls are distinguished, and what is not a record is passed over', () => {
    const second = parseRecord(JSON.stringify({ ...head, ...granted, call: 8 }));
    expect(second && withRecord(callsAfter(granted), second)).toHaveLength(2);
    expect(parseRecord('{"event":"granted"}')).toBeNull();
    expect(parseRecord('not JSON')).toBeNull();
  });
});
