/** From what was received and chosen to what a page shows: texts and shares, no elements. Pure. */
import type { Snapshot, SnapshotVisitor } from '../../allocator/client/snapshot.js';
import { formatVisitorName, parseVisitorName, visitorOf } from '../../allocator/core/visitor.js';
import { TIER_TITLES, type Tier } from '../../platform/tiers.js';
import { formatSeconds } from '../../shared/duration.js';
import {
  countdown,
  lastMinuteText,
  memory,
  nextCall,
  SLICE_WORDS,
  tierWord,
  timeOfDay,
  wholeSeconds,
  whyWaiting,
} from '../../tui/words.js';
import { type CallsView, callsView } from './calls-view.js';
import type { LogLine } from './messages.js';
import { type RefusalView, refusalsView } from './refusals-view.js';
import type { Chosen, Received } from './state.js';

/** Visitors that are listed; a filter finds the others. */
const LISTED_VISITORS = 50;
const LISTED_QUEUE = 50;
const LISTED_LINES = 300;

export type Tone = 'plain' | 'good' | 'warn' | 'bad';

export interface QuotaView {
  readonly left: string;
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly usedShare: number;
  readonly tone: Tone;
  /** Why the next call of the default duration would be refused; null when it is accepted. */
  readonly next: string | null;
  /** Seconds of quota time until the window ends; null while none is open. */
  readonly resetsInSeconds: number | null;
}

export interface SliceRow {
  readonly id: number;
  readonly state: string;
  readonly what: string;
  readonly memory: string;
  readonly memoryShare: number;
}

export interface QueueRow {
  readonly call: number;
  readonly position: number;
  readonly function: string;
  readonly visitor: string;
  readonly tier: string;
  readonly asks: string;
  readonly waits: string;
  readonly why: string;
  readonly isMine: boolean;
}

export interface VisitorRow {
  readonly key: string;
  readonly tier: string;
  readonly left: string;
  readonly usedShare: number;
  readonly resets: string;
  readonly next: string;
  readonly tone: Tone;
  readonly isMine: boolean;
}

export interface ConsoleView {
  readonly title: string;
  readonly facts: string;
  readonly status: { readonly text: string; readonly tone: Tone };
  readonly who: {
    /** As `--as` has it. */
    readonly as: string;
    readonly tiers: readonly {
      readonly tier: Tier;
      readonly title: string;
      readonly isMe: boolean;
    }[];
    readonly spaces: readonly { readonly name: string; readonly href: string }[];
  };
  readonly quota: QuotaView | null;
  readonly slices: readonly SliceRow[];
  readonly queue: { readonly total: number; readonly rows: readonly QueueRow[] };
  readonly calls: CallsView;
  readonly refusals: readonly RefusalView[];
  readonly visitors: { readonly total: number; readonly rows: readonly VisitorRow[] };
  readonly faults: {
    readonly on: readonly string[];
    readonly kinds: readonly {
      readonly kind: string;
      readonly text: string;
      readonly isOn: boolean;
    }[];
  };
  readonly log: readonly { readonly key: string; readonly text: string }[];
  readonly lastMinute: string;
}

/** The visitor that this tab is: as `--as` has it. */
export const meIn = (received: Received, chosen: Chosen): string =>
  chosen.as ?? received.facts?.defaultVisitor ?? 'anonymous';

/** Whose quota a visitor of this machine's browser spends. */
export function keyOf(as: string): string {
  const name = parseVisitorName(as);
  return name ? visitorOf(name, '127.0.0.1').key : as;
}

/**
 * The visitor after a click on a tier: the name stays.
 *
 * @returns as `--as` has it
 */
export function withTier(as: string, tier: Tier): string {
  return formatVisitorName({ tier, name: parseVisitorName(as)?.name ?? null });
}

/** The address of a Space, for a tab that is to be this visitor and changes no other tab. */
export function spaceHref(url: string, as: string): string {
  return `${url}/?as_tab=${encodeURIComponent(as)}`;
}

