/** The list of calls with its time axis. Pure. */
import { formatBytes } from '../../shared/bytes.js';
import { formatSeconds } from '../../shared/duration.js';
import { tierWord, timeOfDay, wholeSeconds } from '../../tui/words.js';
import { type ConsoleCall, type History, hasFailed, isOver } from './calls.js';
import type { Chosen } from './state.js';
import { memoryPoints, type Segment, segmentsOf, type TimeWindow, windowOf } from './timeline.js';
import { costWords, peakWords, stateWords } from './words.js';

export interface CallRow {
  readonly call: number;
  readonly function: string;
  readonly visitor: string;
  readonly tier: string;
  readonly state: string;
  readonly tone: 'plain' | 'good' | 'warn' | 'bad';
  readonly cost: string;
  readonly peak: string;
  readonly segments: readonly Segment[];
  /** Points of the line of device memory, see `memoryPoints`. */
  readonly memory: string;
  readonly isMine: boolean;
  /** What ends it by hand: a kill while it runs, a release while it waits; null after its end. */
  readonly end: 'kill' | 'release' | null;
  /** Everything about it, once it is opened. */
  readonly details: readonly (readonly [name: string, text: string])[] | null;
}

export interface CallsView {
  /** The newest first. */
  readonly rows: readonly CallRow[];
  /** Those that the filter lets through. */
  readonly total: number;
  readonly window: TimeWindow;
  /** `14:02:11 to 14:05:40`. */
  readonly span: string;
  /** Device memory at the top of each row; empty where none was seen. */
  readonly memoryTop: string;
}

export interface CallsContext {
  readonly nowMs: number;
  /** Key of the visitor that this tab is. */
  readonly me: string;
  readonly spaceNames: ReadonlyMap<string, string>;
  /** What a row calls the function. */
  readonly functionOf: (call: Pick<ConsoleCall, 'space' | 'function'>) => string;
}

export function callsView(history: History, chosen: Chosen, context: CallsContext): CallsView {
  const { nowMs, me } = context;
  const wanted = chosen.onlyMine
    ? history.calls.filter(({ visitor }) => visitor === me)
    : history.calls;
  const shown = wanted.slice(-chosen.shownCalls).reverse();
  const window = windowOf(shown, nowMs);
  const topBytes = highest(shown);
  return {
    rows: shown.map((call) => callRow(call, chosen, context, history, { window, topBytes })),
    total: wanted.length,
    window,
    memoryTop: topBytes === 0 ? '' : formatBytes(topBytes),
    span: nowMs === 0 ? '' : `${clockTime(window.fromMs)} to ${clockTime(window.toMs)}`,
  };
}

/** Rows share one scale, so that they can be compared. */
function highest(calls: readonly ConsoleCall[]): number {
  let most = 0;
  for (const { memory } of calls) for (const { bytes } of memory) most = Math.max(most, bytes);
  return most;
}

const clockTime = (ms: number): string => timeOfDay(new Date(ms).toISOString());

function callRow(
  call: ConsoleCall,
  chosen: Chosen,
  context: CallsContext,
  history: History,
  { window, topBytes }: { readonly window: TimeWindow; readonly topBytes: number },
): CallRow {
  return {
    ...{ call: call.call, function: context.functionOf(call), visitor: call.visitor },
    tier: tierWord(call.visitor, call.tier),
    state: stateWords(call),
    tone: toneOf(call),
    cost: costWords(call, context.nowMs),
    peak: peakWords(call),
    segments: segmentsOf(call, window),
    memory: memoryPoints(call.memory, window, topBytes),
    isMine: call.visitor === context.me,
    end: endOf(call),
    details: chosen.open === call.call ? detailsOf(call, context, history) : null,
  };
}

function toneOf(call: ConsoleCall): CallRow['tone'] {
  if (call.phase === 'killing' || hasFailed(call)) return 'bad';
  if (call.phase === 'queued') return 'warn';
  return isOver(call) ? 'plain' : 'good';
}

function endOf({ phase }: ConsoleCall): CallRow['end'] {
  if (phase === 'running') return 'kill';
  return phase === 'queued' || phase === 'granted' ? 'release' : null;
}

function detailsOf(
  call: ConsoleCall,
  { nowMs, spaceNames }: CallsContext,
  history: History,
): CallRow['details'] {
  const facts: (readonly [string, string])[] = [
    ['Space', spaceNames.get(call.space) ?? call.space],
    ['asked', `${formatSeconds(call.askedSeconds)} on a ${call.size} slice`],
    ['came at', clockTime(call.seenMs)],
  ];
  const waitedMs = (call.grantedMs ?? call.endedMs ?? nowMs) - call.seenMs;
  facts.push(['waited', formatSeconds(call.waitedSeconds ?? waitedMs / 1_000)]);
  if (call.slice !== null) {
    facts.push(['slice', `${call.slice}, ${call.warm ? 'a warm worker' : 'a new worker'}`]);
  }
  if (call.usedSeconds !== null) facts.push(['used', formatSeconds(call.usedSeconds)]);
  if (call.chargedSeconds !== null) {
    const left = call.leftSeconds === null ? '' : `, ${wholeSeconds(call.leftSeconds)} left`;
    facts.push(['charged', `${formatSeconds(call.chargedSeconds)}${left}`]);
  }
  const words = history.told.filter((told) => told.call === call.call);
  for (const { message } of words) facts.push(['the visitor reads', message]);
  return facts;
}
