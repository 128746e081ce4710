/** The streams of the control API without a server: what a reader that comes late gets. */
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { MOST_REPLAYED } from '../../../src/allocator/client/protocol.js';
import {
  createEventStreams,
  type EventStreams,
  type NamedCallRecord,
} from '../../../src/allocator/server/control-streams.js';
import { systemClock } from '../../../src/shared/clock.js';

const SIZE = { queue: 0, visitors: 0 };
const recordOf = (call: number) => ({ call, event: 'queued' }) as unknown as NamedCallRecord;

/** What a reader of records gets at once, and whether it was let go. */
function read(streams: EventStreams, replay: number) {
  const reader = { text: '', writableLength: 0, isGone: false };
  const response = {
    writeHead: () => response,
    flushHeaders() {},
    on: () => response,
    once: () => response,
    end() {},
    write(text: string) {
      reader.text += text;
    },
    destroy() {
      reader.isGone = true;
    },
    get writableLength() {
      return reader.writableLength;
    },
    req: { socket: { setNoDelay() {} }, on() {} },
    socket: { setNoDelay() {} },
  };
  const options = { everyMs: 1_000, records: 'only', replay, size: SIZE } as const;
  streams.open(response as unknown as ServerResponse, options);
  return reader;
}
const callsIn = (text: string): number[] => {
  const data = /event: history\ndata: (.*)\n/.exec(text)?.[1];
  return data ? (JSON.parse(data) as { call: number }[]).map(({ call }) => call) : [];
};

it('keeps the newest records, in order, and gives as many as were asked for', () => {
  const streams = createEventStreams(systemClock, () => ({}) as never);
  const last = 2 * MOST_REPLAYED + 7;
  for (let call = 1; call <= last; call += 1) streams.record(recordOf(call));
  expect(callsIn(read(streams, 3).text)).toEqual([last - 2, last - 1, last]);
  const all = callsIn(read(streams, MOST_REPLAYED).text);
  expect([all.length, all[0], all.at(-1)]).toEqual([MOST_REPLAYED, last - MOST_REPLAYED + 1, last]);
  expect(read(streams, 0).text).not.toContain('history');
  streams.close();
});

it('lets go of a reader that is megabytes behind, and of no other', () => {
  const streams = createEventStreams(systemClock, () => ({}) as never);
  const [slow, good] = [read(streams, 1), read(streams, 1)];
  slow.writableLength = 9e6;
  streams.record(recordOf(1));
  expect([slow.isGone, good.isGone]).toEqual([true, false]);
  expect(good.text).toContain('event: record');
  streams.close();
});
