/** Calls that a debugger stops: deadline and charge wait. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotaOf, sliceView } from '../../../src/allocator/core/index.js';
import { processOf, recordsOf, visitor, World } from '../../support/allocator/world.js';

const stop = (world: World, ...pids: readonly number[]) =>
  world.send({ type: 'debug-stops', space: 'a', stopped: pids.map(processOf) });

function running(duration: number): World {
  const world = new World({ gpus: 2 });
  world.schedule({ duration });
  world.allow(1);
  return world;
}

describe('a call that a debugger stops', () => {
  it('lives beyond its duration, and has the rest of it afterwards', () => {
    const world = running(10);
    world.pass(4);
    stop(world, 101);
    expect(sliceView(world.state, world.now)[0]).toMatchObject({
      ...{ use: 'running', forSeconds: 4, deadlineInSeconds: null },
    });
    world.pass(3_600);
    stop(world);
    expect(sliceView(world.state, world.now)[0]).toMatchObject({ forSeconds: 4 });
    world.pass(6);
    expect(recordsOf(world.effects).map(({ event }) => event)).not.toContain('killing');
    world.pass(0.2);
    expect(recordsOf(world.effects).at(-1)).toMatchObject({ event: 'killing', reason: 'deadline' });
  });

  it('pays for the seconds in which it ran', () => {
    const world = running(10);
    world.pass(2);
    stop(world, 101);
    world.pass(100);
    stop(world);
    world.pass(3);
    world.release(1);
    expect(recordsOf(world.effects).at(-1)).toMatchObject({
      ...{ event: 'ended', end: 'released', usedSeconds: 5, chargedSeconds: 5 },
    });
    expect(quotaOf(world.state, visitor('free'), world.now).usedSeconds).toBe(5);
  });

  it('can be killed by hand, and pays until its stop', () => {
    const world = running(10);
    world.pass(2);
    stop(world, 101);
    world.pass(100);
    world.send({ type: 'kill-call', call: 1 });
    world.died(101);
    expect(recordsOf(world.effects).at(-1)).toMatchObject({ end: 'operator', usedSeconds: 2 });
  });

  it('is stopped while the app is, and other Spaces are not', () => {
    const world = running(10);
    world.schedule({ space: 'b', duration: 10, user: 'pro' });
    world.allow(2);
    world.send({ type: 'debug-stops', space: 'a', stopped: 'all' });
    world.pass(20);
    expect([...world.state.leases.values()].map(({ call, killing }) => [call, killing])).toEqual([
      [1, null],
      [2, 'deadline'],
    ]);
  });

  it('is stopped still when the allocator restarts', () => {
    const world = running(10);
    world.pass(1);
    stop(world, 101);
    world.pass(50);
    world.restart([101]);
    world.pass(50);
    stop(world);
    world.pass(2);
    world.release(1);
    expect(recordsOf(world.effects).at(-1)).toMatchObject({ end: 'released', usedSeconds: 3 });
  });

  it('is another process than one with the same pid', () => {
    const world = running(10);
    world.send({ type: 'debug-stops', space: 'a', stopped: [{ pid: 101, startTime: 5 }] });
    world.pass(20);
    expect([...world.state.leases.values()][0]?.killing).toBe('deadline');
  });

  it('pays exactly for its time between stops, however it is stopped', () => {
    const spans = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 500 })),
    );
    fc.assert(
      fc.property(spans, (given) => {
        const world = running(120);
        let ran = 0;
        for (const [runs, stands] of given) {
          if (ran + runs > 119) break;
          ran += runs;
          world.pass(runs);
          stop(world, 101);
          // Said twice: what is stopped stays stopped since then.
          world.pass(stands / 2);
          stop(world, 101);
          world.pass(stands / 2);
          stop(world);
        }
        world.release(1);
        expect(recordsOf(world.effects).at(-1)).toMatchObject({
          end: 'released',
          usedSeconds: ran,
        });
      }),
    );
  });
});
