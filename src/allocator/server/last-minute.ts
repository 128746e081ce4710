import { percentile } from '../../shared/percentile.js';
import type { Snapshot } from '../client/snapshot.js';
import type { CallRecord } from '../core/types.js';

type LastMinute = Snapshot['lastMinute'];

const SECONDS = 60;
const STEP_SECONDS = 5;
/** Waits that are kept of one second: enough for percentiles, bounded under any load. */
const WAITS_PER_SECOND = 500;

interface Second {
  readonly at: number;
  granted: number;
  ended: number;
  refused: number;
  killed: number;
  timedOut: number;
  readonly waits: number[];
}

/** Counts what happened in the last sixty seconds, second by second, in bounded memory. */
export function createLastMinute() {
  let seconds: Second[] = [];

  function secondAt(monotonicMs: number): Second {
    const at = Math.floor(monotonicMs / 1000);
    const last = seconds.at(-1);
    if (last && last.at >= at) return last;
    const fresh = { at, granted: 0, ended: 0, refused: 0, killed: 0, timedOut: 0, waits: [] };
    seconds.push(fresh);
    if (seconds.length > 2 * SECONDS) seconds = seconds.slice(-SECONDS);
    return fresh;
  }

  return {
    add(record: CallRecord): void {
      const second = secondAt(record.at.monotonicMs);
      switch (record.event) {
        case 'granted':
          second.granted += 1;
          if (second.waits.length < WAITS_PER_SECOND) second.waits.push(record.waitedSeconds);
          return;
        case 'refused':
          second.refused += 1;
          return;
        case 'ended':
          second.ended += 1;
          if (record.end === 'deadline' || record.end === 'operator') second.killed += 1;
          return;
        case 'timed-out':
          second.timedOut += 1;
      }
    },
    view(nowMonotonicMs: number): LastMinute {
      const now = Math.floor(nowMonotonicMs / 1000);
      const recent = seconds.filter(({ at }) => at > now - SECONDS);
      const sum = (field: 'granted' | 'ended' | 'refused' | 'killed' | 'timedOut') =>
        recent.reduce((total, second) => total + second[field], 0);
      const waits = recent.flatMap((second) => second.waits).sort((a, b) => a - b);
      const grantedPerStep = new Array<number>(SECONDS / STEP_SECONDS).fill(0);
      for (const { at, granted } of recent) {
        const step = grantedPerStep.length - 1 - Math.floor((now - at) / STEP_SECONDS);
        grantedPerStep[step] = (grantedPerStep[step] ?? 0) + granted;
      }
      return {
        granted: sum('granted'),
        ended: sum('ended'),
        refused: sum('refused'),
        killed: sum('killed'),
        timedOut: sum('timedOut'),
        waitP50Seconds: percentile(waits, 0.5),
        waitP95Seconds: percentile(waits, 0.95),
        grantedPerStep,
      };
    },
  };
}

export type LastMinuteCounter = ReturnType<typeof createLastMinute>;
