/** The parts of `zerogpu load`: whom it sends when, and how it counts. */
import { describe, expect, it } from 'vitest';
import { runOpenLoop } from '../../src/load/open-loop.js';
import { parseLoadOptions, type RawLoadOptions, spread } from '../../src/load/options.js';
import { arrivalsOf, planLoad, workloadOf } from '../../src/load/plan.js';
import { loadLines, reportOf } from '../../src/load/report.js';
import { LoadTally } from '../../src/load/tally.js';
import { systemClock } from '../../src/shared/clock.js';
import { measure } from '../../src/simulate/measure.js';
import { planSimulation } from '../../src/simulate/plan.js';

const raw = (changes: Partial<RawLoadOptions> = {}): RawLoadOptions => ({
  ...{ function: 'hold', visitors: '10', rate: '2/s', tiers: 'pro=1,free=3,anonymous=6' },
  ...{ for: '1m', seed: '1' },
  ...changes,
});
const HOST = { platform: 'h200', gpus: 1, slices: 1, space: 'demo' };
const running = new AbortController().signal;

describe('flags of load', () => {
  it('give tiers their visitors, and calls their rate', () => {
    const options = parseLoadOptions(raw({ rate: '30/m' }));
    expect(options).toMatchObject({ perSecond: 0.5, seconds: 60 });
    expect(Object.fromEntries(options.visitors)).toEqual({ pro: 1, free: 3, anonymous: 6 });
    const five = spread(
      5,
      new Map([
        ['pro' as const, 1],
        ['free' as const, 3],
      ]),
    );
    expect(Object.fromEntries(five)).toEqual({ pro: 1, free: 4 });
    expect(
      Object.fromEntries(
        spread(
          1,
          new Map([
            ['pro', 1],
            ['free', 3],
          ]),
        ),
      ),
    ).toEqual({ free: 1 });
  });

  it.each([
    [{ function: undefined }, '--function'],
    [{ rate: '2' }, '--rate'],
    [{ rate: '0/s' }, '--rate'],
    [{ rate: '9999/s' }, '--rate'],
    [{ tiers: 'gold=1' }, '--tiers'],
    [{ tiers: 'pro=1,pro=2' }, '--tiers'],
    [{ tiers: 'pro=0' }, '--tiers'],
    [{ visitors: '0' }, '--visitors'],
    [{ for: 'soon' }, '--for'],
  ])('are refused by name: %j', (changes, flag) => {
    expect(() => parseLoadOptions(raw(changes as Partial<RawLoadOptions>))).toThrow(flag);
  });
});

