/** Where each part of a call stands on the time axis. Pure; positions are shares of the width, 0 to 1. */
import { type ConsoleCall, isOver, type MemorySample } from './calls.js';

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Segment {
  readonly kind: 'queued' | 'granted' | 'running' | 'killed' | 'refused';
  readonly from: number;
  readonly to: number;
}

/** A shorter time is not stretched over the whole width. */
const SHORTEST_MS = 30_000;

/** From the first of these calls until now. */
export function windowOf(calls: readonly ConsoleCall[], nowMs: number): TimeWindow {
  const first = calls.reduce((least, { seenMs }) => Math.min(least, seenMs), nowMs);
  return { fromMs: Math.min(first, nowMs - SHORTEST_MS), toMs: nowMs };
}

/** Waiting, starting and running in turn, and a mark where it was killed or refused. */
export function segmentsOf(call: ConsoleCall, window: TimeWindow): readonly Segment[] {
  const { seenMs, grantedMs, startedMs, killedMs, endedMs } = call;
  const endMs = endedMs ?? window.toMs;
  const at = (ms: number) => shareOf(ms, window);
  const parts: Segment[] = [];
  const add = (kind: Segment['kind'], fromMs: number, toMs: number) => {
    if (toMs > fromMs) parts.push({ kind, from: at(fromMs), to: at(toMs) });
  };
  add('queued', seenMs, grantedMs ?? endMs);
  if (grantedMs !== null) add('granted', grantedMs, startedMs ?? endMs);
  if (startedMs !== null) add('running', startedMs, killedMs ?? endMs);
  if (killedMs !== null) add('killed', killedMs, endMs);
  if (isOver(call) && call.phase !== 'ended') {
    parts.push({ kind: 'refused', from: at(endMs), to: at(endMs) });
  } else if (call.phase === 'ended' && call.why !== 'released' && killedMs === null) {
    parts.push({ kind: 'killed', from: at(endMs), to: at(endMs) });
  }
  return parts;
}

/**
 * Device memory over time as points of a line, `x,y x,y …`, in a box of 1000 by 100 with 0 at its foot.
 *
 * @param capacityBytes what is at the top
 */
export function memoryPoints(
  memory: readonly MemorySample[],
  window: TimeWindow,
  capacityBytes: number,
): string {
  if (capacityBytes <= 0) return '';
  return memory
    .filter(({ atMs }) => atMs >= window.fromMs)
    .map(({ atMs, bytes }) => {
      const x = Math.round(shareOf(atMs, window) * 1_000);
      const y = Math.round(100 - Math.min(1, bytes / capacityBytes) * 100);
      return `${x},${y}`;
    })
    .join(' ');
}

function shareOf(ms: number, { fromMs, toMs }: TimeWindow): number {
  return Math.min(1, Math.max(0, (ms - fromMs) / Math.max(1, toMs - fromMs)));
}
