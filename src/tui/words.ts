/** How figures and reasons are said; the same words in every rendering. */
import type {
  Snapshot,
  SnapshotQueueEntry,
  SnapshotSlice,
  SnapshotVisitor,
} from '../allocator/client/snapshot.js';
import { STARTUP_KEY, TIER_TITLES, type Tier } from '../platform/tiers.js';
import { formatSeconds } from '../shared/duration.js';

/** Whole seconds, rounded down: quota that is not there is never shown. */
export const wholeSeconds = (seconds: number): string =>
  formatSeconds(Math.floor(Math.max(0, seconds)));

/** `19:02:11`, hours may pass 24. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** `31 GB`, `800 MB`: a slice's memory needs no decimals beside 70 GB. */
export function memory(bytes: number): string {
  if (bytes >= 9.95e9) return `${Math.round(bytes / 1e9)} GB`;
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${Math.round(bytes / 1e6)} MB`;
}

/** Short, for columns. */
export const TIER_WORDS: Readonly<Record<Tier, string>> = { ...TIER_TITLES, anonymous: 'anon' };

/** The tier that a call counts as; none for a call at start-up, which has no visitor. */
export function tierWord(visitor: string, tier: Tier): string {
  return visitor === STARTUP_KEY ? '' : TIER_WORDS[tier];
}

/** Why a call waits: the reason for the first, the one ahead of it for all others. */
export function whyWaiting(entry: SnapshotQueueEntry): string {
  if (entry.behind === null) {
    return entry.reason === 'node' ? 'no free slice (node)' : 'its Space is full (concurrency)';
  }
  const ahead = `#${entry.behind.call}`;
  switch (entry.behind.because) {
    case 'tier':
      return `lower tier than ${ahead}`;
    case 'waited-longer':
      return `${ahead} waited longer`;
    case 'quota':
      return `less quota than ${ahead}`;
    case 'duration':
      return `longer than ${ahead}`;
    case 'arrival':
      return `came after ${ahead}`;
  }
}

/** What the next call of the default duration would meet; null when it would be let in. */
export function nextCall(visitor: SnapshotVisitor, snapshot: Snapshot): string | null {
  const asked = formatSeconds(snapshot.allocator.defaultDurationSeconds);
  switch (visitor.nextDefaultCall) {
    case null:
      return null;
    case 'quota-exceeded':
      return visitor.leftSeconds < 1 ? `used up: refused` : `${asked}: refused`;
    case 'illegal-duration':
      return `${asked}: too long`;
    case 'pending-credits':
      return 'credits held: refused';
    case 'runs-exceeded':
      return 'no runs left: refused';
    case 'no-gpu':
      return 'no GPU: refused';
  }
}

/** What a slice does, in one word. */
export const SLICE_WORDS: Readonly<Record<SnapshotSlice['use'], string>> = {
  free: 'free',
  granted: 'starts',
  running: 'runs',
  killing: 'is killed',
  warm: 'warm',
  evicting: 'makes room',
};

/** Bars of twelve steps, the highest as high as a character. */
export function sparkline(counts: readonly number[], steps: readonly string[]): string {
  const highest = Math.max(1, ...counts);
  return counts
    .map((count) => steps[Math.ceil((count / highest) * (steps.length - 1))] ?? '')
    .join('');
}

/** A bar of so many characters for a share from 0 to 1. Any use at all shows. */
export function bar(share: number, columns: number, full: string, empty: string): string {
  const bounded = Math.min(1, Math.max(0, share));
  const filled = bounded === 0 ? 0 : Math.max(1, Math.floor(bounded * columns));
  return full.repeat(filled) + empty.repeat(columns - filled);
}

/** The last minute in words, `short` for narrow terminals. */
export function lastMinuteText(snapshot: Snapshot, short: boolean): string {
  const { granted, refused, killed, waitP50Seconds, waitP95Seconds } = snapshot.lastMinute;
  const waits =
    waitP50Seconds === null || waitP95Seconds === null
      ? ''
      : `wait p50 ${formatSeconds(waitP50Seconds)} p95 ${formatSeconds(waitP95Seconds)}`;
  if (short) return `calls ${granted} refused ${refused} killed ${killed}`;
  return ['last minute', `calls ${granted}`, `refused ${refused}`, `killed ${killed}`, waits]
    .filter((part) => part !== '')
    .join('  ');
}

/** Time of day of an ISO instant, on this machine's clock. */
export function timeOfDay(iso: string): string {
  const date = new Date(iso);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
