/** What the console keeps and shows, without a browser. */
import { describe, expect, it } from 'vitest';
import {
  type ConsoleCall,
  type History,
  NO_HISTORY,
  withCall,
  withMemory,
  withTold,
} from '../../src/web/model/calls.js';
import {
  NOTHING_CHOSEN,
  NOTHING_RECEIVED,
  type Received,
  receive,
} from '../../src/web/model/state.js';
import { memoryPoints, segmentsOf } from '../../src/web/model/timeline.js';
import { consoleView, spaceHref, switchedFaults, withTier } from '../../src/web/model/view.js';
import { callAfter, parseRecord } from '../../src/web/server/records.js';
import { call, oneSnapshot, slice, visitor } from '../support/tui/snapshots.js';
import { aRecord, ENDED, FACTS } from '../support/web/index.js';

const at = (wallMs: number, record: object) => ({ ...record, at: { wallMs, monotonicMs: 0 } });

/** The history after records that came a second apart, from second 1 on. */
function historyOf(...records: readonly object[]): History {
  return records.reduce<History>((history, record, index) => {
    const parsed = parseRecord(JSON.stringify(at((index + 1) * 1_000, record)));
    if (!parsed) throw new Error('not a record');
    const before = history.calls.find((one) => one.call === parsed.call);
    return withCall(history, callAfter(before, parsed));
  }, NO_HISTORY);
}
const GRANTED = { nvidiaIndex: 0, warm: false, waitedSeconds: 1 };
const REFUSED = { refusal: { kind: 'quota-exceeded', leftSeconds: 0 } };

function received(history: History, fields: Partial<Received> = {}): Received {
  const hello = receive(NOTHING_RECEIVED, {
    ...{ type: 'hello', nowMs: 10_000, facts: FACTS, history, log: [] },
  });
  return { ...hello, snapshot: oneSnapshot(), ...fields };
}

it('rows of serve name the Space', () => {
  const history = historyOf(aRecord(7, 'refused', REFUSED));
  const [{ space }] = history.calls as [ConsoleCall];
  const spaces = [{ id: space, name: 'chat', owner: 'ada', pid: 1 }];
  const snapshot = { ...oneSnapshot(), spaces };
  const serve = received(history, { snapshot, facts: { ...FACTS, kind: 'serve' } });
  const view = consoleView(serve, NOTHING_CHOSEN);
  expect(view.calls.rows[0]?.function).toBe('chat/generate');
  expect(view.refusals[0]?.what).toBe('#7 chat/generate, free:ada');
  const [row] = consoleView(received(history, { snapshot }), NOTHING_CHOSEN).calls.rows;
  expect(row?.function).toBe('generate');
});

describe('a call', () => {
  const whole = historyOf(
    aRecord(7, 'queued', { reason: 'node', position: 1 }),
    aRecord(7, 'granted', GRANTED),
    aRecord(7, 'allowed', { process: { pid: 1, startTime: 1 } }),
    aRecord(7, 'ended', ENDED),
  );
  const [one] = whole.calls as [ConsoleCall];

  it('is followed from record to record', () => {
    expect(one).toMatchObject({
      ...{ phase: 'ended', why: 'released', function: 'generate', visitor: 'free:ada' },
      ...{ seenMs: 1_000, grantedMs: 2_000, startedMs: 3_000, endedMs: 4_000 },
      ...{ usedSeconds: 7.9, peakVramBytes: 5_100_000_000, leftSeconds: 202 },
    });
  });

  it('waits, starts and runs on its time axis', () => {
    expect(segmentsOf(one, { fromMs: 0, toMs: 10_000 })).toEqual([
      { kind: 'queued', from: 0.1, to: 0.2 },
      { kind: 'granted', from: 0.2, to: 0.3 },
      { kind: 'running', from: 0.3, to: 0.4 },
    ]);
  });

  it('that is killed shows from when, and why', () => {
    const killed = historyOf(
      aRecord(1, 'granted', { ...GRANTED, warm: true }),
      aRecord(1, 'killing', { reason: 'deadline' }),
      aRecord(1, 'ended', { ...ENDED, end: 'deadline' }),
    );
    const [row] = consoleView(received(killed), NOTHING_CHOSEN).calls.rows;
    expect(row).toMatchObject({ state: 'killed at its deadline', tone: 'bad', end: null });
    expect(row?.segments.map(({ kind }) => kind)).toEqual(['running', 'killed']);
  });

  it('can be killed while it runs, and taken out while it waits', () => {
    const ends = (history: History) =>
      consoleView(received(history), NOTHING_CHOSEN).calls.rows.map(({ end }) => end);
    expect(ends(historyOf(aRecord(1, 'queued')))).toEqual(['release']);
    expect(ends(historyOf(aRecord(1, 'granted', { ...GRANTED, warm: true })))).toEqual(['kill']);
    expect(ends(whole)).toEqual([null]);
  });

  it('of an allocator that says more is understood, and what is not a record is not', () => {
    expect(parseRecord('{"event":"queued"}')).toBeNull();
    expect(parseRecord('no JSON')).toBeNull();
    expect(parseRecord(JSON.stringify(aRecord(1, 'invented')))).toBeNull();
    expect(parseRecord(JSON.stringify(aRecord(1, 'queued', { more: 1 })))?.call).toBe(1);
  });
});

