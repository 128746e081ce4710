/** Calls that a debugger stops: their deadlines wait, and the time of the stop costs nothing. */
import { isSameProcess } from '../../shared/host.js';
import type { Turn } from './turn.js';
import type { DebugStopsEvent, Lease } from './types.js';

export function onDebugStops(turn: Turn, { space, stopped }: DebugStopsEvent): void {
  for (const lease of turn.state.leases.values()) {
    const { process, startedAt } = lease;
    if (lease.space !== space || !process || !startedAt) continue;
    const isStopped = stopped === 'all' || stopped.some((one) => isSameProcess(one, process));
    if (isStopped) lease.pausedAt ??= turn.at;
    else goOn(turn, lease);
  }
}

function goOn({ at }: Turn, lease: Lease): void {
  if (!lease.pausedAt) return;
  lease.pausedMs = (lease.pausedMs ?? 0) + at.monotonicMs - lease.pausedAt.monotonicMs;
  lease.pausedAt = null;
}
