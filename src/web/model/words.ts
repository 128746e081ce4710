/** Words of the console: how a call stands, and why it ended so. The rest is in src/tui/words.ts. Pure. */
import { formatBytes } from '../../shared/bytes.js';
import { formatSeconds } from '../../shared/duration.js';
import type { ConsoleCall } from './calls.js';

/** Ends, refusals and ways out of the queue; one that is not here is shown as the allocator names it. */
const WHY: Readonly<Record<string, string>> = {
  failed: 'failed in the function',
  deadline: 'killed at its deadline',
  'worker-died': 'its worker process died',
  operator: 'ended by hand',
  'over-vram': 'killed above its share of device memory',
  'gpu-lost': 'its GPU is gone',
  'allow-timeout': 'its worker never asked for the GPU',
  undelivered: 'its grant did not arrive',
  'space-gone': 'the app ended',
  stopped: 'the allocator stopped',
  'expired-token': 'expired token',
  'illegal-duration': 'longer than anybody may ask for',
  'quota-exceeded': 'quota exceeded',
  'pending-credits': 'credits are held by other calls',
  'runs-exceeded': 'runs limit reached',
  'no-gpu': 'no GPU of that size',
  stopping: 'the allocator stops',
  'queue-timeout': 'no GPU was free in time',
  'visitor-left': 'the visitor left',
};

export const whyWords = (why: string): string => WHY[why] ?? why;

/** How a call stands, in a word or two; never by colour alone. */
export function stateWords({ phase, why }: ConsoleCall): string {
  switch (phase) {
    case 'queued':
      return 'waits';
    case 'granted':
      return 'starts';
    case 'running':
      return 'runs';
    case 'killing':
      return `is killed: ${whyWords(why ?? '')}`;
    case 'ended':
      return why === 'released' ? 'done' : whyWords(why ?? '');
    case 'refused':
      return `refused: ${whyWords(why ?? '')}`;
    case 'timed-out':
      return `refused: ${whyWords('queue-timeout')}`;
    case 'abandoned':
      return `left the queue: ${whyWords(why ?? '')}`;
  }
}

/** What a call has cost, or takes; empty before it has begun. */
export function costWords(call: ConsoleCall, nowMs: number): string {
  const asked = formatSeconds(call.askedSeconds);
  if (call.usedSeconds !== null) return `${formatSeconds(call.usedSeconds)} of ${asked}`;
  if (call.startedMs !== null && call.endedMs === null) {
    return `${formatSeconds(Math.max(0, Math.floor((nowMs - call.startedMs) / 1_000)))} of ${asked}`;
  }
  return `asks ${asked}`;
}

/** The most device memory so far; empty where none was seen. */
export function peakWords({ peakVramBytes, memory }: ConsoleCall): string {
  const peak = peakVramBytes ?? memory.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  return peak > 0 ? formatBytes(peak) : '';
}