describe('the calls of a load', () => {
  it('are those of the simulator with the same seed', () => {
    const options = parseLoadOptions(raw());
    const arrivals = arrivalsOf(planLoad(options, HOST), 7);
    expect(arrivals).toEqual(arrivalsOf(planLoad(options, HOST), 7));
    expect(arrivals).not.toEqual(arrivalsOf(planLoad(options, HOST), 8));
    expect(arrivals.map(({ atMs }) => atMs)).toEqual(
      arrivals.map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
    expect(new Set(arrivals.map(({ visitor }) => visitor)).size).toBe(10);
    const plan = planSimulation(workloadOf(options, HOST, 0.01));
    const simulated = measure(plan, 7, 0);
    for (const [index, { tier }] of plan.tiers.entries()) {
      const sent = arrivals.filter(({ tierIndex }) => tierIndex === index).length;
      expect(sent).toBe(simulated.tiers[tier]?.calls);
    }
  });

  it('are sent when they are due, however long the answers take', async () => {
    const arrivals = Array.from({ length: 20 }, (_, index) => ({ atMs: index * 5 }));
    let open = 0;
    let most = 0;
    const lastedMs = await runOpenLoop(
      {
        ...{ arrivals, clock: systemClock, interrupted: running, drainMs: 10 },
        async send() {
          open += 1;
          most = Math.max(most, open);
          await new Promise(() => {});
        },
      },
      120,
    );
    expect(most).toBe(20);
    // A timer may fire a fraction of a millisecond early.
    expect(lastedMs).toBeGreaterThan(115);
    expect(lastedMs).toBeLessThanOrEqual(120);
  });

  it('end with an interruption, which is when the report is made', async () => {
    const end = new AbortController();
    const sent: number[] = [];
    const lasted = runOpenLoop(
      {
        ...{ arrivals: [{ atMs: 0 }, { atMs: 3_600_000 }], clock: systemClock, drainMs: 1_000 },
        interrupted: end.signal,
        async send({ atMs }) {
          sent.push(atMs);
          end.abort('SIGINT');
        },
      },
      3_600_000,
    );
    expect(await lasted).toBeLessThan(60_000);
    expect(sent).toEqual([0]);
  });
});

describe('what a load reports', () => {
  const plan = planLoad(parseLoadOptions(raw()), HOST);
  const record = (event: string, fields: object) => ({ event, askedSeconds: 10, ...fields });

  it('counts each call once: granted, refused, killed, failed, unanswered', () => {
    const tally = new LoadTally();
    const begin = (client: string, tierIndex: number, atMs: number) =>
      tally.begins(client, { atMs, tierIndex, visitor: 'pro:load-0' }, 5);
    for (const [index, client] of ['a', 'b', 'c', 'd', 'e', 'f'].entries())
      begin(client, index % 2, 100);
    tally.recorded('a', record('granted', { warm: true, waitedSeconds: 0.5 }), 1_100);
    expect(tally.isOver('a')).toBe(false);
    tally.recorded(
      'a',
      record('ended', { end: 'released', usedSeconds: 2, chargedSeconds: 2 }),
      3_100,
    );
    expect(tally.isOver('a')).toBe(true);
    tally.ends('a', null);
    tally.recorded('b', record('refused', { refusal: { kind: 'quota-exceeded' } }), 200);
    tally.ends('b', 'ZeroGPU quota exceeded');
    tally.recorded('c', record('granted', { warm: false, waitedSeconds: 0 }), 300);
    tally.recorded(
      'c',
      record('ended', { end: 'deadline', usedSeconds: 10, chargedSeconds: 10 }),
      9_000,
    );
    tally.ends('c', 'GPU task aborted');
    tally.recorded('d', record('granted', { warm: true, waitedSeconds: 0 }), 300);
    tally.recorded(
      'd',
      record('ended', { end: 'released', usedSeconds: 1, chargedSeconds: 1 }),
      900,
    );
    tally.ends('d', 'ValueError');
    expect(tally.isOver('e')).toBeNull();
    tally.ends('e', null);
    tally.recorded('unknown', record('granted', {}), 300);
    const facts = {
      url: 'http://x',
      endpoint: 'hold',
      seed: 1,
      elapsedMs: 10_000,
      isPartial: true,
    };
    const report = reportOf(plan, tally, facts);
    expect(report.all).toMatchObject({
      ...{ calls: 6, granted: 3, killed: 1, warm: 2, refused: { 'quota-exceeded': 1 } },
      // From when it was due, the time in the app's own queue included.
      waits: { longest: 1 },
    });
    expect(report).toMatchObject({
      ...{
        chargedSeconds: 13,
        unanswered: 1,
        withoutGpu: 1,
        failures: [{ words: 'ValueError', count: 1 }],
      },
      ...{ inAppSeconds: { longest: 0.5 }, lateSeconds: { p50: 0.005 } },
    });
    expect(Object.values(report.failed).reduce((sum, count) => sum + count, 0)).toBe(1);
    const lines = loadLines(plan, report, { paint: (_, text) => text, ascii: true }).join('\n');
    expect(lines).toContain('interrupted');
    expect(lines).toContain('refused     1 quota exceeded');
    expect(lines).toContain('1 x  ValueError');
  });
});
