/** What a simulation shows, for people. Pure: lines of text, painted by the caller's paint. */
import { REFUSAL_WORDS } from '../../platform/call-words.js';
import { alignColumns } from '../../shared/columns.js';
import { formatSeconds } from '../../shared/duration.js';
import type { Paint } from '../../shared/paint.js';
import type { Goal } from '../goal.js';
import { type Counts, type Measurement, STARVED_SECONDS } from '../measure.js';
import { gpusOf, type HostedSpaces, type SimulationPlan } from '../plan.js';
import type { Compared, Replicated } from '../replicate.js';
import type { Found, Sensitivity } from '../search.js';
import { type Interval, mean } from '../statistics.js';

/** Hosts of which the report lists the Spaces. */
const MOST_HOSTS = 8;

export interface TextOptions {
  readonly paint: Paint;
  readonly ascii: boolean;
}

/** The head line: what was simulated. */
export function headLine(plan: SimulationPlan, replications: number, seed: number): string {
  const { profile } = plan.rules;
  const gpus = gpusOf(plan);
  const many = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const slices = plan.slicesPerGpu === 1 ? '' : ` of ${plan.slicesPerGpu} slices`;
  const hosts = plan.gpusOfHosts.length === 1 ? '' : ` on ${plan.gpusOfHosts.length} hosts`;
  return (
    `zerogpu simulate  platform ${profile.name} (as of ${profile.asOf}) · ${many(gpus, 'GPU')}${slices}${hosts} · ` +
    `${plan.horizonMs / 3_600_000} h · ${many(replications, 'replication')}, seed ${seed}`
  );
}

/** Waits and refusals by tier and Space, the day by the hour, and the sums. */
export function reportLines(
  plan: SimulationPlan,
  { measurements }: Pick<Replicated, 'measurements'>,
  goal: Goal | null,
  options: TextOptions,
): readonly string[] {
  const average = averageOf(measurements);
  const lines = [...waitTable('tier', average.tiers), ''];
  if (Object.keys(average.spaces).length > 1) lines.push(...waitTable('Space', average.spaces), '');
  lines.push(...refusalLines(average), ...dayLines(average, options));
  lines.push(...sumLines(plan, average));
  if (goal) lines.push(goalLine(goal, measurements, options));
  return lines;
}

/** Which Spaces live on which host; of many hosts the first. */
export function hostLines(hosts: readonly HostedSpaces[]): readonly string[] {
  const rows = hosts
    .slice(0, MOST_HOSTS)
    .map(({ gpus, spaces }, index) => [
      `host ${index + 1}`,
      `${gpus} GPU${gpus === 1 ? '' : 's'}`,
      spaces.join(', ') || 'no Space',
    ]);
  const others = hosts.length - rows.length;
  return [...alignColumns(rows), ...(others > 0 ? [`and ${others} further hosts`] : [])];
}

export function goalLine(
  goal: Goal,
  measurements: readonly Measurement[],
  { paint, ascii }: TextOptions,
): string {
  const value = mean(measurements.map((one) => goal.metric.read(one)));
  const isMet = goal.isMet(value);
  const mark = isMet ? paint('green', ascii ? 'ok' : '✓') : paint('red', ascii ? 'x' : '✗');
  return `${mark} ${goal.text}: ${isMet ? 'met' : 'missed'}, ${valueText(value, goal.metric.unit)}`;
}

export function comparisonLines(
  compared: Compared,
  names: readonly [string, string],
): readonly string[] {
  const { replications } = compared.rows[0]?.difference ?? { replications: 0 };
  const head = ['figure', names[0], names[1], 'difference (95 %)', ''];
  const rows = compared.rows.map(({ metric, a, b, difference }) => [
    metric,
    number(a.mean),
    number(b.mean),
    `${signed(difference.mean)} ± ${number(difference.halfWidth)}`,
    Math.abs(difference.mean) > difference.halfWidth ? '' : 'no difference shown',
  ]);
  return [
    ...alignColumns([head, ...rows], 1),
    '',
    `${replications} paired replications; wait figures in seconds, the others in percent`,
  ];
}

export function findLines(found: Found, goal: Goal): readonly string[] {
  if (found.best.length === 0) {
    return [`No value that was tried meets ${goal.text} (${found.tried.length} simulated).`];
  }
  const names = Object.keys(found.best[0]?.values ?? {});
  const rows = found.best.map(({ values, interval }) => [
    ...names.map((name) => number(values[name] ?? 0)),
    intervalText(interval, goal.metric.unit),
  ]);
  return [
    `smallest ${names[0]} that meets ${goal.text}`,
    ...alignColumns([[...names, goal.metric.name], ...rows], 1),
    `${found.tried.length} combinations simulated`,
  ];
}

export function sensitivityLines(
  rows: readonly Sensitivity[],
  metric: { readonly name: string; readonly unit: string },
): readonly string[] {
  const [first] = rows;
  const table = rows.map(({ setting, change, difference }) => [
    setting,
    change,
    `${signed(difference.mean)} ± ${number(difference.halfWidth)}${metric.unit === 's' ? ' s' : ' %'}`,
    Math.abs(difference.mean) > difference.halfWidth ? '' : 'within noise',
  ]);
  const base = first ? intervalText(first.base, metric.unit) : '';
  return [
    `${metric.name} is ${base}; each setting alone changes it by`,
    ...alignColumns([['setting', 'change', metric.name, ''], ...table], 1),
  ];
}

