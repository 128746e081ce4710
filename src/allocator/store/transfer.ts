/**
 * What belongs to people, out of a ledger and into another: quotas, runs, credits. Leases, queue and
 * workers belong to a machine and stay there.
 */
import * as z from 'zod';
import { TIERS } from '../../platform/tiers.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { createAccount } from '../core/quota.js';
import type { AllocatorState } from '../core/types.js';

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
        /** When the quota window opened, in quota time; null when none is open. */
        windowStartedAt: z.iso.datetime().nullable(),
        runs: z.int().nonnegative(),
        creditSeconds: seconds,
      })
      // It would never come back: a quota begins anew when its window ends.
      .refine(({ usedSeconds, windowStartedAt: opened }) => opened || usedSeconds === 0, {
        path: ['windowStartedAt'],
        error: 'what is used was used in a window',
      }),
  ),
});

export type ExportedState = z.infer<typeof exportedSchema>;

/** @param now ISO 8601 */
export function exportState(state: AllocatorState, now: string): ExportedState {
  return {
    kind: 'zerogpu-state',
    version: 1,
    exportedAt: now,
    platform: state.rules.profile.name,
    visitors: [...state.accounts.values()]
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map((account) => ({
        visitor: account.key,
        tier: account.tier,
        tierOverride: account.tierOverride,
        usedSeconds: account.usedMs / 1000,
        windowStartedAt:
          account.windowStartMs === null ? null : new Date(account.windowStartMs).toISOString(),
        runs: account.runs,
        creditSeconds: account.creditMs / 1000,
      })),
  };
}

/**
 * Reads an exported file.
 *
 * @param name of the file, for the error
 * @throws UserError E_STATE_IMPORT naming the first field that is wrong
 */
export function parseExportedState(text: string, name: string): ExportedState {
  const wrong = (why: string) =>
    new UserError('E_STATE_IMPORT', `${name} is no exported state`, {
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

/** The visitors of the file as they are there; those that it does not name stay as they are. */
export function importState(state: AllocatorState, exported: ExportedState): void {
  for (const entry of exported.visitors) {
    const visitor = { key: entry.visitor, tier: entry.tier, hasToken: true };
    const account = state.accounts.get(entry.visitor) ?? createAccount(visitor);
    account.tier = entry.tier;
    account.tierOverride = entry.tierOverride;
    account.usedMs = Math.round(entry.usedSeconds * 1000);
    account.runs = entry.runs;
    account.windowStartMs =
      entry.windowStartedAt === null ? null : Date.parse(entry.windowStartedAt);
    account.creditMs = Math.max(Math.round(entry.creditSeconds * 1000), account.creditHeldMs);
    state.accounts.set(entry.visitor, account);
  }
}
