/** Random quantities as a workload file writes them, sampled by the inverse of their distribution. */
import * as z from 'zod';
import { parseDuration } from '../shared/duration.js';

/** Seconds: a number, or text such as `90s` or `1m30s`. */
export const seconds = z
  .union([z.number().nonnegative(), z.string()])
  .transform((value, context) => {
    if (typeof value === 'number') return value;
    try {
      return parseDuration(value, 'a length of time');
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : '' });
      return z.NEVER;
    }
  });

const positiveSeconds = seconds.refine((value) => value > 0, 'must be above zero');

export const distributionSchema = z.union([
  seconds,
  z.strictObject({ exponential: positiveSeconds.describe('the mean') }),
  z.strictObject({
    lognormal: z.union([
      z
        .strictObject({ p50: positiveSeconds, p95: positiveSeconds })
        .refine(({ p50, p95 }) => p95 >= p50, 'p95 must not be below p50'),
      z.strictObject({ mean: positiveSeconds, cv: z.number().nonnegative() }),
    ]),
  }),
  z.strictObject({
    uniform: z
      .tuple([seconds, seconds])
      .refine(([from, to]) => to >= from, 'the second number must not be below the first'),
  }),
  z.strictObject({ geometric: z.number().min(1).describe('the mean, at least 1') }),
  z.strictObject({ empirical: z.array(seconds).min(1).describe('measured values, any order') }),
]);

export type Distribution = z.infer<typeof distributionSchema>;

/** A sample for a uniform number in (0, 1); the larger the number, the larger the sample. */
export type Sampler = (u: number) => number;

/** 95th percentile of the standard normal distribution. */
const Z95 = 1.6448536269514722;

export function createSampler(distribution: Distribution): Sampler {
  if (typeof distribution === 'number') return () => distribution;
  if ('exponential' in distribution) {
    const mean = distribution.exponential;
    return (u) => -mean * Math.log1p(-u);
  }
  if ('lognormal' in distribution) {
    const { mu, sigma } = lognormalOf(distribution.lognormal);
    return (u) => Math.exp(mu + sigma * normalQuantile(u));
  }
  if ('uniform' in distribution) {
    const [from, to] = distribution.uniform;
    return (u) => from + (to - from) * u;
  }
  if ('geometric' in distribution) {
    const stop = 1 / distribution.geometric;
    if (stop >= 1) return () => 1;
    return (u) => Math.max(1, Math.ceil(Math.log1p(-u) / Math.log1p(-stop)));
  }
  return empiricalSampler(distribution.empirical);
}

/** Expected value, for reports and for the load that a workload offers. */
export function meanOf(distribution: Distribution): number {
  if (typeof distribution === 'number') return distribution;
  if ('exponential' in distribution) return distribution.exponential;
  if ('lognormal' in distribution) {
    const { mu, sigma } = lognormalOf(distribution.lognormal);
    return Math.exp(mu + (sigma * sigma) / 2);
  }
  if ('uniform' in distribution) return (distribution.uniform[0] + distribution.uniform[1]) / 2;
  if ('geometric' in distribution) return distribution.geometric;
  const values = distribution.empirical;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The same shape, `factor` times as long. */
export function scaled(distribution: Distribution, factor: number): Distribution {
  if (typeof distribution === 'number') return distribution * factor;
  if ('exponential' in distribution) return { exponential: distribution.exponential * factor };
  if ('lognormal' in distribution) {
    const { lognormal } = distribution;
    return 'p50' in lognormal
      ? { lognormal: { p50: lognormal.p50 * factor, p95: lognormal.p95 * factor } }
      : { lognormal: { mean: lognormal.mean * factor, cv: lognormal.cv } };
  }
  if ('uniform' in distribution) {
    const [from, to] = distribution.uniform;
    return { uniform: [from * factor, to * factor] };
  }
  if ('geometric' in distribution)
    return { geometric: Math.max(1, distribution.geometric * factor) };
  return { empirical: distribution.empirical.map((value) => value * factor) };
}

function lognormalOf(
  given:
    | { readonly p50: number; readonly p95: number }
    | { readonly mean: number; readonly cv: number },
): { readonly mu: number; readonly sigma: number } {
  if ('p50' in given) {
    return { mu: Math.log(given.p50), sigma: Math.log(given.p95 / given.p50) / Z95 };
  }
  const variance = Math.log1p(given.cv * given.cv);
  return { mu: Math.log(given.mean) - variance / 2, sigma: Math.sqrt(variance) };
}

/** Between two measured values the quantile is interpolated. */
function empiricalSampler(values: readonly number[]): Sampler {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return (u) => {
    const place = u * last;
    const below = Math.floor(place);
    const from = sorted[below] ?? 0;
    return from + ((sorted[Math.min(last, below + 1)] ?? from) - from) * (place - below);
  };
}

/**
 * Quantile of the standard normal distribution: Wichura's algorithm AS 241 (PPND16), accurate to
 * about 1 part in 10^16.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return q * ratio(r, CENTRE);
  }
  const tail = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const value = tail <= 5 ? ratio(tail - 1.6, MIDDLE) : ratio(tail - 5, FAR);
  return q < 0 ? -value : value;
}

type Ratio = readonly [numerator: readonly number[], denominator: readonly number[]];
const CENTRE: Ratio = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597,
    39307.89580009271, 28729.085735721943, 5226.495278852546,
  ],
];
const MIDDLE: Ratio = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
    0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
  ],
];
const FAR: Ratio = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
];

function ratio(r: number, [numerator, denominator]: Ratio): number {
  return polynomial(r, numerator) / polynomial(r, denominator);
}

function polynomial(r: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, coefficient) => sum * r + coefficient, 0);
}