/** Means over the replications, figure by figure; the hours too. */
export function averageOf(measurements: readonly Measurement[]): Measurement {
  const [first] = measurements;
  if (!first || measurements.length === 1) return first ?? emptyMeasurement();
  return averageTree(measurements) as Measurement;
}

/** Numbers become their mean; a key that some lack counts as 0 there. */
function averageTree(values: readonly unknown[]): unknown {
  const [first] = values;
  if (typeof first === 'number') return mean(values.map((value) => Number(value ?? 0)));
  if (Array.isArray(first)) {
    return first.map((_, index) =>
      averageTree(values.map((value) => (value as readonly unknown[])[index])),
    );
  }
  const keys = new Set(values.flatMap((value) => Object.keys((value ?? {}) as object)));
  return Object.fromEntries(
    [...keys].map((key) => {
      const items = values.map((value) => (value as Record<string, unknown> | undefined)?.[key]);
      const known = items.find((item) => item !== undefined);
      return [key, averageTree(items.map((item) => item ?? (typeof known === 'number' ? 0 : {})))];
    }),
  );
}

function emptyMeasurement(): Measurement {
  throw new Error('no replication to report');
}

function waitTable(what: string, rows: Readonly<Record<string, Counts>>): readonly string[] {
  const head = [
    ...[what, 'calls', 'wait p50', 'p95', 'p99', 'longest'],
    ...['refused', 'timed out', 'left', 'killed'],
  ];
  const body = Object.entries(rows).map(([name, counts]) => {
    const { waits, calls, refused, timedOut, left, killed } = counts;
    const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
    return [
      name,
      whole(calls),
      ...[waits.p50, waits.p95, waits.p99, waits.longest].map(formatSeconds),
      ...[refusals, timedOut, left, killed].map((count) => share(count, calls)),
    ];
  });
  return alignColumns([head, ...body], 1);
}

function refusalLines({ all }: Measurement): readonly string[] {
  const words: Readonly<Record<string, string>> = REFUSAL_WORDS;
  const parts = Object.entries(all.refused).map(
    ([kind, count]) => `${whole(count)} ${words[kind] ?? kind}`,
  );
  return parts.length === 0 ? [] : [`refused     ${parts.join(', ')}`];
}

const BARS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_BARS = [' ', '.', ':', '-', '=', '+', '*', '#', '@'];

function dayLines({ hours }: Measurement, { ascii }: TextOptions): readonly string[] {
  if (hours.length < 2 || hours.length > 24 * 7) return [];
  const bars = ascii ? ASCII_BARS : BARS;
  const draw = (values: readonly number[], top: number) =>
    values
      .map((value) => bars[Math.min(8, Math.ceil((value / Math.max(top, 1e-9)) * 8))] ?? ' ')
      .join('');
  const waits = hours.map(({ waitP95 }) => waitP95);
  const longest = Math.max(...waits);
  return [
    `GPU busy    ${draw(
      hours.map(({ busy }) => busy),
      1,
    )}  full bar 100 %, an hour each`,
    `wait p95    ${draw(waits, longest)}  full bar ${formatSeconds(longest)}`,
  ];
}

function sumLines(plan: SimulationPlan, measured: Measurement): readonly string[] {
  const { usedSeconds, declaredSeconds, creditSeconds, chargedSeconds } = measured;
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  const use = declaredSeconds === 0 ? '' : ` (${percent(usedSeconds / declaredSeconds)} of it)`;
  const lines = [
    `utilisation ${percent(measured.utilisation)} of ${gpuTime(measured.gpuHours)}`,
    `seconds     ${whole(declaredSeconds)} declared, ${whole(usedSeconds)} used${use}, ${whole(chargedSeconds)} charged`,
    `starved     ${percent(measured.starved)} of the calls waited ${STARVED_SECONDS} s or more`,
  ];
  if (creditSeconds > 0)
    lines.push(`credits     ${whole(creditSeconds)} s paid by prepaid credits`);
  if (measured.warmupSeconds > 0) {
    lines.push(`warm-up     the first ${formatSeconds(measured.warmupSeconds)} are left out`);
  }
  const { queue } = plan.rules.profile;
  lines.push(
    `rules       queue time-out ${formatSeconds(queue.timeoutSeconds)}, one tier up per ${formatSeconds(queue.ageingSecondsPerTier)} of waiting`,
  );
  return lines;
}

export function intervalText({ mean: centre, halfWidth }: Interval, unit: string): string {
  const half = Number.isFinite(halfWidth) ? ` ± ${number(halfWidth)}` : '';
  return `${number(centre)}${half} ${unit}`.trimEnd();
}

function valueText(value: number, unit: string): string {
  return unit === 's' ? formatSeconds(value) : `${number(value)} ${unit}`;
}

/** Three significant digits. */
function number(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  return String(Number(value.toPrecision(3)));
}
const gpuTime = (hours: number) =>
  hours < 1 ? `${whole(hours * 3_600)} GPU seconds` : `${whole(hours)} GPU hours`;
const signed = (value: number) => (value > 0 ? `+${number(value)}` : number(value));
const whole = (value: number) => Math.round(value).toLocaleString('en-GB');
const share = (count: number, of: number) =>
  count === 0 || of === 0 ? '-' : `${((count / of) * 100).toFixed(1)} %`;
