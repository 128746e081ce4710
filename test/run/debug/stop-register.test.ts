import { describe, expect, it } from 'vitest';
import { createStopRegister } from '../../../src/run/debug/stop-register.js';
import type { Timer } from '../../../src/shared/clock.js';

function register() {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; call: () => void }>();
  const told: unknown[] = [];
  const said: string[] = [];
  const clock = {
    now: () => ({ wallMs: nowMs, monotonicMs: nowMs }),
    after(ms: number, call: () => void): Timer {
      const timer = { atMs: nowMs + ms, call };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  const stops = createStopRegister({
    clock,
    identify: (pid) => (pid === 404 ? null : { pid, startTime: 1 }),
    tell: async (stopped) => void told.push(stopped),
    say: (message) => void said.push(message),
    warn: () => expect.unreachable(),
  });
  const pass = async (ms: number) => {
    nowMs += ms;
    for (const timer of [...timers]) if (timer.atMs <= nowMs && timers.delete(timer)) timer.call();
    await Promise.resolve();
  };
  return { stops, told, said, pass };
}
const place = Promise.resolve('app.py:10 (double)');

describe('stops', () => {
  it('reach the allocator all together, and the log with their length', async () => {
    const { stops, told, said, pass } = register();
    stops.stopped({ pid: 5, isApp: false }, place);
    stops.stopped({ pid: 6, isApp: false }, Promise.resolve(null));
    await pass(2_000);
    stops.goesOn(5);
    stops.goesOn(5);
    await pass(600);
    expect(told).toEqual([
      [{ pid: 5, startTime: 1 }],
      [
        { pid: 5, startTime: 1 },
        { pid: 6, startTime: 1 },
      ],
      [{ pid: 6, startTime: 1 }],
    ]);
    expect(said).toEqual([
      'debug: worker 5 is stopped at app.py:10 (double); deadline and charge of its call wait',
      'debug: worker 6 is stopped; deadline and charge of its call wait',
      'debug: worker 5 goes on; 2s of stop do not count',
    ]);
  });

  it('of the app are those of all its calls', async () => {
    const { stops, told, said, pass } = register();
    stops.stopped({ pid: 5, isApp: false }, place);
    stops.stopped({ pid: 1, isApp: true }, place);
    await pass(0);
    stops.goesOn(1);
    expect(told.slice(1)).toEqual(['all', [{ pid: 5, startTime: 1 }]]);
    expect(said[1]).toContain('the app is stopped at app.py:10 (double); deadlines and charges');
  });

  it('count for a call that begins in a worker that is stopped already', () => {
    const { stops, told } = register();
    stops.callBegan();
    expect(told).toEqual([]);
    stops.stopped({ pid: 5, isApp: false }, place);
    stops.callBegan();
    expect(told).toEqual([[{ pid: 5, startTime: 1 }], [{ pid: 5, startTime: 1 }]]);
  });

  it('of steps are one stop in the log', async () => {
    const { stops, said, pass } = register();
    for (let step = 0; step < 3; step += 1) {
      stops.stopped({ pid: 5, isApp: false }, place);
      await pass(1_000);
      stops.goesOn(5);
      await pass(100);
    }
    await pass(600);
    expect(said.slice(1)).toEqual(['debug: worker 5 goes on; 3s of stop do not count']);
  });
});
