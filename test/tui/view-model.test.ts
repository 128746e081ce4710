import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf, widthOf } from '../../src/tui/lines.js';
import { windowOf } from '../../src/tui/panel-list.js';
import type { Style } from '../../src/tui/style.js';
import { initialUi, TABS, type UiState } from '../../src/tui/ui-state.js';
import { type Link, viewModel } from '../../src/tui/view-model.js';
import { bar, countdown, sparkline, whyWaiting } from '../../src/tui/words.js';
import {
  busySnapshot,
  emptySnapshot,
  manySnapshot,
  oneSnapshot,
  visitor,
  waiting,
} from '../support/tui/snapshots.js';

const STYLE: Style = { ascii: false, colour: true, still: true, screenReader: false };
const LIVE: Link = { phase: 'live', restarted: false };
const SCENES = [emptySnapshot(), oneSnapshot(), busySnapshot(), manySnapshot(1_000, 200)];

function show(
  snapshot = busySnapshot(),
  ui: Partial<UiState> = {},
  columns = 80,
  rows = 23,
  link: Link = LIVE,
  style = STYLE,
) {
  const model = viewModel(snapshot, { ...initialUi(1), ...ui }, link, { columns, rows }, style, 0);
  const panel = (id: string) => model.panels.find((one) => one.id === id);
  return {
    model,
    text: (id: string) => panel(id)?.lines.map((line) => textOf(line).trimEnd()) ?? [],
    title: (id: string) => panel(id)?.title,
    header: textOf(model.header),
    keys: textOf(model.keys),
  };
}

