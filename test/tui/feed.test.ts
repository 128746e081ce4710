import { describe, expect, it } from 'vitest';
import { createController } from '../../src/tui/controller.js';
import { createFeed, type Found } from '../../src/tui/feed.js';
import { itemsOf, pick } from '../../src/tui/pick.js';
import { initialUi } from '../../src/tui/ui-state.js';
import { fakeClient } from '../support/tui/client.js';
import { busySnapshot, emptySnapshot, oneSnapshot } from '../support/tui/snapshots.js';

/** A clock that the test moves: the timers that wait, by hand. */
function handClock() {
  const timers = new Set<() => void>();
  return {
    after(_delayMs: number, callback: () => void) {
      timers.add(callback);
      return { cancel: () => void timers.delete(callback) };
    },
    ring() {
      for (const callback of [...timers]) {
        timers.delete(callback);
        callback();
      }
    },
    waiting: () => timers.size,
  };
}

function open(find: () => Found | null = () => null) {
  const client = fakeClient(busySnapshot());
  const clock = handClock();
  const feed = createFeed({ first: { url: 'http://a', client }, find, rateSeconds: 1, clock });
  return { client, clock, feed };
}
const soon = () => new Promise((done) => setTimeout(done, 0));
const restarted = () => {
  const next = oneSnapshot();
  return { ...next, allocator: { ...next.allocator, pid: 9_999 } };
};

describe('the feed', () => {
  it('connects, then lives', async () => {
    const { feed, client } = open();
    expect(feed.state().link.phase).toBe('connecting');
    await soon();
    expect(feed.state()).toMatchObject({ link: { phase: 'live', restarted: false }, frame: 1 });
    client.send(emptySnapshot());
    expect(feed.state()).toMatchObject({ frame: 2, snapshot: { queue: { total: 0 } } });
  });

  it('keeps the last figures when the emulator goes, and says when another came', async () => {
    const { feed, client } = open();
    await soon();
    client.drop('reset');
    expect(feed.state()).toMatchObject({ link: { phase: 'lost', why: 'reset' } });
    expect(feed.state().snapshot?.queue.total).toBe(3);
    client.send(restarted());
    expect(feed.state().link).toEqual({ phase: 'live', restarted: true });
  });

  it('looks for an emulator that came back somewhere else', async () => {
    const other = fakeClient(restarted());
    let there: Found | null = null;
    const { feed, client, clock } = open(() => there);
    await soon();
    client.drop('reset');
    clock.ring();
    expect(clock.waiting()).toBe(1);
    there = { url: 'http://b', client: other };
    clock.ring();
    expect(client.closed).toBe(true);
    await soon();
    expect(feed.state().link).toEqual({ phase: 'live', restarted: true });
    expect(feed.client()).toBe(other);
  });

  it('asks for another rate, and watches once', async () => {
    const { feed, client } = open();
    feed.setRate(5);
    expect(client.asked).toEqual(['watch 1', 'watch 5']);
    expect(client.watchers).toBe(1);
  });

  it('leaves nothing behind', async () => {
    const { feed, client, clock } = open();
    await soon();
    client.drop('reset');
    feed.close();
    clock.ring();
    expect(clock.waiting()).toBe(0);
    expect(client).toMatchObject({ watchers: 0, closed: true });
  });
});

describe('the controller', () => {
  async function start() {
    const { client, feed } = open();
    let left = 0;
    const controller = createController(feed, 1, () => {
      left += 1;
    });
    await soon();
    const press = (text: string) => {
      const items = itemsOf(pick(busySnapshot(), initialUi(1)), 'all');
      for (const one of text) {
        const selectedIndex = items.findIndex(({ id }) => id === controller.state().ui.selected);
        controller.press({ text: one }, { items, selectedIndex, pageRows: 3 });
      }
    };
    return { client, controller, press, left: () => left };
  }

  it('stands still while paused, and shows the newest at once afterwards', async () => {
    const { client, controller, press } = await start();
    press('p');
    client.send(emptySnapshot());
    expect(controller.state().snapshot?.queue.total).toBe(3);
    press('p');
    expect(controller.state().snapshot?.queue.total).toBe(0);
  });

  it('says while paused that the emulator went', async () => {
    const { client, controller, press } = await start();
    press('p');
    client.drop('reset');
    expect(controller.state().feed.link.phase).toBe('lost');
    expect(controller.state().snapshot?.queue.total).toBe(3);
  });

  it('does what was confirmed, and says what came of it', async () => {
    const { client, controller, press } = await start();
    press('gky');
    await soon();
    expect(client.asked).toContain('kill 17');
    expect(controller.state().ui.notice).toEqual({
      text: 'call #17 (upscale of pro:lin) was killed',
      bad: false,
    });
    client.failWith('call 17 is over');
    press('ky');
    await soon();
    expect(controller.state().ui.notice).toEqual({ text: 'call 17 is over', bad: true });
    press('fy');
    await soon();
    expect(client.asked.at(-1)).toBe('advance 3600');
  });

  it('passes on quit and rate', async () => {
    const { client, press, left } = await start();
    press('-q');
    expect(client.asked.at(-1)).toBe('watch 2');
    expect(left()).toBe(1);
  });
});
