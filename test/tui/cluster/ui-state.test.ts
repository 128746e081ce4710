import { describe, expect, it } from 'vitest';
import { initialClusterUi, pressInCluster } from '../../../src/tui/cluster/ui-state.js';
import type { Key } from '../../../src/tui/press.js';

const SCENE = { tabs: ['node:a', 'quota'], page: 1, pages: 4 };
const ui = { ...initialClusterUi(1), page: 1 };
const press = (key: Key, before = ui, scene = SCENE) => pressInCluster(before, key, scene).ui;

describe('a key in the view of a cluster', () => {
  it.each<[Key, number]>([
    [{ name: 'page-down' }, 2],
    [{ name: 'down' }, 2],
    [{ name: 'page-up' }, 0],
    [{ name: 'up' }, 0],
    [{ text: 'g' }, 0],
    [{ text: 'G' }, 3],
  ])('%o goes to a page', (key, page) => {
    expect(press(key).page).toBe(page);
  });

  it('stays on the first and on the last page', () => {
    expect(press({ name: 'up' }, ui, { ...SCENE, page: 0 }).page).toBe(0);
    expect(press({ name: 'down' }, ui, { ...SCENE, page: 3 }).page).toBe(3);
  });

  it('shows one panel after the other, and all again', () => {
    const first = press({ text: 't' });
    expect(first).toMatchObject({ tab: 'node:a', page: 0 });
    const second = press({ name: 'tab' }, first);
    expect(second.tab).toBe('quota');
    expect(press({ name: 'tab' }, second).tab).toBeNull();
    expect(press({ name: 'escape' }, second).tab).toBeNull();
  });

  it('pauses, changes the rate, explains the keys and leaves', () => {
    expect(press({ text: 'p' }).paused).toBe(true);
    expect(press({ text: '+' }).rateSeconds).toBe(0.5);
    expect(press({ text: '-' }, { ...ui, rateSeconds: 3_600 }).rateSeconds).toBe(60);
    const help = press({ text: '?' });
    expect(help.help).toBe(true);
    expect(press({ name: 'escape' }, help).help).toBe(false);
    expect(pressInCluster(help, { text: 'q' }, SCENE).quits).toBe(true);
    expect(pressInCluster(ui, { name: 'interrupt' }, SCENE).quits).toBe(true);
    expect(press({ text: 'k' })).toEqual(ui);
  });
});
