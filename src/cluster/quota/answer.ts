import type { SharedAccount } from '../../allocator/core/shared-quota.js';
import type { Visitor } from '../../allocator/core/types.js';
import { TIERS, type Tier } from '../../platform/tiers.js';

/** What a function of the quota library answers. */
export interface LibraryAnswer {
  /** `held`, `refused`, `begun`, `gone`, …: the first word of `finish`. */
  readonly status: string;
  /** What the function answers besides the account; 0 for nothing. */
  readonly first: number;
  readonly second: number;
  readonly account: SharedAccount;
}

const FIELDS = 15;

/**
 * Reads what `finish` of the library answers: 15 words, "-" for none. By hand, since each call reads three
 * of them; a schema takes longer than the store.
 *
 * @param visitor the tier counts where the account has none yet
 * @throws Error for anything else: another program answered
 */
export function readAnswer(
  answer: unknown,
  visitor: Pick<Visitor, 'key' | 'tier'>,
  windowMs: number,
): LibraryAnswer {
  if (!Array.isArray(answer) || answer.length !== FIELDS) throw unreadable(answer);
  const words: readonly unknown[] = answer;
  const amount = (place: number): number => {
    const value = words[place] === '-' ? 0 : Number(words[place]);
    if (!Number.isFinite(value)) throw unreadable(answer);
    return value;
  };
  const tier = (place: number): Tier | null => {
    if (words[place] === '-') return null;
    const known = TIERS.find((name) => name === words[place]);
    if (!known) throw unreadable(answer);
    return known;
  };
  return {
    status: String(words[0]),
    first: amount(1),
    second: amount(2),
    account: {
      key: visitor.key,
      tier: tier(13) ?? visitor.tier,
      tierOverride: tier(14),
      creditMs: amount(10),
      creditHeldMs: amount(11),
      resetsInMs: words[4] === '-' ? null : amount(4) + windowMs - amount(3),
      usedMs: amount(5),
      reservedMs: amount(6),
      begunMs: amount(7),
      runs: amount(8),
      pendingRuns: amount(9),
    },
  };
}

function unreadable(answer: unknown): Error {
  return new Error(`the store answered ${JSON.stringify(answer)} to a function of zerogpu`);
}
