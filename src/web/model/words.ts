/** Words of the console: how a call stands, and why it ended so. The rest is in src/tui/words.ts. Pure. */

import { ABANDONED_WORDS, END_WORDS, REFUSAL_WORDS } from '../../platform/call-words.js';
import { formatBytes } from '../../shared/bytes.js';
import { formatSeconds } from '../../shared/duration.js';
import type { ConsoleCall } from './calls.js';

/** Ends, refusals and ways out of the queue; one that is not here is shown as the allocator names it. */
const WHY: Readonly<Record<string, string>> = {
  ...REFUSAL_WORDS,
  ...ABANDONED_WORDS,
  ...END_WORDS,
  'queue-timeout': 'no GPU was free in time',
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
