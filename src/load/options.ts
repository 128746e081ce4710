/** Flags of `zerogpu load`. Pure. */
import { TIERS, type Tier } from '../platform/tiers.js';
import { parseDuration } from '../shared/duration.js';
import { UserError } from '../shared/errors.js';

/** What commander hands over. */
export interface RawLoadOptions {
  readonly function?: string;
  readonly visitors: string;
  readonly rate: string;
  readonly tiers: string;
  readonly for: string;
  readonly seed: string;
  readonly json?: boolean;
  readonly stateDir?: string;
  readonly ascii?: boolean;
  readonly color?: string;
}

export interface LoadOptions {
  readonly endpoint: string;
  /** Calls a second, on average. */
  readonly perSecond: number;
  /** Distinct visitors of each tier that has any, each with a quota of its own. */
  readonly visitors: ReadonlyMap<Tier, number>;
  readonly seconds: number;
  readonly seed: number;
  readonly json: boolean;
  readonly ascii: boolean;
}

const MOST_VISITORS = 1_000;
const MOST_PER_SECOND = 1_000;
const SECONDS_OF: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** @throws UserError E_USAGE naming the flag, its value and what would do */
export function parseLoadOptions(raw: RawLoadOptions): LoadOptions {
  if (raw.function === undefined) {
    throw new UserError('E_USAGE', '--function is missing', {
      why: 'It names the endpoint that the visitors call.',
      fix: ['zerogpu call --list', 'zerogpu load --function NAME key=value'],
    });
  }
  const count = whole(raw.visitors, '--visitors', 1, MOST_VISITORS);
  return {
    endpoint: raw.function,
    perSecond: parseRate(raw.rate),
    visitors: spread(count, parseTiers(raw.tiers)),
    seconds: parseDuration(raw.for, '--for'),
    seed: whole(raw.seed, '--seed', 0, 2 ** 32 - 1),
    json: raw.json ?? false,
    ascii: raw.ascii ?? false,
  };
}

/** `2/s`, `30/m`, `100/h`. */
function parseRate(text: string): number {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*\/\s*([smh])$/.exec(text.trim()) ?? [];
  const perSecond = Number(count) / (SECONDS_OF[unit] ?? Number.NaN);
  if (perSecond > 0 && perSecond <= MOST_PER_SECOND) return perSecond;
  throw new UserError('E_USAGE', `--rate is "${text}", which can't be used`, {
    why: `It is calls a second, a minute or an hour: 2/s, 30/m, 100/h; at most ${MOST_PER_SECOND}/s.`,
    fix: '--rate 2/s',
  });
}

/** `pro=1,free=3,anonymous=6`: shares of the visitors. */
function parseTiers(text: string): ReadonlyMap<Tier, number> {
  const shares = new Map<Tier, number>();
  for (const part of text.split(',')) {
    const [, name = '', share = ''] = /^\s*([a-z]+)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    const tier = TIERS.find((one) => one === name);
    if (tier === undefined || shares.has(tier)) throw wrongTiers(text);
    if (Number(share) > 0) shares.set(tier, Number(share));
  }
  if (shares.size === 0) throw wrongTiers(text);
  return shares;
}

function wrongTiers(text: string): UserError {
  return new UserError('E_USAGE', `--tiers is "${text}", which can't be used`, {
    why: `It gives tiers (${TIERS.join(', ')}) their shares of the visitors, each once.`,
    fix: '--tiers pro=1,free=3,anonymous=6',
  });
}

/** Whole visitors by shares: the largest remainders get what is left. */
export function spread(
  count: number,
  shares: ReadonlyMap<Tier, number>,
): ReadonlyMap<Tier, number> {
  const sum = [...shares.values()].reduce((total, share) => total + share, 0);
  const exact = [...shares].map(([tier, share]) => ({ tier, exact: (share / sum) * count }));
  const whole = new Map(exact.map((one) => [one.tier, Math.floor(one.exact)]));
  const left = count - [...whole.values()].reduce((total, one) => total + one, 0);
  const byRemainder = [...exact].sort((a, b) => (b.exact % 1) - (a.exact % 1));
  for (const { tier } of byRemainder.slice(0, left)) whole.set(tier, (whole.get(tier) ?? 0) + 1);
  return new Map([...whole].filter(([, visitors]) => visitors > 0));
}

function whole(text: string, flag: string, lowest: number, highest: number): number {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (number >= lowest && number <= highest) return number;
  throw new UserError('E_USAGE', `${flag} is "${text}", which can't be used`, {
    why: `It is a whole number from ${lowest} to ${highest}.`,
    fix: `${flag} ${Math.max(lowest, 1)}`,
  });
}
