/** The rows of each panel: from picked entries to lines of a given width. */
import type {
  Snapshot,
  SnapshotQueueEntry,
  SnapshotSlice,
  SnapshotVisitor,
} from '../allocator/client/snapshot.js';
import { formatSeconds } from '../shared/duration.js';
import { printable } from './lines.js';
import { listPanel, type Panel, type PanelContext, visitorName } from './panel-list.js';
import type { Column } from './table.js';
import {
  bar,
  countdown,
  memory,
  nextCall,
  SLICE_WORDS,
  TIER_WORDS,
  tierWord,
  wholeSeconds,
  whyWaiting,
} from './words.js';

function sliceColumns({
  snapshot,
  glyphs,
  innerWidth,
}: PanelContext): readonly Column<SnapshotSlice>[] {
  const several = snapshot.spaces.length > 1;
  const share = ({ call, forSeconds }: SnapshotSlice) =>
    call === null || forSeconds === null ? 0 : forSeconds / Math.max(1, call.askedSeconds);
  return [
    {
      title: 'slice',
      drop: 0,
      cell: ({ index }) => (innerWidth >= 58 ? `slice ${index}` : `${index}`),
    },
    {
      title: 'time',
      drop: 6,
      cell: (slice) => bar(share(slice), innerWidth >= 90 ? 20 : 12, glyphs.full, glyphs.empty),
      tone: (slice) => (share(slice) >= 0.9 ? 'warn' : 'good'),
    },
    {
      title: 'call',
      drop: 0,
      cell: ({ call, use, lost }) =>
        call === null ? (lost ? 'card gone' : SLICE_WORDS[use]) : `#${call.call}`,
      tone: ({ call, lost }) => (lost ? 'bad' : call === null ? 'dim' : 'plain'),
    },
    {
      title: 'function',
      drop: 3,
      max: 16,
      cell: ({ call, warm }) => printable(call?.function ?? warm?.function ?? ''),
    },
    ...(several
      ? [
          {
            title: 'Space',
            drop: 5,
            max: 16,
            cell: ({ call, warm }: SnapshotSlice) =>
              printable(call?.spaceName ?? warm?.spaceName ?? ''),
          },
        ]
      : []),
    { title: 'visitor', drop: 0, max: 20, cell: ({ call }) => visitorName(call?.visitor ?? '') },
    { title: 'used', drop: 0, cell: sliceTime },
    {
      title: 'memory',
      drop: 4,
      cell: (slice) => (slice.memory ? `VRAM ${memory(slice.memory.allocatedBytes)}` : ''),
    },
  ];
}

function sliceTime({ use, call, forSeconds, lost }: SnapshotSlice): string {
  if (lost && call === null) return '';
  if (use === 'killing') return 'is killed';
  if (call === null) return forSeconds === null ? '' : `idle ${wholeSeconds(forSeconds)}`;
  if (use === 'granted' || forSeconds === null) return 'starts';
  return `${wholeSeconds(forSeconds)} of ${formatSeconds(call.askedSeconds)}`;
}

export function gpuPanel(
  context: PanelContext,
  slices: readonly SnapshotSlice[],
  height: number,
): Panel {
  const { snapshot, innerWidth } = context;
  const free = snapshot.slices.filter(
    ({ use, lost }) => !lost && (use === 'free' || use === 'warm'),
  ).length;
  const cards = innerWidth >= 58 ? snapshot.cards.flatMap((card) => cardFacts(card)) : [];
  return listPanel(context, {
    id: 'gpu',
    name: 'GPU',
    facts: [
      ...(snapshot.slices.length > 1 ? [`${free} of ${snapshot.slices.length} free`] : []),
      ...cards,
    ],
    rows: slices,
    columns: sliceColumns(context).filter(({ title }) => title !== 'time' || innerWidth >= 58),
    idOf: ({ index }) => `slice:${index}`,
    withHead: false,
    whenEmpty: 'no slice fits the filter; esc clears it',
    height,
  });
}

function cardFacts(card: Snapshot['cards'][number]): readonly string[] {
  const facts = [
    ...(card.utilizationPercent === null ? [] : [`${Math.round(card.utilizationPercent)} %`]),
    ...(card.temperatureCelsius === null ? [] : [`${Math.round(card.temperatureCelsius)} C`]),
    ...(card.powerWatts === null ? [] : [`${Math.round(card.powerWatts)} W`]),
  ];
  return facts.length === 0 ? [] : [`${printable(card.name)} ${facts.join(' ')}`];
}