describe('the view model', () => {
  it('fills every line to the very column and never needs more rows than there are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SCENES),
        fc.integer({ min: 40, max: 220 }),
        fc.integer({ min: 16, max: 70 }),
        fc.constantFrom(...TABS),
        fc.boolean(),
        fc.integer({ min: -1, max: 1_300 }),
        (snapshot, columns, rows, tab, ascii, index) => {
          const size = { columns, rows };
          const first = viewModel(snapshot, { ...initialUi(1), tab }, LIVE, size, STYLE, 0);
          const selected = first.items[index]?.id ?? null;
          const ui = { ...initialUi(1), tab, selected };
          const model = viewModel(snapshot, ui, LIVE, size, { ...STYLE, ascii }, 0);
          for (const { lines } of model.panels) {
            for (const line of lines) expect(widthOf(textOf(line))).toBe(columns - 2);
          }
          for (const line of [model.header, model.lastMinute, model.keys]) {
            expect(widthOf(textOf(line))).toBe(columns);
            if (ascii) expect(textOf(line)).toMatch(/^[ -~]*$/);
          }
          const used = model.panels.reduce((sum, { lines }) => sum + lines.length + 2, 0);
          expect(used).toBeLessThanOrEqual(rows - 3);
          // What is selected is on the screen.
          const pointed = model.panels.flatMap(({ lines }) =>
            lines.filter((line) => textOf(line).startsWith(ascii ? '>' : '▸')),
          );
          expect(pointed).toHaveLength(selected === null ? 0 : 1);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('says what runs, who waits and why, and who has quota left', () => {
    const { text, title } = show();
    expect(text('gpu')[0]).toMatch(/slice 0 .*#17 .*upscale .*pro:lin .*44s of 1m00s .*VRAM 31 GB/);
    expect(text('queue').slice(1)).toEqual([
      expect.stringMatching(/#18 .*PRO .*15s .*2s {2}no free slice \(node\)$/),
      expect.stringMatching(/#19 .*free:ada .*lower tier than #18$/),
      expect.stringMatching(/#20 .*anon 10\.0\.0\.7 .*longer than #19$/),
    ]);
    expect(text('quota').at(3)).toMatch(/free:ada .* 41s .*in 11:31:02 {2}1m00s: refused$/);
    expect(title('queue')).toBe('Queue 3');
  });

  it('says in words that there is nothing', () => {
    const { text } = show(emptySnapshot());
    expect(text('gpu')).toEqual([
      expect.stringMatching(/slice 0 .*free$/),
      expect.stringMatching(/slice 1 .*free$/),
    ]);
    expect(text('queue')).toEqual(['  no call waits']);
    expect(text('quota')).toEqual(['  no calls yet']);
  });

  it.each([40, 60, 80, 120, 200])(
    'keeps call, visitor and what is left at %i columns',
    (columns) => {
      const { text } = show(busySnapshot(), {}, columns);
      expect(text('queue')[1]).toMatch(/#18 .*pro:sam .*15s/);
      expect(text('quota').join()).toMatch(/free:ada .*41s .*refused/);
      expect(/at most/.test(text('queue')[0] ?? '')).toBe(columns >= 120);
      expect(/█/.test(text('gpu').join())).toBe(columns >= 80);
    },
  );

  it('says which part of a long list it shows, and moves it with the selection', () => {
    const many = manySnapshot(1_000, 5_000);
    const { title, text } = show(many, { tab: 'queue', selected: 'call:600' });
    expect(title('queue')).toMatch(/^Queue 1000 · 49\d to 5\d\d of 1000$/);
    expect(text('queue').join('\n')).toMatch(/^▸ .*#600/m);
    expect(windowOf(10, 9, 4)).toBe(6);
    expect(windowOf(3, 2, 4)).toBe(0);
  });

  it('filters by what is written in a row', () => {
    const { text, keys } = show(busySnapshot(), { filter: 'ADA' });
    expect(text('queue').slice(1)).toEqual([expect.stringContaining('free:ada')]);
    expect(text('quota').slice(1)).toEqual([expect.stringContaining('free:ada')]);
    expect(text('gpu')).toEqual(['  no slice fits the filter; esc clears it']);
    expect(keys).toContain('/ filter "ADA"');
  });

  it('sorts, and says by what', () => {
    const { text, title } = show(busySnapshot(), { queueSort: 'waits', quotaSort: 'left' });
    expect(text('queue')[1]).toContain('#20');
    expect(text('quota')[1]).toContain('free:ada');
    expect([title('queue'), title('quota')]).toEqual([
      'Queue 3 · by waits',
      expect.stringContaining('by left'),
    ]);
  });

  it('takes the place of a selected row that went', () => {
    const { model } = show(busySnapshot(), { selected: 'call:99', selectedIndex: 3 });
    expect(model.selectedIndex).toBe(3);
    expect(
      show(emptySnapshot(), { selected: 'call:9', selectedIndex: 8 }).model.selectedIndex,
    ).toBe(1);
  });

  it('says how it stands with the emulator', () => {
    const headerOf = (ui: Partial<UiState>, link: Link) => show(undefined, ui, 80, 23, link).header;
    expect(headerOf({}, LIVE)).toMatch(/demo · h200 · mock · up 00:12:41 +live ● 1s $/);
    expect(headerOf({ paused: true }, LIVE)).toContain('‖ paused at 12:00:00');
    expect(headerOf({}, { phase: 'lost', why: 'x' })).toContain('no answer since 12:00:00');
    expect(headerOf({}, { phase: 'live', restarted: true })).toContain('emulator restarted');
  });

  it('tells a selected call’s whole story', () => {
    const { model } = show(busySnapshot(), { selected: 'call:19', details: true });
    expect(model.details?.title).toBe('Call #19');
    expect(model.details?.facts).toContainEqual([
      'ahead',
      '#18 (generate of pro:sam): its visitor has a higher tier',
    ]);
    expect(Object.fromEntries(model.details?.facts ?? [])['visitor sees']).toContain(
      'Waiting for a GPU to become available',
    );
  });

  it('tells what a visitor’s next call would read', () => {
    const facts = (fields: Parameters<typeof visitor>[1]) => {
      const snapshot = {
        ...emptySnapshot(),
        visitors: { total: 1, entries: [visitor('free:ada', fields)] },
      };
      const { model } = show(snapshot, { selected: 'visitor:free:ada', details: true });
      return Object.fromEntries(model.details?.facts ?? [])['next call'];
    };
    expect(facts({})).toBe('a call of 1m00s is accepted');
    expect(
      facts({ leftSeconds: 41.9, nextDefaultCall: 'quota-exceeded', resetsInSeconds: 3_600 }),
    ).toContain('60s requested vs. 41s left, try again in 01:00:00');
    for (const reason of [
      'illegal-duration',
      'pending-credits',
      'runs-exceeded',
      'no-gpu',
    ] as const) {
      expect(facts({ nextDefaultCall: reason })).toMatch(/^a call of 1m00s is refused: the toast/);
    }
  });
});

describe('words', () => {
  it.each([
    ['tier', 'lower tier than #4'],
    ['waited-longer', '#4 waited longer'],
    ['quota', 'less quota than #4'],
    ['duration', 'longer than #4'],
    ['arrival', 'came after #4'],
  ] as const)('puts %s into words', (because, words) => {
    expect(whyWaiting(waiting(5, 2, { behind: { call: 4, because } }))).toBe(words);
  });

  it('names the reason for the first in the queue', () => {
    expect(whyWaiting(waiting(5, 1))).toBe('no free slice (node)');
    expect(whyWaiting(waiting(5, 1, { reason: 'concurrency' }))).toContain('(concurrency)');
  });

  it('draws shares that can be trusted', () => {
    expect(bar(0, 4, '#', '.')).toBe('....');
    expect(bar(0.001, 4, '#', '.')).toBe('#...');
    expect(bar(0.99, 4, '#', '.')).toBe('###.');
    expect(bar(7, 4, '#', '.')).toBe('####');
    expect(sparkline([0, 1, 4], ['_', '-', '#'])).toBe('_-#');
    expect(countdown(86_400)).toBe('24:00:00');
  });
});
