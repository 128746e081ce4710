/**
 * What belongs to people, out of a ledger and into another: quotas, runs, credits. Leases, queue and
 * workers belong to a machine and stay there.
 */
import * as z from 'zod';
import type { PlatformProfile } from '../../platform/schema.js';
import { TIERS } from '../../platform/tiers.js';
import type { Instant } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { localQuota } from '../core/accounts.js';
import { accountAt } from '../core/balance.js';
import { moveQuotaClock, quotaTimeAt } from '../core/quota-clock.js';
import type { AllocatorState, QuotaAccount } from '../core/types.js';

const tier = z.enum(TIERS);
/** Thirty years; as milliseconds it must still be a number that the ledger can write. */
const seconds = z.number().nonnegative().max(1e9);

const exportedSchema = z.strictObject({
  kind: z.literal('zerogpu-state'),
  version: z.literal(1),
  exportedAt: z.iso.datetime(),
  platform: z.string(),
  visitors: z.array(
    z
      .strictObject({
        visitor: z.string().min(1).max(200),
        tier,
        /** Set by an operator; null for the visitor's own. */
        tierOverride: tier.nullable(),
        usedSeconds: seconds,
        /**
         * When the quota window opened, by the clock of whoever exported: it ends a whole window
         * later, whatever `advance` did to quota time. Null when none is open.
         */
        windowStartedAt: z.iso.datetime().nullable(),
        runs: z.int().nonnegative(),
        creditSeconds: seconds,
      })
      // It would never come back: a quota is full again when its window ends.
      .refine(({ usedSeconds, windowStartedAt: opened }) => opened || usedSeconds === 0, {
        path: ['windowStartedAt'],
        error: 'what is used was used in a window',
      }),
  ),
});

export type ExportedState = z.infer<typeof exportedSchema>;

/** @param at the windows that are over by then are left out */
export function exportState(state: AllocatorState, at: Instant): ExportedState {
  const { profile } = state.rules;
  const quotaNowMs = quotaTimeAt(state, at);
  /** How far quota time is ahead of the wall clock. */
  const aheadMs = quotaNowMs - at.wallMs;
  return {
    kind: 'zerogpu-state',
    version: 1,
    exportedAt: isoDate(at.wallMs),
    platform: profile.name,
    visitors: [...state.accounts.values()]
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map((account) => exportAccount(accountAt(profile, account, quotaNowMs), aheadMs)),
  };
}

function exportAccount(account: QuotaAccount, aheadMs: number): ExportedState['visitors'][number] {
  const { windowStartMs } = account;
  return {
    visitor: account.key,
    tier: account.tier,
    tierOverride: account.tierOverride,
    usedSeconds: account.usedMs / 1000,
    windowStartedAt: windowStartMs === null ? null : isoDate(windowStartMs - aheadMs),
    runs: account.runs,
    creditSeconds: account.creditMs / 1000,
  };
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * Reads an exported file.
 *
 * @param name of the file, for the error
 * @throws UserError E_STATE_IMPORT naming the first field that is wrong
 */
export function parseExportedState(text: string, name: string): ExportedState {
  const wrong = (why: string) =>
    new UserError('E_STATE_IMPORT', `${name} is not an exported state`, {
      why,
      fix: 'zerogpu state export FILE   (makes one)',
      exitCode: EXIT.usage,
    });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  const parsed = exportedSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw wrong(z.prettifyError(parsed.error));
}

/**
 * The visitors of the file as they are there; those that it does not name stay as they are. What waiting
 * and running calls hold stays held, and a window that one of them pays into stays where it is.
 */
export function importState(state: AllocatorState, exported: ExportedState, at: Instant): void {
  const { profile } = state.rules;
  const quota = localQuota(profile, state.accounts, moveQuotaClock(state, at));
  for (const entry of exported.visitors) {
    const visitor = { key: entry.visitor, tier: entry.tier, hasToken: true };
    quota.setUse(visitor, windowIn(entry, profile, at));
    quota.setTier(visitor, entry.tierOverride);
    quota.setCredits(visitor, Math.round(entry.creditSeconds * 1000));
  }
}

/** Unused when the window has ended since; one that opened in the future opens now. */
function windowIn(
  { windowStartedAt, usedSeconds, runs }: ExportedState['visitors'][number],
  profile: PlatformProfile,
  at: Instant,
) {
  const windowMs = profile.quota.windowSeconds * 1000;
  const openForMs = windowStartedAt === null ? 0 : at.wallMs - Date.parse(windowStartedAt);
  const resetsInMs = windowStartedAt === null ? null : windowMs - Math.max(0, openForMs);
  if (resetsInMs !== null && resetsInMs <= 0) return { usedMs: 0, runs: 0, resetsInMs: null };
  return { usedMs: Math.round(usedSeconds * 1000), runs, resetsInMs };
}