export function queuePanel(
  context: PanelContext,
  entries: readonly SnapshotQueueEntry[],
  sort: string,
  height: number,
): Panel {
  const { total } = context.snapshot.queue;
  const several = context.snapshot.spaces.length > 1;
  return listPanel(context, {
    id: 'queue',
    name: `Queue ${total}`,
    facts: sort === 'order' ? [] : [`by ${sort}`],
    rows: entries,
    columns: [
      { title: '#', drop: 6, align: 'right', cell: ({ position }) => String(position) },
      { title: 'call', drop: 0, cell: ({ call }) => `#${call}` },
      { title: 'function', drop: 4, max: 20, cell: (entry) => printable(entry.function) },
      ...(several
        ? [
            {
              title: 'Space',
              drop: 7,
              max: 20,
              cell: (entry: SnapshotQueueEntry) => printable(entry.spaceName),
            },
          ]
        : []),
      { title: 'visitor', drop: 0, max: 24, cell: ({ visitor }) => visitorName(visitor) },
      { title: 'tier', drop: 5, cell: ({ visitor, tier }) => tierWord(visitor, tier) },
      {
        title: 'asks',
        drop: 0,
        align: 'right',
        cell: (entry) => formatSeconds(entry.askedSeconds),
      },
      {
        title: 'waits',
        drop: 3,
        align: 'right',
        cell: ({ waitedSeconds }) => wholeSeconds(waitedSeconds),
      },
      {
        title: 'at most',
        drop: 9,
        align: 'right',
        cell: ({ waitsAtMostSeconds }) => wholeSeconds(waitsAtMostSeconds),
      },
      {
        title: 'gives up in',
        drop: 8,
        align: 'right',
        cell: ({ timesOutInSeconds }) => wholeSeconds(timesOutInSeconds),
        tone: ({ timesOutInSeconds }) => (timesOutInSeconds < 10 ? 'warn' : 'plain'),
      },
      { title: 'why', drop: 2, cell: whyWaiting },
    ],
    idOf: ({ call }) => `call:${call}`,
    withHead: true,
    whenEmpty: total === 0 ? 'no call waits' : 'no waiting call fits the filter; esc clears it',
    height,
  });
}

export function quotaPanel(
  context: PanelContext,
  visitors: readonly SnapshotVisitor[],
  sort: string,
  height: number,
): Panel {
  const { snapshot, glyphs, innerWidth } = context;
  const tone = (visitor: SnapshotVisitor) =>
    visitor.leftSeconds <= 0 ? 'bad' : visitor.nextDefaultCall === null ? 'plain' : 'warn';
  const columns: readonly Column<SnapshotVisitor>[] = [
    { title: 'visitor', drop: 0, max: 24, cell: ({ visitor }) => visitorName(visitor) },
    { title: 'tier', drop: 5, cell: ({ tier }) => TIER_WORDS[tier] },
    {
      title: 'used',
      drop: 6,
      cell: ({ usedSeconds, limitSeconds }) =>
        bar(usedSeconds / Math.max(1, limitSeconds), 16, glyphs.full, glyphs.empty),
      tone: (visitor) => (tone(visitor) === 'plain' ? 'good' : tone(visitor)),
    },
    {
      title: 'left',
      drop: 0,
      align: 'right',
      cell: ({ leftSeconds }) => wholeSeconds(leftSeconds),
      tone,
    },
    {
      title: 'of',
      drop: 8,
      align: 'right',
      cell: ({ limitSeconds }) => wholeSeconds(limitSeconds),
    },
    {
      title: 'held',
      drop: 9,
      align: 'right',
      cell: ({ reservedSeconds }) => (reservedSeconds > 0 ? wholeSeconds(reservedSeconds) : ''),
    },
    {
      title: 'runs',
      drop: 9,
      align: 'right',
      cell: ({ runs, runsLimit }) => (runsLimit === null ? String(runs) : `${runs}/${runsLimit}`),
    },
    {
      title: 'full again',
      drop: 4,
      cell: ({ resetsInSeconds }) =>
        resetsInSeconds === null ? 'is full' : `in ${countdown(resetsInSeconds)}`,
    },
    {
      title: 'next call',
      drop: 0,
      cell: (one) => {
        const words = nextCall(one, snapshot) ?? '';
        return innerWidth >= 58 ? words : words.replace(/^.*: /, '');
      },
      tone,
    },
  ];
  return listPanel(context, {
    id: 'quota',
    name: 'Quota today',
    facts: [
      ...(visitors.length < snapshot.visitors.total || visitors.length < height
        ? [`${snapshot.visitors.total} known`]
        : []),
      ...(sort === 'activity' ? [] : [`by ${sort}`]),
    ],
    rows: visitors,
    columns: columns.filter(
      ({ title }) =>
        (title !== 'used' || innerWidth >= 58) &&
        (title !== 'next call' || visitors.some((one) => one.nextDefaultCall !== null)),
    ),
    idOf: ({ visitor }) => `visitor:${visitor}`,
    withHead: true,
    whenEmpty:
      snapshot.visitors.total === 0 ? 'no calls yet' : 'no visitor fits the filter; esc clears it',
    height,
  });
}
