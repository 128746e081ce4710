import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, it } from 'vitest';
import { App } from '../../src/tui/components/app.js';
import { createController } from '../../src/tui/controller.js';
import { createFeed } from '../../src/tui/feed.js';
import type { Style } from '../../src/tui/style.js';
import { fakeClient } from '../support/tui/client.js';
import {
  busySnapshot,
  emptySnapshot,
  manySnapshot,
  oneSnapshot,
} from '../support/tui/snapshots.js';

const STYLE: Style = { ascii: false, colour: false, still: true, screenReader: false };
const DOWN = '\u001b[B';

afterEach(cleanup);

function show(snapshot = busySnapshot(), style: Partial<Style> = {}) {
  const client = fakeClient(snapshot);
  const feed = createFeed({
    first: { url: 'http://a', client },
    find: () => null,
    rateSeconds: 1,
    clock: { after: () => ({ cancel: () => {} }) },
  });
  let left = 0;
  const controller = createController(feed, 1, () => {
    left += 1;
  });
  const view = render(<App controller={controller} style={{ ...STYLE, ...style }} />);
  return {
    client,
    left: () => left,
    resize(columns: number, rows: number) {
      Object.defineProperty(view.stdout, 'columns', { value: columns, configurable: true });
      Object.defineProperty(view.stdout, 'rows', { value: rows, configurable: true });
      view.stdout.emit('resize');
    },
    async press(...keys: readonly string[]) {
      for (const key of keys) {
        view.stdin.write(key);
        await new Promise((done) => setTimeout(done, 5));
      }
    },
    shows: (text: string | RegExp) => expect.poll(() => view.lastFrame()).toMatch(text),
    frame: () => view.lastFrame() ?? '',
  };
}

describe('the view', () => {
  it('says that it connects, before anything came', () => {
    expect(show().frame()).toBe('Connecting (q leaves)');
  });

  it('shows an emulator without calls', async () => {
    const { shows, frame } = show(emptySnapshot());
    await shows('no call waits');
    expect(frame()).toContain('no calls yet');
    expect(frame()).toMatch(/slice 1 .* free/);
  });

  it('shows one call', async () => {
    const { shows, frame } = show(oneSnapshot());
    await shows(/#7 .*generate .*free:ada .*12s of 1m00s/);
    expect(frame()).toContain('GPU · 1 of 2 free');
  });

  it('shows a queue, and whose next call is refused', async () => {
    const { shows } = show();
    await shows(/#20 .*anon 10\.0\.0\.7 .*longer than #19/);
    await shows(/free:ada .*41s .*1m00s: refused/);
  });

  it('shows a part of many, and pages', async () => {
    const { shows, press } = show(manySnapshot(1_000, 5_000));
    await shows(/Queue 1000 · 1 to \d+ of 1000/);
    await press('t', 't', 'G');
    await shows(/▸ 1000 {2}#1099/);
  });

  it('shows the last figures and says so when the emulator is gone', async () => {
    const { client, shows } = show();
    await shows('live ●');
    client.drop('the connection was reset');
    await shows('no answer since 12:00:00, trying again');
    await shows('#18');
    client.send(busySnapshot());
    await shows('live ●');
  });

  it('follows the terminal’s size, and says when that is too small', async () => {
    const { resize, shows, frame } = show();
    await shows('#18');
    resize(39, 24);
    await shows(/This terminal is 39 x 24; the view\s+needs 40 x 17/);
    resize(60, 20);
    await shows('#18');
    expect(
      Math.max(
        ...frame()
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBe(60);
    expect(frame().split('\n')).toHaveLength(19);
  });

  it('shows a row’s details and comes back', async () => {
    const { press, shows } = show();
    await shows('#19');
    await press(DOWN, DOWN, DOWN, DOWN, '\r');
    await shows('┌ Call #19 ');
    await shows(/ahead +#18 \(generate of pro:sam\): its visitor has a higher tier/);
    await press('\u001b');
    await shows('┌ Queue 3 ');
  });

  it('asks before it acts, then says what was done', async () => {
    const { press, shows, client } = show();
    await shows('#17');
    await press(DOWN, 'k');
    await shows('Kill call #17 (upscale of pro:lin)?');
    await press('n');
    await shows('┌ GPU');
    await press('k', 'y');
    await shows('call #17 (upscale of pro:lin) was killed');
    expect(client.asked).toContain('kill 17');
  });

  it('lists the keys, filters, and leaves', async () => {
    const { press, shows, left } = show();
    await shows('#18');
    await press('?');
    await shows('┌ Keys ');
    await press('?', '/', 'sam');
    await shows('filter: sam_');
    await press('\r');
    await shows('/ filter "sam"');
    await press('q');
    expect(left()).toBe(1);
  });

  it('leaves by ctrl-c', async () => {
    const { press, shows, left } = show();
    await shows('#18');
    await press('\u0003');
    expect(left()).toBe(1);
  });

  it('does with ASCII alone', async () => {
    const { shows, frame } = show(busySnapshot(), { ascii: true });
    await shows('#18');
    expect(frame()).toMatch(/^[\n -~]+$/);
  });

  it('speaks in sentences to a screen reader', async () => {
    const { shows, frame, press } = show(busySnapshot(), { screenReader: true });
    await shows('3 waiting, 4 visitors.');
    expect(frame()).toContain('Waiting 2: call 19, generate of free:ada, lower tier than #18.');
    expect(frame()).toContain('Quota of free:ada: 41s left, next call: 1m00s: refused.');
    expect(frame()).not.toMatch(/[█░│┌]/);
    await press(DOWN);
    await shows('Selected: Slice 0: call 17');
  });
});
