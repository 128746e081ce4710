/** Several replications of one plan, until a figure is known well enough. */

import type { Metric } from './goal.js';
import { type Measurement, measure } from './measure.js';
import type { SimulationPlan } from './plan.js';
import { type Interval, intervalOf, isPrecise } from './statistics.js';

export interface Effort {
  readonly seed: number;
  /** Replications at least; more only with a precision. */
  readonly replications: number;
  /** Half the width of the 95 % interval over the mean; null to run `replications`. */
  readonly precision: number | null;
  readonly mostReplications: number;
  onProgress(done: number, share: number): void;
}

export const DEFAULT_MOST_REPLICATIONS = 100;

export interface Replicated {
  readonly measurements: readonly Measurement[];
  readonly interval: Interval;
  /** False when the precision was not reached within the most replications. */
  readonly isPrecise: boolean;
}

export function replicate(plan: SimulationPlan, metric: Metric, effort: Effort): Replicated {
  const measurements: Measurement[] = [];
  for (;;) {
    const number = measurements.length;
    const { seed, precision } = effort;
    measurements.push(measure(plan, seed, number, (share) => effort.onProgress(number, share)));
    const interval = intervalOf(measurements.map((one) => metric.read(one)));
    if (measurements.length < least(effort)) continue;
    const isEnough = precision === null || isPrecise(interval, precision);
    if (isEnough || measurements.length >= effort.mostReplications) {
      return { measurements, interval, isPrecise: isEnough };
    }
  }
}

/** A precision needs an interval, and an interval from few replications is a guess. */
function least({ replications, precision }: Effort): number {
  return precision === null ? replications : Math.max(3, replications);
}

export interface Comparison {
  readonly metric: string;
  readonly a: Interval;
  readonly b: Interval;
  /** Of b less a, replication by replication. */
  readonly difference: Interval;
}

export interface Compared {
  readonly a: readonly Measurement[];
  readonly b: readonly Measurement[];
  readonly rows: readonly Comparison[];
  readonly isPrecise: boolean;
}

/**
 * Two plans under common random numbers: replication n of both has the same visits with the same
 * wishes, so that the paired difference is known far better than either figure.
 */
export function compare(
  [planA, planB]: readonly [SimulationPlan, SimulationPlan],
  metrics: readonly Metric[],
  effort: Effort,
): Compared {
  const [target] = metrics;
  const a: Measurement[] = [];
  const b: Measurement[] = [];
  for (;;) {
    const number = a.length;
    const { seed, precision } = effort;
    a.push(measure(planA, seed, number, (share) => effort.onProgress(number, share / 2)));
    b.push(measure(planB, seed, number, (share) => effort.onProgress(number, 0.5 + share / 2)));
    if (a.length < Math.max(2, least(effort))) continue;
    const isEnough = precision === null || !target || isKnown(pair(a, b, target), precision);
    if (isEnough || a.length >= effort.mostReplications) {
      return { a, b, rows: metrics.map((metric) => pair(a, b, metric)), isPrecise: isEnough };
    }
  }
}

/** The difference is known to `precision` of the larger of the two figures. */
function isKnown({ a, b, difference }: Comparison, precision: number): boolean {
  const size = Math.max(Math.abs(a.mean), Math.abs(b.mean));
  return difference.halfWidth <= precision * size;
}

function pair(a: readonly Measurement[], b: readonly Measurement[], metric: Metric): Comparison {
  const valuesA = a.map((one) => metric.read(one));
  const valuesB = b.map((one) => metric.read(one));
  return {
    metric: metric.name,
    a: intervalOf(valuesA),
    b: intervalOf(valuesB),
    difference: intervalOf(valuesB.map((value, index) => value - (valuesA[index] ?? 0))),
  };
}
