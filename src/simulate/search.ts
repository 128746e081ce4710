/** `--find` and `--sensitivity`: many simulations of one workload with its settings changed. */
import type { Goal, Metric } from './goal.js';
import { measure } from './measure.js';
import { planSimulation } from './plan.js';
import { type Effort, replicate } from './replicate.js';
import { type Interval, intervalOf } from './statistics.js';
import { type Variable, withValue } from './vary.js';
import type { Workload } from './workload.js';

/** One combination of values that was simulated. */
export interface Tried {
  readonly values: Readonly<Record<string, number>>;
  readonly interval: Interval;
  readonly isMet: boolean;
}

export interface Found {
  /** For each combination of the other variables the smallest value of the first that meets the goal. */
  readonly best: readonly Tried[];
  readonly tried: readonly Tried[];
}

/**
 * The smallest value of the first variable that meets the goal, for each combination of the others. More
 * of the first variable is taken to never make the figure worse, so that a bisection finds it; the
 * neighbour below is always simulated too, and misses the goal. A goal counts as met when the mean over
 * the replications meets it.
 */
export function find(
  workload: Workload,
  platform: string | null,
  goal: Goal,
  variables: readonly Variable[],
  effort: Effort,
): Found {
  const [first, ...others] = variables;
  const tried: Tried[] = [];
  const best: Tried[] = [];
  if (!first) return { best, tried };
  const attempt = (values: Readonly<Record<string, number>>): Tried => {
    const changed = Object.entries(values).reduce(
      (given, [name, value]) => withValue(given, name, value),
      workload,
    );
    const { interval } = replicate(planSimulation(changed, platform), goal.metric, effort);
    const result = { values, interval, isMet: goal.isMet(interval.mean) };
    tried.push(result);
    return result;
  };
  for (const rest of combinations(others)) {
    const smallest = bisect(first.values, (value) => attempt({ [first.name]: value, ...rest }));
    if (smallest) best.push(smallest);
  }
  return { best, tried };
}

/** The first value that meets the goal, if every value after one that does meets it as well. */
function bisect(values: readonly number[], attempt: (value: number) => Tried): Tried | null {
  let low = 0;
  let high = values.length - 1;
  let best: Tried | null = null;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const result = attempt(values[middle] ?? 0);
    if (result.isMet) {
      best = result;
      high = middle - 1;
    } else {
      low = middle + 1;
    }
  }
  return best;
}

function combinations(variables: readonly Variable[]): readonly Readonly<Record<string, number>>[] {
  return variables.reduce<readonly Readonly<Record<string, number>>[]>(
    (all, { name, values }) =>
      all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

export interface Sensitivity {
  readonly setting: string;
  readonly change: string;
  readonly base: Interval;
  /** Of the changed figure less the figure as it is, replication by replication. */
  readonly difference: Interval;
}

/** Each setting alone, one step up: a GPU more, and the rest by a tenth. */
export function sensitivities(
  workload: Workload,
  platform: string | null,
  metric: Metric,
  effort: Effort,
): readonly Sensitivity[] {
  const steps = stepsOf(workload);
  const count = Math.max(3, effort.replications);
  const valuesOf = (changed: Workload, done: number): readonly number[] => {
    const plan = planSimulation(changed, platform);
    return Array.from({ length: count }, (_, number) => {
      const share = (done + number / count) / (steps.length + 1);
      effort.onProgress(number, share);
      return metric.read(measure(plan, effort.seed, number));
    });
  };
  const base = valuesOf(workload, 0);
  const rows = steps.map(({ name, value, change }, index) => {
    const values = valuesOf(withValue(workload, name, value), index + 1);
    const difference = intervalOf(values.map((after, number) => after - (base[number] ?? 0)));
    return { setting: name, change, base: intervalOf(base), difference };
  });
  return rows.sort((a, b) => Math.abs(b.difference.mean) - Math.abs(a.difference.mean));
}

interface Step {
  readonly name: string;
  readonly value: number;
  readonly change: string;
}

function stepsOf(workload: Workload): readonly Step[] {
  const tenth = 1.1;
  const functions = Object.values(workload.spaces).flatMap(({ functions: all }) =>
    Object.entries(all),
  );
  return [
    { name: 'gpus', value: workload.gpus + 1, change: `${workload.gpus} to ${workload.gpus + 1}` },
    { name: 'real', value: tenth, change: '+10 %' },
    { name: 'visitors', value: tenth, change: '+10 %' },
    ...Object.entries(workload.visitors)
      .filter(([, { per_day }]) => per_day > 0)
      .map(([tier]) => ({ name: `${tier}.visitors`, value: tenth, change: '+10 %' })),
    ...functions
      .filter(([, { declared }]) => declared !== null)
      .map(([name, { declared }]) => ({
        name: `${name}.duration`,
        value: (declared ?? 0) * tenth,
        change: `${declared} to ${((declared ?? 0) * tenth).toFixed(1)} s`,
      })),
  ];
}
