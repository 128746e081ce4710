/** What the console's server reads of an allocator, and what each page gets of it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/shared/clock.js';
import type { Message } from '../../src/web/model/messages.js';
import { createFeed, type Feed } from '../../src/web/server/feed.js';
import { call, manySnapshot, oneSnapshot, slice, visitor } from '../support/tui/snapshots.js';
import { aRecord, playAllocator } from '../support/web/index.js';

const settled = () => new Promise((later) => setImmediate(later));
const REFUSED = { refusal: { kind: 'quota-exceeded' } };

let played: ReturnType<typeof playAllocator>;
let feed: Feed;

beforeEach(() => {
  played = playAllocator(manySnapshot(0, 2, 0), (key) => visitor(key));
  feed = createFeed({ client: played.client, clock: systemClock, space: null });
});
afterEach(() => feed.close());

/** A page: what it has received, and how it leaves. */
function look() {
  const messages: Message[] = [];
  const leave = feed.subscribe((message) => void messages.push(message));
  const lastHistory = () => messages.findLast((message) => message.type === 'history')?.history;
  return { messages, leave, lastHistory };
}

it('reads no record while no page looks', async () => {
  await settled();
  expect(played.readers).toBe(0);
  const [first, second] = [look(), look()];
  expect(played.readers).toBe(1);
  first.leave();
  expect(played.readers).toBe(1);
  second.leave();
  expect(played.readers).toBe(0);
});

it('a page gets the calls from before it came, with their memory and the words about them', async () => {
  await settled();
  const at = systemClock.now();
  played.record(aRecord(1, 'queued', { at }));
  played.record(aRecord(1, 'granted', { at, nvidiaIndex: 0, warm: true, waitedSeconds: 0 }));
  const memory = { allocatedBytes: 7e9, callPeakBytes: 8e9 };
  const holding = slice(0, { call: call(1), memory });
  played.snapshot({ ...oneSnapshot(), slices: [holding] });
  feed.told('You have exceeded your quota', 'free:ada');
  played.record(aRecord(2, 'refused', { at, ...REFUSED }));
  const page = look();
  await settled();
  const history = page.lastHistory();
  expect(history?.calls).toMatchObject([
    { call: 1, phase: 'running' },
    { call: 2, phase: 'refused', seenMs: at.wallMs },
  ]);
  expect(history?.calls[0]?.memory).toContainEqual({ atMs: expect.any(Number), bytes: 7e9 });
  expect(history?.told).toMatchObject([{ call: 2, message: 'You have exceeded your quota' }]);
});

it('what comes while a page looks is sent as it comes, and is known to the next page', async () => {
  const page = look();
  await settled();
  played.record(aRecord(5, 'queued'));
  expect(page.messages.at(-1)).toMatchObject({ type: 'call', call: { call: 5, phase: 'queued' } });
  expect(feed.history().calls).toMatchObject([{ call: 5 }]);
});

it('a record that this version does not know is left out', async () => {
  played.record({ event: 'painted', call: 1 });
  played.record(aRecord(2, 'queued'));
  const page = look();
  await vi.waitFor(() => expect(page.lastHistory()?.calls).toMatchObject([{ call: 2 }]));
});
