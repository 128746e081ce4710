import { describe, expect, it } from 'vitest';
import { createProcessWatch } from '../../../src/allocator/server/process-watch.js';
import type { Clock } from '../../../src/shared/clock.js';
import type { ProcessId } from '../../../src/shared/host.js';

/** A clock that fires what is due when told to, and processes that die when told to. */
function host() {
  const timers: { atMs: number; callback: () => void; cancelled: boolean }[] = [];
  let nowMs = 0;
  const clock: Clock = {
    now: () => ({ wallMs: nowMs, monotonicMs: nowMs }),
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback, cancelled: false };
      timers.push(timer);
      return {
        cancel() {
          timer.cancelled = true;
        },
      };
    },
  };
  const alive = new Set<number>();
  const killed: number[] = [];
  /** By worker: the pids of daemons that have left its tree. */
  const daemons = new Map<number, number[]>();
  return {
    clock,
    alive,
    killed,
    daemons,
    processes: {
      descendants: (of: readonly ProcessId[]) =>
        new Map(
          of.map((worker) => [
            worker,
            (daemons.get(worker.pid) ?? [])
              .filter((pid) => alive.has(pid))
              .map((pid) => ({ pid, startTime: 2 })),
          ]),
        ),
      isAlive: (process: ProcessId) => alive.has(process.pid),
      killTree(process: ProcessId) {
        killed.push(process.pid);
        return alive.has(process.pid);
      },
    },
    advance(ms: number) {
      const untilMs = nowMs + ms;
      for (;;) {
        const due = timers
          .filter((timer) => !timer.cancelled && timer.atMs <= untilMs)
          .sort((a, b) => a.atMs - b.atMs)[0];
        if (!due) break;
        due.cancelled = true;
        nowMs = due.atMs;
        due.callback();
      }
      nowMs = untilMs;
    },
  };
}

describe('createProcessWatch', () => {
  it('tells once that a watched process has gone', () => {
    const { clock, alive, processes, advance } = host();
    const dead: number[] = [];
    const watch = createProcessWatch(clock, ({ pid }) => dead.push(pid), processes);
    alive.add(7).add(8);
    watch.watch({ pid: 7, startTime: 1 });
    watch.watch({ pid: 8, startTime: 1 });
    advance(500);
    expect(dead).toEqual([]);
    alive.delete(7);
    advance(100);
    expect(dead).toEqual([7]);
    advance(1_000);
    expect(dead).toEqual([7]);
    expect(watch.size).toBe(1);
  });

  it('looks every few milliseconds after a kill, since somebody waits for the slice', () => {
    const { clock, alive, killed, processes, advance } = host();
    const dead: number[] = [];
    const watch = createProcessWatch(clock, ({ pid }) => dead.push(pid), processes);
    alive.add(7);
    watch.kill({ pid: 7, startTime: 1 });
    expect(killed).toEqual([7]);
    alive.delete(7);
    advance(5);
    expect(dead).toEqual([7]);
  });

  it('tells of a process that was gone before it was killed, but never from within kill', () => {
    const { clock, processes, advance } = host();
    const dead: number[] = [];
    const watch = createProcessWatch(clock, ({ pid }) => dead.push(pid), processes);
    watch.kill({ pid: 9, startTime: 1 });
    expect(dead).toEqual([]);
    advance(5);
    expect(dead).toEqual([9]);
  });

  it('tells once of a process that outlives its SIGKILL, looks less often, and still sees its end', () => {
    const { clock, processes, alive, advance } = host();
    alive.add(7);
    const [gone, stuck]: [number[], number[]] = [[], []];
    let looks = 0;
    const counting = {
      ...processes,
      isAlive(process: ProcessId) {
        looks += 1;
        return processes.isAlive(process);
      },
    };
    const watch = createProcessWatch(
      clock,
      ({ pid }) => gone.push(pid),
      counting,
      ({ pid }) => stuck.push(pid),
    );
    watch.kill({ pid: 7, startTime: 1 });
    advance(9_000);
    expect(stuck).toEqual([]);
    advance(20_000);
    expect({ stuck, gone }).toEqual({ stuck: [7], gone: [] });
    looks = 0;
    advance(1_000);
    expect(looks).toBeLessThanOrEqual(11);
    alive.delete(7);
    advance(200);
    expect({ stuck, gone }).toEqual({ stuck: [7], gone: [7] });
  });

  it('stops looking when closed', () => {
    const { clock, processes, advance } = host();
    const dead: number[] = [];
    const watch = createProcessWatch(clock, ({ pid }) => dead.push(pid), processes);
    watch.watch({ pid: 9, startTime: 1 });
    watch.close();
    advance(1_000);
    expect(dead).toEqual([]);
  });

  it('counts a worker as gone when the daemons that it left are', () => {
    const { clock, alive, killed, daemons, processes, advance } = host();
    const dead: number[] = [];
    const watch = createProcessWatch(clock, ({ pid }) => dead.push(pid), processes);
    alive.add(7).add(70);
    daemons.set(7, [70]);
    watch.watch({ pid: 7, startTime: 1 });
    alive.delete(7);
    advance(150);
    expect(killed).toEqual(expect.arrayContaining([70]));
    expect(dead).toEqual([]);
    alive.delete(70);
    // Looked for often: somebody waits for the slice.
    advance(10);
    expect(dead).toEqual([7]);
    expect(watch.size).toBe(0);
  });
});