describe('memory', () => {
  const running = historyOf(aRecord(3, 'granted', { ...GRANTED, warm: true }));
  const holding = (bytes: number) => ({
    ...oneSnapshot(),
    slices: [slice(0, { call: call(3), memory: { allocatedBytes: bytes, callPeakBytes: bytes } })],
  });

  it('is a line over the time of the call', () => {
    const seen = withMemory(withMemory(running, holding(5e9), 2_000), holding(10e9), 3_000);
    const samples = seen.calls[0]?.memory ?? [];
    expect(samples).toEqual([
      { atMs: 2_000, bytes: 5e9 },
      { atMs: 3_000, bytes: 10e9 },
    ]);
    expect(memoryPoints(samples, { fromMs: 1_000, toMs: 5_000 }, 10e9)).toBe('250,50 500,0');
  });

  it('stays bounded, with the last sample', () => {
    let seen = running;
    for (let at = 1; at <= 1_000; at++) seen = withMemory(seen, holding(at), at);
    const samples = seen.calls[0]?.memory ?? [];
    expect(samples.length).toBeLessThanOrEqual(240);
    expect(samples.at(-1)).toEqual({ atMs: 1_000, bytes: 1_000 });
  });
});

describe('what a visitor reads', () => {
  const told = { id: 1, atMs: 2_500, visitor: 'free:ada', message: 'You have exceeded your quota' };

  it('belongs to the call that was refused, whichever comes first', () => {
    const late = withTold(historyOf(aRecord(4, 'refused', REFUSED)), told);
    const record = parseRecord(JSON.stringify(at(2_600, aRecord(4, 'refused', REFUSED))));
    if (!record) throw new Error('not a record');
    const early = withCall(withTold(NO_HISTORY, told), callAfter(undefined, record));
    for (const history of [late, early]) {
      expect(consoleView(received(history), NOTHING_CHOSEN).refusals).toMatchObject([
        { what: '#4 generate, free:ada', why: 'refused: quota exceeded', words: [told.message] },
      ]);
    }
  });

  it('stands alone where the allocator has no record: a fault has answered', () => {
    const [row] = consoleView(received(withTold(NO_HISTORY, told)), NOTHING_CHOSEN).refusals;
    expect(row).toMatchObject({ what: 'free:ada', words: [told.message] });
  });

  it('belongs to no call of somebody else, nor to one long over', () => {
    const refused = historyOf(aRecord(4, 'refused', REFUSED));
    for (const other of [{ visitor: 'pro:lin' }, { atMs: 60_000 }]) {
      const history = withTold(refused, { ...told, ...other });
      const rows = consoleView(received(history), NOTHING_CHOSEN).refusals;
      const row = rows.find(({ key }) => key === '4');
      expect(row?.words).toEqual([]);
    }
  });
});

