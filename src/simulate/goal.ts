/** `p95 wait < 10s`: what a simulation is asked to reach, and the figure that it speaks of. Pure. */
import { parseDuration } from '../shared/duration.js';
import { UserError } from '../shared/errors.js';
import type { Counts, Measurement } from './measure.js';

/** A figure of one replication, by the name that goals, comparisons and reports use for it. */
export interface Metric {
  readonly name: string;
  readonly unit: 's' | '%' | '';
  read(measurement: Measurement): number;
}

export interface Goal {
  readonly text: string;
  readonly metric: Metric;
  readonly isMet: (value: number) => boolean;
  readonly limit: number;
}

const WAITS = { mean: 'mean', p50: 'p50', p95: 'p95', p99: 'p99', longest: 'longest' } as const;

/** Figures without a tier, by name. */
const TOTALS: Readonly<Record<string, Omit<Metric, 'name'>>> = {
  utilisation: { unit: '%', read: ({ utilisation }) => utilisation * 100 },
  starved: { unit: '%', read: ({ starved }) => starved * 100 },
};

const SHARES: Readonly<Record<string, (counts: Counts) => number>> = {
  refused: ({ refused }) => Object.values(refused).reduce((sum, count) => sum + count, 0),
  'timed-out': ({ timedOut }) => timedOut,
  killed: ({ killed }) => killed,
  left: ({ left }) => left,
};

const HELP =
  'Figures: mean, p50, p95, p99 or longest wait; refused, timed-out, killed, left, starved, utilisation (in %); ' +
  'each but the last two with a tier: "pro p95 wait".';

/**
 * Reads the name of a figure: `p95 wait`, `free p99 wait`, `anonymous refused`, `utilisation`.
 *
 * @throws UserError E_USAGE
 */
export function parseMetric(text: string, flag: string): Metric {
  const words = text.trim().toLowerCase().split(/\s+/);
  const name = words.join(' ');
  const total = TOTALS[name];
  if (total) return { name, ...total };
  const tier = tierIn(words);
  const rest = tier === null ? words : words.slice(1);
  const of = (measurement: Measurement) =>
    tier === null ? measurement.all : measurement.tiers[tier];
  const [first = '', second] = rest;
  if (second === 'wait' && rest.length === 2 && Object.hasOwn(WAITS, first)) {
    const key = first as keyof typeof WAITS;
    return { name, unit: 's', read: (measurement) => of(measurement)?.waits[key] ?? 0 };
  }
  const share = rest.length === 1 && Object.hasOwn(SHARES, first) ? SHARES[first] : undefined;
  if (share) {
    const read = (measurement: Measurement) => {
      const counts = of(measurement);
      return counts && counts.calls > 0 ? (share(counts) / counts.calls) * 100 : 0;
    };
    return { name, unit: '%', read };
  }
  throw new UserError('E_USAGE', `${flag} is "${text}", which is not a figure of a simulation`, {
    why: HELP,
    fix: `${flag} "p95 wait"`,
  });
}

function tierIn(words: readonly string[]): string | null {
  const [first = ''] = words;
  return Object.hasOwn(WAITS, first) || Object.hasOwn(SHARES, first) ? null : first;
}

/**
 * Reads `p95 wait < 10s`, `free refused <= 5%`, `utilisation > 60%`.
 *
 * @throws UserError E_USAGE
 */
export function parseGoal(text: string, flag: string): Goal {
  const match = /^(?<figure>[^<>=]+)(?<sign><=|>=|<|>)(?<limit>[^<>=]+)$/.exec(text.trim());
  const { figure = '', sign = '', limit: limitText = '' } = match?.groups ?? {};
  if (!match) {
    throw new UserError('E_USAGE', `${flag} is "${text}", which is not a goal`, {
      why: `A goal is a figure, one of < <= > >=, and a limit. ${HELP}`,
      fix: `${flag} "p95 wait < 10s"`,
    });
  }
  const metric = parseMetric(figure, flag);
  const limit = parseLimit(limitText.trim(), metric, flag);
  const tests: Readonly<Record<string, (value: number) => boolean>> = {
    '<': (value) => value < limit,
    '<=': (value) => value <= limit,
    '>': (value) => value > limit,
    '>=': (value) => value >= limit,
  };
  return { text: text.trim(), metric, limit, isMet: tests[sign] ?? (() => false) };
}

function parseLimit(text: string, metric: Metric, flag: string): number {
  if (metric.unit === 's') return /^0+s?$/.test(text) ? 0 : parseDuration(text, flag);
  const number = Number(text.replace(/\s*%$/, ''));
  if (text !== '' && Number.isFinite(number)) return number;
  throw new UserError('E_USAGE', `${flag} has the limit "${text}", which is not a percentage`, {
    fix: `${flag} "${metric.name} < 5%"`,
  });
}
