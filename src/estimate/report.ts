/** What `zerogpu estimate` prints. Pure. */
import type { PlatformProfile } from '../platform/schema.js';
import { TIER_TITLES, type Tier } from '../platform/tiers.js';
import { formatBytes } from '../shared/bytes.js';
import { formatSeconds } from '../shared/duration.js';
import type { Largest } from './ask.js';
import type { Figures, Range } from './figures.js';

/** One endpoint on one edition of the platform; `figures` is null where no GPU call was made. */
export interface Estimated {
  readonly platform: string;
  readonly endpoint: string;
  /** Arguments of this call that others of the endpoint have not, as the user wrote them. */
  readonly varied: Readonly<Record<string, string>>;
  readonly assumed: readonly string[];
  readonly failure: string | null;
  readonly figures: Figures | null;
}

/** Where the numbers come from; the same for every endpoint. */
export const BASIS = {
  memory:
    "the Space's own code on a device without values, with a model of PyTorch's allocator and of cuBLAS's and cuDNN's workspaces",
  seconds:
    'FLOPs and bytes of each operator at fitted shares of the card’s rates, and the host’s time per operator; the range covers all measured rows of docs/estimate.md',
  compiled:
    'element-wise operators that follow one another as one kernel, and no Python between kernels; FlashAttention-3 by the range that its paper gives',
  loading: 'an assumption: 1.5 to 6 GB/s from the Space’s disk to the GPU',
  declare: 'the slowest call and the slowest loading together, rounded up',
  callsADay: 'the quota of each tier, what is asked for and what is used',
} as const;

/** The lines of one endpoint. */
export function estimateLines(
  { endpoint, varied, assumed, failure, figures }: Estimated,
  profile: PlatformProfile,
): readonly string[] {
  const words = Object.entries(varied).map(([key, text]) => ` ${key}=${text}`);
  const head = `${endpoint}${words.join('')}   ${profile.name}`;
  if (figures === null) {
    return [`${head}   ${failure === null ? 'no GPU call' : `INCOMPLETE: ${failure}`}`];
  }
  const { memory, peakAt, seconds, compiledSeconds, loadingSeconds, declare, size } = figures;
  const at = peakAt === null ? '' : `   ${placeText(peakAt)}`;
  return [
    `${head}   ${figures.verdict}`,
    row('weights', formatBytes(memory.weightBytes)),
    row(
      'peak',
      `${formatBytes(memory.peakBytes)} allocated, ${formatBytes(memory.reservedBytes)} reserved, of ${formatBytes(memory.limitBytes - memory.contextBytes)}${at}`,
    ),
    row('size', size ?? 'none: it fits in no size of this platform'),
    ...(seconds === null
      ? []
      : [
          row(
            'time',
            `${rangeText(seconds, shortSeconds)}; a new worker loads its weights in ${rangeText(loadingSeconds, shortSeconds)} more`,
          ),
        ]),
    ...(compiledSeconds === null ? [] : [row('compiled', compiledText(compiledSeconds, figures))]),
    ...(declare === null ? [] : [row('declare', declareText(declare))]),
    ...(declare === null ? [] : [row('a day', callsText(figures.callsADay))]),
    ...(assumed.length === 0 ? [] : [row('assumed', assumed.join(', '))]),
    ...(figures.madeUp.length === 0 ? [] : [row('made up', madeUpText(figures.madeUp))]),
    ...figures.missing.map((what) => row('missing', what)),
  ];
}

/** How a search for the largest value has ended. */
export function largestLine(
  { endpoint, key, value, step, beyond }: Largest,
  profile: PlatformProfile,
): string {
  const head = `${endpoint}   ${profile.name}   `;
  const because = beyond === null ? '' : `${key}=${beyond.value}: ${beyond.failure}`;
  if (value === null) return `${head}no ${key} fits (${because})`;
  const limit = beyond === null ? 'no limit was found above it' : because;
  return `${head}largest ${key}=${value} (in steps of ${step}; ${limit})`;
}

