/** Statistics of one replication and of several. Pure. */

export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) return 0;
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] ?? 0;
  return sum / values.length;
}

/** An estimate over replications: mean and half the width of its 95 % confidence interval. */
export interface Interval {
  readonly mean: number;
  /** Infinity with fewer than two replications. */
  readonly halfWidth: number;
  readonly replications: number;
}

/** Student's t over independent replications. */
export function intervalOf(values: readonly number[]): Interval {
  const count = values.length;
  const centre = mean(values);
  if (count < 2) return { mean: centre, halfWidth: Number.POSITIVE_INFINITY, replications: count };
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (count - 1);
  const halfWidth = t975(count - 1) * Math.sqrt(variance / count);
  return { mean: centre, halfWidth, replications: count };
}

/** Whether the interval is narrow enough: half its width against the mean's size. */
export function isPrecise(interval: Interval, precision: number): boolean {
  return interval.halfWidth <= precision * Math.abs(interval.mean) || interval.halfWidth === 0;
}

const T975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/** 97.5 % quantile of Student's t; beyond 30 degrees of freedom by its expansion, 0.1 % accurate. */
export function t975(degrees: number): number {
  const tabled = T975[degrees - 1];
  if (tabled !== undefined) return tabled;
  const z = 1.959963984540054;
  return (
    z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2)
  );
}

/**
 * Where the start-up phase of a series ends, by MSER-5 (White 1997): of all cuts after a whole number
 * of batches of five, at most half the series, the one that minimises the variance of what is left
 * over the square of its length.
 *
 * @returns how many leading observations to leave out
 */
export function mser5(series: ArrayLike<number>): number {
  const batches = Math.floor(series.length / 5);
  if (batches < 4) return 0;
  const means = new Float64Array(batches);
  for (let batch = 0; batch < batches; batch += 1) {
    let sum = 0;
    for (let item = 0; item < 5; item += 1) sum += series[batch * 5 + item] ?? 0;
    means[batch] = sum / 5;
  }
  let sum = 0;
  let squares = 0;
  let best = { cut: 0, value: Number.POSITIVE_INFINITY };
  for (let cut = batches - 1; cut >= 0; cut -= 1) {
    const value = means[cut] ?? 0;
    sum += value;
    squares += value * value;
    const left = batches - cut;
    if (cut > batches / 2) continue;
    const score = Math.max(0, squares - (sum * sum) / left) / (left * left);
    // A tie keeps more of the series.
    if (score <= best.value) best = { cut, value: score };
  }
  return best.cut * 5;
}
