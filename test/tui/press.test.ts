import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemsOf, pick } from '../../src/tui/pick.js';
import { type Key, press, question } from '../../src/tui/press.js';
import { initialUi, type UiState } from '../../src/tui/ui-state.js';
import { busySnapshot } from '../support/tui/snapshots.js';

const items = itemsOf(pick(busySnapshot(), initialUi(1)), 'all');
const scene = (selectedIndex = -1) => ({ items, selectedIndex, pageRows: 3 });

function pressed(keys: readonly Key[], ui: UiState = initialUi(1)) {
  let state = ui;
  const effects: unknown[] = [];
  for (const key of keys) {
    const at = items.findIndex(({ id }) => id === state.selected);
    const { ui: next, effect } = press(state, key, scene(at));
    state = next;
    if (effect) effects.push(effect);
  }
  return { ui: state, effects };
}
const type = (text: string): Key[] => [...text].map((one) => ({ text: one }));
const name = (...names: Extract<Key, { name: string }>['name'][]): Key[] =>
  names.map((one) => ({ name: one }));

describe('keys', () => {
  it('move the selection through all panels and stop at the ends', () => {
    expect(pressed(name('down')).ui.selected).toBe('slice:0');
    expect(pressed(name('down', 'down', 'down')).ui.selected).toBe('call:18');
    expect(pressed(name('up')).ui.selected).toBe(items.at(-1)?.id);
    expect(pressed(name('end', 'down')).ui.selected).toBe(items.at(-1)?.id);
    expect(pressed(name('end', 'home', 'up')).ui.selected).toBe('slice:0');
    expect(pressed(name('page-down')).ui.selected).toBe('call:19');
    expect(pressed([...type('G'), ...type('g')]).ui.selected).toBe('slice:0');
  });

  it('open and close details, one step back at a time', () => {
    expect(pressed(name('enter')).ui.details).toBe(false);
    const open = pressed(name('down', 'enter'));
    expect(open.ui.details).toBe(true);
    expect(pressed(name('escape'), open.ui).ui).toMatchObject({
      details: false,
      selected: 'slice:0',
    });
    expect(pressed(name('escape', 'escape'), open.ui).ui.selected).toBeNull();
  });

  it('type a filter: keys are letters then', () => {
    const typed = pressed(type('/sqp'));
    expect(typed.ui).toMatchObject({ filter: 'sqp', typing: true });
    expect(typed.effects).toEqual([]);
    expect(pressed(name('backspace', 'enter'), typed.ui).ui).toMatchObject({
      filter: 'sq',
      typing: false,
    });
    expect(pressed(name('escape'), typed.ui).ui).toMatchObject({ filter: '', typing: false });
  });

  it('sort the list that the selection is in', () => {
    expect(pressed(type('s')).ui).toMatchObject({ queueSort: 'waits', quotaSort: 'left' });
    expect(pressed([...name('down', 'down', 'down'), ...type('s')]).ui).toMatchObject({
      queueSort: 'waits',
      quotaSort: 'activity',
    });
    expect(pressed([...name('end'), ...type('ssss')]).ui).toMatchObject({
      queueSort: 'order',
      quotaSort: 'activity',
    });
  });

  it('change tab, pause and rate', () => {
    expect(pressed(type('ttp')).ui).toMatchObject({ tab: 'queue', paused: true });
    expect(pressed(type('-')).effects).toEqual([{ kind: 'rate', seconds: 2 }]);
    expect(pressed(type('+++++')).effects.at(-1)).toEqual({ kind: 'rate', seconds: 0.25 });
    expect(pressed(type('---------')).ui.rateSeconds).toBe(60);
  });

  it.each([
    [0, 'k', 'y', { kind: 'kill', call: 17 }],
    [2, 'k', 'y', { kind: 'release', call: 18 }],
    [2, 'r', 'y', { kind: 'reset', visitor: 'pro:sam' }],
    [0, 'f', 'y', { kind: 'advance', seconds: 3_600 }],
    [5, 'y', 'fy', { kind: 'tier', visitor: 'pro:lin', tier: 'free' }],
    [5, 'y', 'oy', { kind: 'tier', visitor: 'pro:lin', tier: null }],
  ])('on row %i, %s asks and %s does it', (row, key, answer, action) => {
    const moves = name('home', ...Array.from({ length: row }, () => 'down' as const));
    const asked = pressed([...moves, ...type(key)]);
    expect(asked.effects).toEqual([]);
    expect(asked.ui.dialog).not.toBeNull();
    expect(pressed(type(answer), asked.ui).effects).toEqual([
      { kind: 'act', action: expect.objectContaining(action) },
    ]);
    expect(pressed(type('n'), asked.ui)).toMatchObject({ effects: [], ui: { dialog: null } });
  });

  it('do nothing by Enter: a question is answered with y', () => {
    const asked = pressed([...name('down'), ...type('k')]);
    expect(pressed(name('enter'), asked.ui).effects).toEqual([]);
    expect(asked.ui.dialog && question(asked.ui.dialog).text).toMatch(/^Kill call #17 .*pro:lin/);
  });

  it('need a row for what is about a row', () => {
    for (const key of ['k', 'r', 'y']) expect(pressed(type(key)).ui.dialog).toBeNull();
  });

  it('leave by q, and by ctrl-c from anywhere', () => {
    expect(pressed(type('q')).effects).toEqual([{ kind: 'quit' }]);
    expect(pressed(type('?q')).effects).toEqual([{ kind: 'quit' }]);
    expect(pressed([...type('/ab'), ...name('interrupt')]).effects).toEqual([{ kind: 'quit' }]);
    expect(pressed([...type('f'), ...name('interrupt')]).effects).toEqual([{ kind: 'quit' }]);
  });

  it('never act without a question, whatever is pressed', () => {
    const key = fc.oneof(
      fc.constantFrom(...type('qsptfkry?+-/gGnaoz')),
      fc.constantFrom(...name('up', 'down', 'enter', 'escape', 'tab', 'end', 'backspace')),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 30 }), (keys) => {
        let ui = initialUi(1);
        for (const one of keys) {
          const at = items.findIndex(({ id }) => id === ui.selected);
          const result = press(ui, one, scene(at));
          if (result.effect?.kind === 'act') expect(ui.dialog?.kind).toBe('confirm');
          ui = result.ui;
        }
      }),
    );
  });
});