/** One endpoint with several values: one line each. */
export function tableLines(
  estimates: readonly Estimated[],
  profile: PlatformProfile,
): readonly string[] {
  const [first] = estimates;
  if (!first) return [];
  const keys = Object.keys(first.varied);
  const rows = estimates.map((one) => [
    ...keys.map((key) => one.varied[key] ?? ''),
    ...cellsOf(one),
  ]);
  const titles = [...keys, 'verdict', 'size', 'peak', 'reserved', 'time', 'declare'];
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...rows.map((cells) => cells[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('   ')}`.trimEnd();
  return [
    `${first.endpoint}   ${profile.name}`,
    line(titles),
    ...rows.map(line),
    ...(first.assumed.length === 0 ? [] : [row('assumed', first.assumed.join(', '))]),
  ];
}

function cellsOf({ figures, failure }: Estimated): readonly string[] {
  if (figures === null) return [failure === null ? 'no GPU call' : `INCOMPLETE: ${failure}`];
  const { verdict, size, memory, seconds, declare, missing } = figures;
  return [
    verdict === 'INCOMPLETE' && missing[0] !== undefined ? `${verdict}: ${missing[0]}` : verdict,
    size ?? 'none',
    formatBytes(memory.peakBytes),
    formatBytes(memory.reservedBytes),
    seconds === null ? '' : rangeText(seconds, shortSeconds),
    declare === null ? '' : `${declare.seconds}`,
  ];
}

/** What FlashAttention-3 saves is said from 2 % on. */
const LEAST_GAIN = 0.98;

/** Hundredths of a second are the finest that an estimate can say. */
const shortSeconds = (seconds: number) =>
  seconds > 0 && seconds < 0.005 ? 'under 0.01s' : formatSeconds(seconds);

const row = (title: string, text: string) => `  ${title.padEnd(9)} ${text}`;

function placeText({ module, operator, file, line }: NonNullable<Figures['peakAt']>): string {
  const where = file === null ? '' : `, ${file.split('/').at(-1)}:${line}`;
  return `${operator} in ${module || 'no module'}${where}`;
}

function declareText({ seconds, nowSeconds }: NonNullable<Figures['declare']>): string {
  const now = nowSeconds === null ? '' : `   (now: ${formatSeconds(nowSeconds)})`;
  return `duration=${seconds}${now}`;
}

/** What ahead-of-time compilation would give, and FlashAttention-3 where it runs and attention counts. */
function compiledText(compiled: Range, { seconds, flash3 }: Figures): string {
  const text = `${rangeText(compiled, shortSeconds)} with the model compiled ahead of time`;
  const both = flash3?.compiledSeconds;
  if (!flash3 || !both || !seconds || flash3.seconds.high > LEAST_GAIN * seconds.high) return text;
  const eager = rangeText(flash3.seconds, shortSeconds);
  return `${text}, ${eager} with FlashAttention-3, ${rangeText(both, shortSeconds)} with both`;
}

function callsText(calls: Figures['callsADay']): string {
  return Object.entries(calls)
    .map(([tier, range]) => `${TIER_TITLES[tier as Tier]} ${rangeText(range, String)}`)
    .join(', ');
}

function madeUpText(madeUp: Figures['madeUp']): string {
  const total = madeUp.reduce((sum, { count }) => sum + count, 0);
  const most = [...madeUp].sort((a, b) => b.count - a.count).slice(0, 3);
  const names = most.map(
    ({ operator, count, places }) => `${operator} ${count}${places[0] ? ` at ${places[0]}` : ''}`,
  );
  return `${total} values that steer the program (${names.join('; ')})`;
}

function rangeText({ low, high }: Range, text: (value: number) => string): string {
  const [from, to] = [text(low), text(high)];
  return from === to ? from : `${from} to ${to}`;
}
