import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STARTUP_CALLER } from '../../../src/allocator/core/startup.js';
import type { NamedRecord } from '../../../src/run/console/call-log.js';
import { collectCalls, traceOf } from '../../../src/run/otlp/call-trace.js';
import { ADA, recordOf, refusalOf } from '../../support/run/records.js';

const at = (monotonicMs: number) => ({ at: { wallMs: 0, monotonicMs } });
const phases = (records: readonly NamedRecord[], offsetMs = 0) =>
  traceOf(records, offsetMs)?.phases.map(({ name, startMs, endMs }) => [name, startMs, endMs]);

const WAITED = [
  recordOf('queued', at(1_000)),
  recordOf('granted', { ...at(4_000), waitedSeconds: 3, warm: false }),
  recordOf('allowed', at(4_200)),
];
const ended = (ms: number, fields: object = {}) =>
  recordOf('ended', { ...at(ms), usedSeconds: 2, creditSeconds: 0, ...fields });

describe('the trace of a call', () => {
  it('has its phases with their times on the wall clock', () => {
    const records = [...WAITED, ended(6_200)];
    expect(traceOf(records, 100)).toMatchObject({ startMs: 1_100, endMs: 6_300, error: null });
    expect(phases(records, 100)).toEqual([
      ['schedule', 1_100, 1_100],
      ['queue', 1_100, 4_100],
      ['allow', 4_100, 4_300],
      ['run', 4_300, 6_300],
      ['release', 6_300, 6_300],
    ]);
  });

  it('says what was asked, used and charged, by tier and size', () => {
    const trace = traceOf([...WAITED, ended(6_200, { chargedSeconds: 3 })], 0);
    expect(trace?.attributes).toEqual({
      'zerogpu.call': 7,
      'zerogpu.function': 'generate',
      'zerogpu.startup': false,
      'zerogpu.tier': 'free',
      'zerogpu.size': 'large',
      'zerogpu.asked_seconds': 60,
      'zerogpu.outcome': 'released',
      'zerogpu.waited_seconds': 3,
      'zerogpu.warm': false,
      'zerogpu.slice': 0,
      'zerogpu.used_seconds': 2,
      'zerogpu.charged_seconds': 3,
      'zerogpu.credit_seconds': 0,
      'zerogpu.gpu_used': true,
      'zerogpu.peak_vram_bytes': 1_500_000_000,
    });
  });

  it('names neither the visitor nor the path of the Space', () => {
    const text = JSON.stringify(traceOf([...WAITED, ended(6_200)], 0));
    expect(text).not.toContain('ada');
    expect(text).not.toContain('/zerogpu/test');
  });

  it('begins at the gateway, where the visitor has asked there', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const visitor = { ...ADA, request: { atMs: 700, traceparent } };
    const trace = traceOf([...WAITED, ended(6_200, { visitor, end: 'failed' })], 0, 'chat');
    expect(trace).toMatchObject({
      ...{ startMs: 1_000, traceparent, attributes: { 'zerogpu.space': 'chat' } },
      gateway: { name: 'gateway', startMs: 700, endMs: 6_200, error: 'failed', attributes: {} },
    });
    expect(traceOf([...WAITED, ended(6_200)], 0)).toMatchObject({
      gateway: null,
      traceparent: null,
    });
  });

  it('shows a kill from its signal to the end of the process', () => {
    const records = [
      ...WAITED,
      recordOf('killing', at(64_200)),
      ended(64_500, { end: 'deadline' }),
    ];
    expect(phases(records)?.slice(-2)).toEqual([
      ['run', 4_200, 64_200],
      ['kill', 64_200, 64_500],
    ]);
    expect(traceOf(records, 0)?.error).toBe('deadline');
  });

  it('has no run where no worker asked for the GPU', () => {
    const records = [
      WAITED[1] as NamedRecord,
      ended(9_000, { end: 'allow-timeout', usedSeconds: 0 }),
    ];
    expect(phases(records)).toEqual([
      ['schedule', 1_000, 4_000],
      ['allow', 4_000, 9_000],
    ]);
  });

  it('of a refusal is its schedule, with the reason', () => {
    const trace = traceOf([refusalOf('quota-exceeded', {})], 5);
    expect(trace).toMatchObject({ startMs: 5, endMs: 5, error: 'quota-exceeded' });
    expect(trace?.attributes['zerogpu.refusal_reason']).toBe('quota-exceeded');
    expect(trace?.phases.map(({ name }) => name)).toEqual(['schedule']);
  });

  it('of a call that left the queue ends there', () => {
    const records = [recordOf('queued', at(1_000)), recordOf('abandoned', at(4_210))];
    expect(phases(records)).toEqual([
      ['schedule', 1_000, 1_000],
      ['queue', 1_000, 4_210],
    ]);
    expect(traceOf(records, 0)?.attributes['zerogpu.abandoned_because']).toBe('visitor-left');
  });

  it('of a start-up call has no tier', () => {
    const records = [ended(6_200, { visitor: STARTUP_CALLER })];
    const attributes = traceOf(records, 0)?.attributes;
    expect(attributes).toMatchObject({ 'zerogpu.startup': true });
    expect(attributes).not.toHaveProperty('zerogpu.tier');
  });

  it('keeps each phase within the call, whichever records are missing', () => {
    const events = ['queued', 'granted', 'allowed', 'killing'] as const;
    const last = fc.constantFrom('ended', 'refused', 'timed-out', 'abandoned');
    const steps = fc.array(fc.nat(100_000), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(fc.subarray([...events]), last, steps, fc.nat(200), (some, end, ms, used) => {
        let now = 0;
        const records = [...some, end].map((event, index) => {
          now += ms[index] ?? 0;
          return recordOf(event, { ...at(now), usedSeconds: used, waitedSeconds: used });
        });
        const trace = traceOf(records, 0);
        for (const { startMs, endMs } of trace?.phases ?? []) {
          expect(startMs).toBeGreaterThanOrEqual(trace?.startMs ?? Number.NaN);
          expect(endMs).toBeGreaterThanOrEqual(startMs);
          expect(endMs).toBeLessThanOrEqual(trace?.endMs ?? Number.NaN);
        }
      }),
    );
  });
});

describe('collectCalls', () => {
  it('passes on each call once, when it is over, whatever others do meanwhile', () => {
    const calls: string[][] = [];
    const take = collectCalls((records) =>
      calls.push(records.map(({ call, event }) => `${call} ${event}`)),
    );
    take(recordOf('queued', { call: 1 }));
    take(recordOf('granted', { call: 2 }));
    take(recordOf('ended', { call: 2 }));
    take(recordOf('timed-out', { call: 1 }));
    expect(calls).toEqual([
      ['2 granted', '2 ended'],
      ['1 queued', '1 timed-out'],
    ]);
  });
});
