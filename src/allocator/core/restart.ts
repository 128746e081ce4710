/**
 * Up again, after a clean stop or a kill -9: what was promised before still holds.
 *
 *  - Whoever waited is gone: their connections ended with the process that held them. They cost
 *    nothing.
 *  - A call whose worker lives continues to its deadline, which is on a clock that went on meanwhile. A
 *    kill that was on its way is sent again.
 *  - A call whose worker is dead ends, and pays for what it can have used at most: up to now, and
 *    never more than it asked for. The time of its death is unknown, and a charge must not be lost.
 *  - A grant that is not used yet keeps its seconds to /allow.
 *  - After a reboot all processes are dead, and only the wall clock tells how long they were held.
 */
import { isSameProcess, type ProcessId } from '../../shared/host.js';
import { evict } from './grant-waiting.js';
import { forgetCopies } from './holds.js';
import { endLease, endOfDead, heldSeconds, mostUsedSeconds, takeBack } from './lease.js';
import { onSpaceGone } from './spaces.js';
import type { Turn } from './turn.js';
import type { Lease, RestartedEvent } from './types.js';
import { abandon } from './waiting.js';

export function onRestarted(turn: Turn, event: RestartedEvent): void {
  const { state } = turn;
  const isAlive = (process: ProcessId) =>
    event.sameBoot && event.alive.some((other) => isSameProcess(other, process));
  for (const waiter of [...state.queue]) abandon(turn, waiter, 'visitor-left');
  forgetCopies(state);
  for (const lease of [...state.leases.values()]) {
    // Its client has gone without the grant.
    if (lease.unconfirmed) takeBack(turn, lease);
    else if (lease.process === null ? event.sameBoot : isAlive(lease.process)) goOn(turn, lease);
    else endDead(turn, lease, event.sameBoot);
  }
  state.warmWorkers = state.warmWorkers.filter(({ process }) => isAlive(process));
  for (const worker of state.warmWorkers) {
    turn.effects.push({ type: 'watch', process: worker.process });
    if (!worker.evicting) continue;
    turn.effects.push({ type: 'kill', process: worker.process, why: 'evicted' });
  }
  state.stopping = false;
  state.rules = event.rules;
  state.slices = event.slices;
  // What is offered now was listed a moment ago.
  state.lost = new Set();
  for (const space of [...state.spaces.values()]) {
    // One that had not started is started again by its client.
    if (!space.root || !isAlive(space.root)) onSpaceGone(turn, { space: space.id });
    else turn.effects.push({ type: 'watch', process: space.root });
  }
  for (const worker of state.warmWorkers) {
    if (!state.spaces.has(worker.space)) evict(turn, worker, 'space-gone');
  }
}

function goOn(turn: Turn, lease: Lease): void {
  if (!lease.process) return;
  turn.effects.push({ type: 'watch', process: lease.process });
  if (!lease.killing) return;
  turn.effects.push({ type: 'kill', process: lease.process, why: lease.killing });
}

function endDead(turn: Turn, lease: Lease, sameBoot: boolean): void {
  const usedSeconds = heldAtMostSeconds(turn, lease, sameBoot);
  endLease(turn, lease, endOfDead(lease), {
    gpuUsed: lease.process !== null,
    peakVramBytes: null,
    usedSeconds,
  });
}

function heldAtMostSeconds(turn: Turn, lease: Lease, sameBoot: boolean): number {
  const passedSeconds = heldSeconds(lease, turn.at, sameBoot ? 'monotonicMs' : 'wallMs');
  return Math.min(Math.max(0, passedSeconds), mostUsedSeconds(turn.state, lease));
}
