import { isStartupCall } from '../../allocator/core/startup.js';
import type { AbandonedBecause, CallEnd, Refusal, Visitor } from '../../allocator/core/types.js';
import { ABANDONED_WORDS, END_WORDS, REFUSAL_WORDS } from '../../platform/call-words.js';
import { formatSeconds } from '../../shared/duration.js';
import type { NamedRecord } from './call-log.js';

/** Arrows say which way a call goes; every state has its word as well. */
export interface Symbols {
  readonly start: string;
  readonly end: string;
  readonly wait: string;
  readonly kill: string;
  readonly refuse: string;
}
export const UNICODE_SYMBOLS: Symbols = { start: '→', end: '←', wait: '…', kill: '✗', refuse: '⊘' };
export const ASCII_SYMBOLS: Symbols = {
  start: '->',
  end: '<-',
  wait: '..',
  kill: 'x',
  refuse: 'o',
};

/** The text of a record after its time and number; null for records that need no line. */
export function callLine(record: NamedRecord, symbols: Symbols): string | null {
  const told = tell(record, symbols);
  if (!told) return null;
  const asked = `${formatSeconds(record.askedSeconds)}${record.size === 'xlarge' ? ' xlarge' : ''}`;
  return [
    `#${record.call}`.padEnd(4),
    told.symbol.padEnd(3),
    record.function.padEnd(10),
    visitorLabel(record.visitor).padEnd(10),
    told.asked ? `${`${asked} asked`.padEnd(12)} ${told.text}` : told.text,
  ].join(' ');
}

function tell(
  record: NamedRecord,
  symbols: Symbols,
): { symbol: string; text: string; asked?: true } | null {
  switch (record.event) {
    case 'granted': {
      const waited =
        record.waitedSeconds >= 0.05 ? ` after ${formatSeconds(record.waitedSeconds)}` : '';
      const text = `granted slice ${record.nvidiaIndex}, ${record.warm ? 'warm' : 'cold'}${waited}`;
      return { symbol: symbols.start, text, asked: true };
    }
    case 'queued':
      return {
        symbol: symbols.wait,
        text: `waits, number ${record.position} in the queue (${record.reason})`,
        asked: true,
      };
    case 'refused':
      return { symbol: symbols.refuse, text: refusalText(record.refusal), asked: true };
    case 'ended':
      return endText(record, symbols);
    case 'timed-out':
      return {
        symbol: symbols.refuse,
        text: `no GPU within ${formatSeconds(record.waitedSeconds)}, queue timed out`,
      };
    case 'abandoned':
      return {
        symbol: symbols.refuse,
        text: `${LEFT_BECAUSE[record.why]}, after waiting ${formatSeconds(record.waitedSeconds)}`,
      };
    default:
      return null;
  }
}

const ENDS: Record<CallEnd, string> = END_WORDS;
const LEFT_BECAUSE: Record<AbandonedBecause, string> = ABANDONED_WORDS;

function endText(record: NamedRecord & { event: 'ended' }, symbols: Symbols) {
  const good = record.end === 'released';
  const used = `${formatSeconds(record.usedSeconds)} used of ${formatSeconds(record.askedSeconds)}`;
  const quota = isStartupCall(record)
    ? 'no quota charged'
    : `quota ${wholeSeconds(record.leftBeforeSeconds)} ${symbols.start} ${wholeSeconds(record.leftAfterSeconds)}`;
  const credits =
    record.creditSeconds > 0 ? `, ${formatSeconds(record.creditSeconds)} paid by credits` : '';
  const how = good ? '' : `, ${ENDS[record.end]}`;
  const unused = good && !record.gpuUsed ? ', GPU device not used' : '';
  return {
    symbol: good ? symbols.end : symbols.kill,
    text: `${used.padEnd(20)} ${quota}${credits}${how}${unused}`,
  };
}

const STATUS: Record<Refusal['kind'], number> = {
  ...{ 'expired-token': 401, 'no-gpu': 503, stopping: 503, 'illegal-duration': 429 },
  ...{ 'runs-exceeded': 429, 'pending-credits': 429, 'quota-exceeded': 429 },
};

function refusalText(refusal: Refusal): string {
  return `${STATUS[refusal.kind]} ${REFUSAL_WORDS[refusal.kind]}${refusalDetail(refusal)}`;
}

function refusalDetail(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'illegal-duration':
      return `, longest is ${formatSeconds(refusal.longestSeconds)}`;
    case 'quota-exceeded':
      return `, ${wholeSeconds(refusal.leftSeconds)} left`;
    default:
      return '';
  }
}

/** Quota is shown as the visitor reads it: whole seconds, never more than there are. */
function wholeSeconds(seconds: number): string {
  return formatSeconds(Math.floor(Math.max(0, seconds)));
}

/** `pro:lin`, `free`, `anonymous`, `start-up`; a call without any token says so. */
export function visitorLabel(visitor: Visitor): string {
  if (isStartupCall({ visitor })) return visitor.key;
  if (!visitor.hasToken) return 'no token';
  return visitor.tier === 'anonymous' ? 'anonymous' : visitor.key;
}