describe('this tab', () => {
  it('is the visitor of --as until another one is chosen', () => {
    const state = received(NO_HISTORY, { spaces: [{ name: 'a/b', url: 'http://127.0.0.1:7860' }] });
    expect(consoleView(state, NOTHING_CHOSEN).who.as).toBe('free:ada');
    const { who } = consoleView(state, { ...NOTHING_CHOSEN, as: 'pro:lin' });
    expect(who.tiers.filter(({ isMe }) => isMe).map(({ tier }) => tier)).toEqual(['pro']);
    expect(who.spaces).toEqual([{ name: 'a/b', href: 'http://127.0.0.1:7860/?as_tab=pro%3Alin' }]);
  });

  it('keeps its name from tier to tier', () => {
    expect(withTier('free:ada', 'pro')).toBe('pro:ada');
    expect(withTier('free', 'anonymous')).toBe('anonymous');
    expect(spaceHref('http://127.0.0.1:7860', 'free')).toBe('http://127.0.0.1:7860/?as_tab=free');
  });

  it('has the quota of the snapshot, or the one that was asked for', () => {
    const snapshot = {
      ...oneSnapshot(),
      visitors: { total: 1, entries: [visitor('free:ada', { leftSeconds: 61.9 })] },
    };
    const state = received(NO_HISTORY, { snapshot });
    expect(consoleView(state, NOTHING_CHOSEN).quota?.left).toBe('1m01s');
    const asked = visitor('pro:lin', { leftSeconds: 1_500 });
    const lin = { ...NOTHING_CHOSEN, as: 'pro:lin' };
    expect(consoleView(state, lin).quota).toBeNull();
    expect(consoleView(state, { ...lin, asked }).quota?.left).toBe('25m00s');
    // The answer for a visitor that the tab is not any more.
    expect(consoleView(state, { ...NOTHING_CHOSEN, as: 'free', asked }).quota).toBeNull();
  });
});

describe('a hundred calls and more', () => {
  const many = historyOf(
    ...Array.from({ length: 1_200 }, (_, n) => aRecord(n + 1, 'refused', REFUSED)),
  );

  it('are listed from the newest on, and the last thousand are kept', () => {
    const { rows, total } = consoleView(received(many), NOTHING_CHOSEN).calls;
    expect([total, rows.length, rows[0]?.call, rows.at(-1)?.call]).toEqual([
      1_000, 100, 1_200, 1_101,
    ]);
  });

  it('are this tab’s alone when asked', () => {
    const { calls } = consoleView(received(many), {
      ...NOTHING_CHOSEN,
      ...{ as: 'pro', onlyMine: true },
    });
    expect(calls.total).toBe(0);
  });
});

it('faults are switched one by one', () => {
  expect(switchedFaults([], 'no-gpu', true)).toBe('no-gpu');
  expect(switchedFaults(['kill=2s@10%', 'slow@2'], 'kill', false)).toBe('slow@2');
  expect(switchedFaults(['no-gpu@1'], 'no-gpu', true)).toBe('no-gpu');
});

it('the console of serve has the log of each Space, found by its name as well', () => {
  const serve = { facts: { ...FACTS, kind: 'serve' }, link: 'shut-out' } as const;
  const log = ['chat', 'paint'].map((from) => ({ atMs: 0, from, text: 'app  ready' }));
  const state = received(NO_HISTORY, { ...serve, log });
  const view = consoleView(state, { ...NOTHING_CHOSEN, logFilter: 'paint' });
  expect(view.log.map(({ text }) => text)).toEqual([
    expect.stringMatching(/ paint {2}app {2}ready$/),
  ]);
  expect(view.status.text).toBe('this page needs a new link: zerogpu console --serve --open');
});

it.each([
  [{ link: 'lost' }, 'zerogpu does not answer, trying again'],
  [{ link: 'shut-out' }, 'this page needs a new link: zerogpu console --open'],
  [{ allocatorWhy: 'it ended the stream' }, 'no allocator: it ended the stream'],
  [{}, 'live'],
] as const)('the connection %j is a sentence', (fields, text) => {
  expect(consoleView(received(NO_HISTORY, fields), NOTHING_CHOSEN).status.text).toBe(text);
});