export function consoleView(received: Received, chosen: Chosen): ConsoleView {
  const { snapshot, facts, history, nowMs } = received;
  const as = meIn(received, chosen);
  const me = keyOf(as);
  const tier = parseVisitorName(as)?.tier;
  const spaceNames = new Map(snapshot?.spaces.map(({ id, name }) => [id, name]));
  /** With its Space, where the console is that of several. */
  const functionOf = ({ space, function: name }: { space: string; function: string }) =>
    facts?.kind === 'serve' ? `${spaceNames.get(space) ?? '?'}/${name}` : name;
  return {
    ...heading(received),
    who: {
      as,
      tiers: (facts?.tiers ?? []).map((one) => ({
        ...{ tier: one, title: TIER_TITLES[one], isMe: one === tier },
      })),
      spaces: received.spaces.map(({ name, url }) => ({ name, href: spaceHref(url, as) })),
    },
    quota: quotaView(snapshot, chosen.asked, me),
    slices: snapshot ? snapshot.slices.map(sliceRow) : [],
    queue: {
      total: snapshot?.queue.total ?? 0,
      rows: (snapshot?.queue.entries ?? []).slice(0, LISTED_QUEUE).map((entry) => ({
        ...{ call: entry.call, position: entry.position, function: functionOf(entry) },
        ...{ visitor: entry.visitor, tier: tierWord(entry.visitor, entry.tier) },
        asks: formatSeconds(entry.askedSeconds),
        waits: wholeSeconds(entry.waitedSeconds),
        why: whyWaiting(entry),
        isMine: entry.visitor === me,
      })),
    },
    calls: callsView(history, chosen, {
      ...{ nowMs, me },
      spaceNames,
      functionOf,
    }),
    refusals: refusalsView(history, functionOf),
    visitors: visitorsView(snapshot, chosen.filter, me),
    faults: faultsView(received),
    log: logView(received, chosen.logFilter),
    lastMinute: snapshot ? lastMinuteText(snapshot, false) : '',
  };
}

function heading({ link, allocatorWhy, facts, snapshot }: Received) {
  const title = facts?.kind === 'serve' ? 'zerogpu serve' : 'zerogpu run';
  const texts = snapshot
    ? [
        snapshot.spaces.length === 1
          ? (snapshot.spaces[0]?.name ?? '')
          : `${snapshot.spaces.length} Spaces`,
        snapshot.allocator.platform.name,
        snapshot.allocator.backend.description,
        `up ${countdown(Math.floor(snapshot.allocator.upSeconds))}`,
      ]
    : [];
  return {
    title,
    facts: texts.join(' · '),
    status: statusOf({ link, allocatorWhy, facts, snapshot }),
  };
}

function statusOf({
  link,
  allocatorWhy: why,
  facts,
  snapshot,
}: Pick<Received, 'allocatorWhy' | 'facts' | 'link' | 'snapshot'>): ConsoleView['status'] {
  if (link === 'shut-out') {
    const which = facts?.kind === 'serve' ? '--serve --open' : '--open';
    return { text: `this page needs a new link: zerogpu console ${which}`, tone: 'bad' };
  }
  if (link === 'lost') return { text: 'zerogpu does not answer, trying again', tone: 'bad' };
  if (link === 'connecting') return { text: 'connecting', tone: 'warn' };
  if (why !== null) return { text: `no allocator: ${why}`, tone: 'bad' };
  const ledger = snapshot?.allocator.ledger;
  if (ledger?.status === 'failing') return { text: 'live; the ledger fails', tone: 'bad' };
  return { text: 'live', tone: 'good' };
}

function quotaView(
  snapshot: Snapshot | null,
  asked: SnapshotVisitor | null,
  me: string,
): QuotaView | null {
  if (!snapshot) return null;
  const visitor =
    snapshot.visitors.entries.find((one) => one.visitor === me) ??
    (asked?.visitor === me ? asked : null);
  if (!visitor) return null;
  const { usedSeconds, limitSeconds, reservedSeconds, resetsInSeconds, runs, runsLimit } = visitor;
  return {
    left: wholeSeconds(visitor.leftSeconds),
    facts: [
      ['used', `${wholeSeconds(usedSeconds)} of ${wholeSeconds(limitSeconds)}`],
      ...(reservedSeconds > 0 ? [['held', wholeSeconds(reservedSeconds)] as const] : []),
      ['resets', resetWords(resetsInSeconds)],
      ['runs', runsLimit === null ? String(runs) : `${runs} of ${runsLimit}`],
      ...(visitor.creditSeconds === null
        ? []
        : [['credits', wholeSeconds(visitor.creditSeconds)] as const]),
    ],
    usedShare: shareOf(usedSeconds + reservedSeconds, limitSeconds),
    tone: toneOf(visitor),
    next: nextCall(visitor, snapshot),
    resetsInSeconds,
  };
}

