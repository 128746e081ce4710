/** The account's side of `zerogpu quota --account`: what is said of it, as one versionless part of its JSON. Pure. */
import * as z from 'zod';
import type { Account, AccountQuota, OwnedSpace } from '../../hub/port.js';
import { accountTier, isZero } from '../../hub/port.js';
import { ACCOUNT_TIERS, type AccountTier, type Tier } from '../../platform/tiers.js';

const seconds = z.number();

/** docs/schema/account.json. Names end in their unit. */
export const accountSchema = z.object({
  /** Who said it. */
  endpoint: z.string(),
  /** When the Hub said it, ISO 8601, and how long that is ago. */
  at: z.string(),
  ageSeconds: seconds,
  /** A newer answer was due and did not come. */
  stale: z.boolean(),
  /** Null when the token does not tell. */
  name: z.string().nullable(),
  tier: z.enum(ACCOUNT_TIERS).nullable(),
  baseSeconds: seconds,
  leftSeconds: seconds,
  /** Null while nothing has been used. */
  resetsAt: z.string().nullable(),
  resetsInSeconds: seconds.nullable(),
  /** Paid with credits; null when the Hub does not say. */
  overquotaSeconds: seconds.nullable(),
  /** Null for an account without a limit of runs. */
  runs: z
    .object({
      used: z.number(),
      limit: z.number(),
      left: z.number(),
      resetsAt: z.string().nullable(),
    })
    .nullable(),
  /** ZeroGPU Spaces that the account owns, against the limit of a personal account. */
  hosting: z.object({ limit: z.int(), spaces: z.array(z.string()) }).nullable(),
  /** Calls of the current Space's functions that what is left pays for. */
  calls: z.array(z.object({ function: z.string(), askedSeconds: seconds, calls: z.int() })),
  /** What could not be read, each with its error code and its fix. */
  problems: z.array(z.object({ code: z.string(), message: z.string(), fix: z.array(z.string()) })),
});

export type AccountView = z.infer<typeof accountSchema>;
export type Problem = AccountView['problems'][number];

/** A GPU function of the current Space, as it declares itself. */
export interface PaidFunction {
  readonly name: string;
  readonly askedSeconds: number;
  /** Longer than a call of this tier may be. */
  readonly refused: Readonly<Record<AccountTier, boolean>>;
}

/** Everything that was read, at one moment. */
export interface AccountFacts {
  readonly endpoint: string;
  readonly readAtMs: number;
  readonly quota: AccountQuota;
  readonly account: Account | null;
  readonly spaces: readonly OwnedSpace[] | null;
  readonly functions: readonly PaidFunction[];
  /** Spaces that a personal account may host, with PRO and without. */
  readonly hostingLimits: Readonly<Record<'free' | 'pro', number>>;
  /** Tiers that the platform has. */
  readonly tiers: readonly Tier[];
  readonly problems: readonly Problem[];
}

/**
 * What is shown at `nowMs` (both wall clock).
 *
 * @param late why the newer answer did not come; null when none was due
 */
export function accountView(facts: AccountFacts, nowMs: number, late: Problem | null): AccountView {
  const { quota, account } = facts;
  const tier = account === null ? null : accountTier(account, facts.tiers);
  const resets = quota.resetsAt === null ? null : Date.parse(quota.resetsAt);
  const zero = facts.spaces?.filter(({ runtime }) => isZero(runtime)).map(({ id }) => id) ?? null;
  return {
    endpoint: facts.endpoint,
    at: new Date(facts.readAtMs).toISOString(),
    ageSeconds: Math.max(0, Math.round((nowMs - facts.readAtMs) / 1_000)),
    stale: late !== null,
    name: account?.name ?? null,
    tier,
    baseSeconds: quota.baseSeconds,
    leftSeconds: quota.leftSeconds,
    resetsAt: quota.resetsAt,
    resetsInSeconds: resets === null ? null : Math.max(0, Math.ceil((resets - nowMs) / 1_000)),
    overquotaSeconds: quota.overquotaSeconds,
    runs: quota.runs,
    hosting:
      account === null || zero === null
        ? null
        : {
            limit: facts.hostingLimits[account.isPro ? 'pro' : 'free'],
            spaces: [...zero].sort(),
          },
    calls: facts.functions.map(({ name, askedSeconds, refused }) => ({
      function: name,
      askedSeconds,
      calls: refused[tier ?? 'pro'] ? 0 : callsFor(quota, askedSeconds),
    })),
    problems: [...facts.problems, ...(late ? [late] : [])],
  };
}

/** Admission compares what is declared with what is left; a limit of runs binds as well. */
function callsFor({ leftSeconds, runs }: AccountQuota, askedSeconds: number): number {
  const paid = askedSeconds > 0 ? Math.floor(leftSeconds / askedSeconds) : 0;
  return Math.floor(Math.min(paid, runs?.left ?? Number.POSITIVE_INFINITY));
}
