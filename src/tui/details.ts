/** Everything about one row, in sentences: why it waits, who is ahead, what its visitor reads. */
import type {
  Snapshot,
  SnapshotQueueEntry,
  SnapshotSlice,
  SnapshotVisitor,
} from '../allocator/client/snapshot.js';
import { STARTUP_KEY, type Tier } from '../platform/tiers.js';
import { formatSeconds } from '../shared/duration.js';
import { printable } from './lines.js';
import { visitorName } from './panel-list.js';
import type { Item } from './pick.js';
import { countdown, memory, SLICE_WORDS, wholeSeconds } from './words.js';

export interface Details {
  readonly title: string;
  /** Name and what is to be said of it. */
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly keys: string;
}

export function detailsOf(item: Item, snapshot: Snapshot): Details {
  switch (item.kind) {
    case 'call':
      return callDetails(item.entry, snapshot);
    case 'slice':
      return sliceDetails(item.slice);
    case 'visitor':
      return visitorDetails(item.visitor, snapshot);
  }
}

function callDetails(entry: SnapshotQueueEntry, snapshot: Snapshot): Details {
  const toast =
    entry.reason === 'node'
      ? 'Waiting for a GPU to become available'
      : 'Waiting for a GPU slot on this Space';
  return {
    title: `Call #${entry.call}`,
    facts: [
      ['function', printable(entry.function)],
      ['Space', printable(entry.spaceName)],
      ['visitor', callerWords(entry.visitor, entry.tier)],
      ['asks for', `${formatSeconds(entry.askedSeconds)} on a ${entry.size} slice`],
      [
        'waits',
        `${wholeSeconds(entry.waitedSeconds)}, number ${entry.position} of ${snapshot.queue.total}`,
      ],
      ['because', reasonSentence(entry)],
      ['ahead', aheadSentence(entry, snapshot)],
      [
        'at most',
        `${wholeSeconds(entry.waitsAtMostSeconds)} more, if every call uses all that it asked for`,
      ],
      [
        'gives up',
        `in ${wholeSeconds(entry.timesOutInSeconds)}: its visitor then reads that no GPU was available`,
      ],
      ['visitor sees', `the toast "${toast}"`],
    ],
    keys: 'k take it out of the queue   r reset quota   y tier   esc back',
  };
}

/** Who makes a call. */
function callerWords(visitor: string, tier: Tier): string {
  if (visitor === STARTUP_KEY) return 'none: the app calls before launch()';
  return `${visitorName(visitor)}, counted as ${tier}`;
}

function reasonSentence({ reason }: SnapshotQueueEntry): string {
  return reason === 'node'
    ? 'no slice is free (node)'
    : 'its Space holds all the slices that it may (concurrency)';
}

const AHEAD = {
  tier: 'its visitor has a higher tier',
  'waited-longer': 'it has waited longer',
  quota: 'its visitor has more quota left',
  duration: 'it asks for less time',
  arrival: 'it came first',
} as const;

function aheadSentence(entry: SnapshotQueueEntry, snapshot: Snapshot): string {
  if (entry.behind === null) return 'no other request';
  const { call, because } = entry.behind;
  const ahead = snapshot.queue.entries.find((other) => other.call === call);
  const who = ahead ? ` (${printable(ahead.function)} of ${visitorName(ahead.visitor)})` : '';
  return `#${call}${who}: ${AHEAD[because]}`;
}

function sliceDetails(slice: SnapshotSlice): Details {
  const { call, warm } = slice;
  const facts: [string, string][] = [
    ['state', SLICE_WORDS[slice.use]],
    ['device', `GPU ${slice.gpu}, ${memory(slice.vramBytes)}, ${slice.uuid}`],
  ];
  if (call) {
    facts.push(
      ['call', `#${call.call} ${printable(call.function)} of ${printable(call.spaceName)}`],
      ['visitor', callerWords(call.visitor, call.tier)],
      ['asked for', formatSeconds(call.askedSeconds)],
    );
    if (slice.forSeconds !== null) facts.push(['has used', wholeSeconds(slice.forSeconds)]);
    if (slice.deadlineInSeconds !== null) {
      facts.push([
        'deadline',
        `in ${wholeSeconds(slice.deadlineInSeconds)}: then it is killed, and its visitor reads "GPU task aborted"`,
      ]);
    }
  }
  if (warm) {
    facts.push([
      'warm',
      `a worker waits here for ${printable(warm.function)} of ${printable(warm.spaceName)}`,
    ]);
  }
  if (slice.pid !== null) facts.push(['worker', `pid ${slice.pid}`]);
  if (slice.memory) {
    const { allocatedBytes, callPeakBytes } = slice.memory;
    facts.push([
      'memory',
      `${memory(allocatedBytes)} in use, at most ${memory(callPeakBytes)} in this call`,
    ]);
  }
  const act = slice.use === 'granted' ? 'k take the grant back' : 'k kill the call';
  return {
    title: `Slice ${slice.index}`,
    facts,
    keys: call ? `${act}   r reset quota   y tier   esc back` : 'esc back',
  };
}

function visitorDetails(visitor: SnapshotVisitor, snapshot: Snapshot): Details {
  const facts: [string, string][] = [
    ['tier', visitor.tier],
    [
      'quota',
      `${wholeSeconds(visitor.leftSeconds)} left of ${wholeSeconds(visitor.limitSeconds)}, ${formatSeconds(visitor.usedSeconds)} used`,
    ],
  ];
  if (visitor.reservedSeconds > 0) {
    facts.push([
      'held back',
      `${wholeSeconds(visitor.reservedSeconds)} for calls that wait or run`,
    ]);
  }
  facts.push([
    'full again',
    visitor.resetsInSeconds === null
      ? 'it is full'
      : `in ${countdown(visitor.resetsInSeconds)}${visitor.resetsAt === null ? '' : ` (${visitor.resetsAt})`}`,
  ]);
  if (visitor.runsLimit !== null) facts.push(['runs', `${visitor.runs} of ${visitor.runsLimit}`]);
  if (visitor.creditSeconds !== null) {
    facts.push(['credits', formatSeconds(visitor.creditSeconds)]);
  }
  facts.push(['next call', nextCallSentence(visitor, snapshot)]);
  return {
    title: `Visitor ${visitorName(visitor.visitor)}`,
    facts,
    keys: 'r reset quota   y tier   f time +1 h   esc back',
  };
}

/** What the visitor would read; the package puts the numbers into its sentence, so do we. */
function nextCallSentence(visitor: SnapshotVisitor, snapshot: Snapshot): string {
  const asked = snapshot.allocator.defaultDurationSeconds;
  const of = `a call of ${formatSeconds(asked)}`;
  switch (visitor.nextDefaultCall) {
    case null:
      return `${of} is accepted`;
    case 'quota-exceeded': {
      const wait = visitor.resetsInSeconds ?? 0;
      const again = wait > 0 ? `, try again in ${countdown(wait)}` : '';
      return `${of} is refused: the toast "ZeroGPU quota exceeded" says ${asked}s requested vs. ${Math.floor(Math.max(0, visitor.leftSeconds))}s left${again}`;
    }
    case 'illegal-duration':
      return `${of} is refused: the toast "ZeroGPU illegal duration" says that it is larger than the maximum allowed`;
    case 'pending-credits':
      return `${of} is refused: the toast "ZeroGPU pending credits exceeded"`;
    case 'runs-exceeded':
      return `${of} is refused: the toast "ZeroGPU quota exceeded" says that the runs limit is reached`;
    case 'no-gpu':
      return `${of} is refused: the toast says that no GPU was available`;
  }
}