const resetWords = (seconds: number | null): string =>
  seconds === null ? 'is full' : `in ${countdown(seconds)}`;

const shareOf = (part: number, whole: number): number =>
  Math.min(1, Math.max(0, part / Math.max(1, whole)));

const toneOf = ({ leftSeconds, nextDefaultCall }: SnapshotVisitor): Tone =>
  leftSeconds <= 0 ? 'bad' : nextDefaultCall === null ? 'plain' : 'warn';

function sliceRow(slice: Snapshot['slices'][number]): SliceRow {
  const { call, warm, use, deadlineInSeconds, forSeconds } = slice;
  const held = slice.memory?.allocatedBytes ?? 0;
  const time =
    deadlineInSeconds === null || forSeconds === null
      ? ''
      : `, ${wholeSeconds(forSeconds)}, killed in ${wholeSeconds(deadlineInSeconds)}`;
  return {
    id: slice.index,
    state: slice.lost ? 'card is gone' : SLICE_WORDS[use],
    what: call
      ? `#${call.call} ${call.function} ${call.visitor}${time}`
      : warm
        ? `${warm.spaceName} ${warm.function}`
        : '',
    memory: `${memory(held)} of ${memory(slice.vramBytes)}`,
    memoryShare: shareOf(held, slice.vramBytes),
  };
}

function visitorsView(snapshot: Snapshot | null, filter: string, me: string) {
  if (!snapshot) return { total: 0, rows: [] };
  const wanted = filter.trim().toLowerCase();
  const rows: VisitorRow[] = [];
  for (const visitor of snapshot.visitors.entries) {
    if (rows.length >= LISTED_VISITORS) break;
    if (wanted !== '' && !visitor.visitor.toLowerCase().includes(wanted)) continue;
    rows.push({
      key: visitor.visitor,
      tier: tierWord(visitor.visitor, visitor.tier),
      left: `${wholeSeconds(visitor.leftSeconds)} of ${wholeSeconds(visitor.limitSeconds)}`,
      usedShare: shareOf(visitor.usedSeconds, visitor.limitSeconds),
      resets: resetWords(visitor.resetsInSeconds),
      next: nextCall(visitor, snapshot) ?? '',
      tone: toneOf(visitor),
      isMine: visitor.visitor === me,
    });
  }
  return { total: snapshot.visitors.total, rows };
}

function faultsView({ facts, snapshot }: Received): ConsoleView['faults'] {
  const on = snapshot?.allocator.faults ?? [];
  const kindOf = (spec: string) => spec.replace(/[=@].*$/, '');
  const kinds = (facts?.faultKinds ?? []).map(({ kind, text }) => ({
    ...{ kind, text, isOn: on.some((spec) => kindOf(spec) === kind) },
  }));
  return { on, kinds };
}

/**
 * The faults after one kind was switched: on for every call, or off.
 *
 * @param on those that are on, as `--fault` has them
 * @returns what replaces them
 */
export function switchedFaults(on: readonly string[], kind: string, isOn: boolean): string {
  const others = on.filter((spec) => spec.replace(/[=@].*$/, '') !== kind);
  return [...others, ...(isOn ? [kind] : [])].join(',');
}

function logView({ log }: Received, filter: string): ConsoleView['log'] {
  const wanted = filter.trim().toLowerCase();
  const textOf = ({ from, text }: LogLine) => (from === null ? text : `${from}  ${text}`);
  const isWanted = (line: LogLine) => wanted === '' || textOf(line).toLowerCase().includes(wanted);
  const shown = log.filter(isWanted).slice(-LISTED_LINES);
  return shown.map((line, index) => ({
    key: `${line.atMs} ${index}`,
    text: `${timeOfDay(new Date(line.atMs).toISOString())} ${textOf(line)}`,
  }));
}
