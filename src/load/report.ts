/** What a load has shown, in the words and the JSON of `zerogpu simulate`. Pure. */
import { formatSeconds } from '../shared/duration.js';
import { percentile } from '../shared/percentile.js';
import { type Measurement, readLog } from '../simulate/measure.js';
import type { SimulationPlan } from '../simulate/plan.js';
import { reportLines, type TextOptions } from '../simulate/report/text.js';
import type { Failure, LoadTally } from './tally.js';

export interface LoadReport extends Measurement {
  readonly platform: { readonly name: string; readonly asOf: string };
  readonly url: string;
  readonly function: string;
  readonly seed: number;
  /** The load was ended before its time. */
  readonly isPartial: boolean;
  readonly elapsedSeconds: number;
  /** Calls that failed for no reason of the allocator; by tier. */
  readonly failed: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  /** Calls without an answer when the load ended. */
  readonly unanswered: number;
  /** Answered calls that asked for no GPU. */
  readonly withoutGpu: number;
  /** Of the waits of granted calls, what passed before the app asked for a GPU: in Gradio's queue, mostly. */
  readonly inAppSeconds: Quantiles;
  /** How late calls were sent, which their waits contain. */
  readonly lateSeconds: Quantiles;
}

interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}

export interface LoadFacts {
  readonly url: string;
  readonly endpoint: string;
  readonly seed: number;
  readonly elapsedMs: number;
  readonly isPartial: boolean;
}

export function reportOf(plan: SimulationPlan, tally: LoadTally, facts: LoadFacts): LoadReport {
  const { name, asOf } = plan.rules.profile;
  return {
    platform: { name, asOf },
    ...{ url: facts.url, function: facts.endpoint, seed: facts.seed, isPartial: facts.isPartial },
    elapsedSeconds: facts.elapsedMs / 1_000,
    ...readLog({ ...plan, horizonMs: Math.max(1, facts.elapsedMs) }, tally.log),
    failed: Object.fromEntries(
      plan.tiers.map(({ tier }, index) => [tier, tally.failedByTier.get(index) ?? 0]),
    ),
    failures: [...tally.failures.values()].sort((a, b) => b.count - a.count),
    unanswered: tally.open,
    withoutGpu: tally.withoutGpu,
    inAppSeconds: quantilesOf(tally.inApp),
    lateSeconds: quantilesOf(tally.late.map((lateMs) => lateMs / 1_000)),
  };
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => percentile(sorted, share) ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), longest: at(1) };
}

export function loadLines(
  plan: SimulationPlan,
  report: LoadReport,
  text: TextOptions,
): readonly string[] {
  const { all, elapsedSeconds, inAppSeconds, lateSeconds, failures } = report;
  const failed = Object.values(report.failed).reduce((sum, count) => sum + count, 0);
  const visitors = plan.tiers.map(({ tier, people }) => `${people} ${tier}`).join(', ');
  return [
    `zerogpu load  ${report.url} ${report.function} · ${visitors} · ${all.calls} calls in ` +
      `${elapsedSeconds.toFixed(1)} s · seed ${report.seed}${report.isPartial ? ' · interrupted' : ''}`,
    '',
    ...reportLines(plan, { measurements: [report] }, null, text),
    ...(failed === 0 ? [] : [`failed      ${failed} calls`]),
    ...failures.slice(0, 5).map(({ words, count }) => `  ${count} x  ${words.split('\n')[0]}`),
    ...(report.unanswered === 0 ? [] : [`unanswered  ${report.unanswered} calls at the end`]),
    ...(report.withoutGpu === 0
      ? []
      : [`no GPU      ${report.withoutGpu} calls answered without asking for one`]),
    `in the app  ${formatSeconds(inAppSeconds.p50)} (p50), ${formatSeconds(inAppSeconds.p95)} (p95) of a wait pass before the app asks for a GPU, in Gradio's queue`,
    `late        calls were sent ${ms(lateSeconds.p50)} (p50), ${ms(lateSeconds.p99)} (p99) after they were due; their waits contain it`,
  ];
}

const ms = (seconds: number) => `${Math.round(seconds * 1_000)} ms`;
