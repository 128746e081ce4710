/** `run --as account`: the visitor is the owner of the token, with what the Hub says is left today. */

import type { VisitorUse } from '../../allocator/client/index.js';
import { parseVisitorName, type VisitorName } from '../../allocator/core/visitor.js';
import { type AccountQuota, createHub, readHubSettings } from '../../hub/index.js';
import { accountTier } from '../../hub/port.js';
import { createWhoMemo, whoFile } from '../../hub/who-memo.js';
import { type Tier, tierFacts } from '../../platform/index.js';
import type { PlatformProfile } from '../../platform/schema.js';
import { systemClock } from '../../shared/clock.js';
import { formatSeconds } from '../../shared/duration.js';
import { interruptible } from '../../shared/interruption.js';

/** An account of the Hub as a local visitor. */
export interface AccountVisitor {
  readonly visitor: VisitorName;
  /** On the Hub. */
  readonly name: string;
  readonly quota: AccountQuota;
}

/**
 * Asks the Hub, once.
 *
 * @param tiers of the edition of the platform
 * @throws HubError; the signal's reason when it was interrupted
 */
export async function readAccountVisitor(
  env: Readonly<Record<string, string | undefined>>,
  tiers: readonly Tier[],
  interrupted: AbortSignal,
): Promise<AccountVisitor> {
  const settings = await readHubSettings(env);
  const memo = createWhoMemo(whoFile(env), settings, () => systemClock.now().wallMs);
  const hub = createHub({ settings, memo, interrupted });
  return interruptible(interrupted, async () => {
    const [account, quota] = await Promise.all([hub.who(), hub.accountQuota()]);
    const { name } = account;
    const tier = accountTier(account, tiers);
    // A name that no local visitor can have is the tier's own visitor.
    return { visitor: parseVisitorName(`${tier}:${name}`) ?? { tier, name: null }, name, quota };
  });
}

/**
 * What the account has used, so that as much is left here as there. Pure.
 *
 * @returns `lacks`: seconds that are left there and that the profile's tier does not have
 */
export function accountUse(
  { visitor, quota }: AccountVisitor,
  profile: PlatformProfile,
  wallMs: number,
): { readonly use: VisitorUse; readonly lacksSeconds: number } {
  const { quotaSeconds, runsPerWindow } = tierFacts(profile, visitor.tier);
  const { leftSeconds, runs, resetsAt } = quota;
  const runsUsed = runsPerWindow === null || !runs ? (runs?.used ?? 0) : runsPerWindow - runs.left;
  return {
    use: {
      usedSeconds: Math.max(0, quotaSeconds - leftSeconds),
      runs: Math.max(0, Math.ceil(runsUsed)),
      resetsInSeconds:
        resetsAt === null ? null : Math.max(0, (Date.parse(resetsAt) - wallMs) / 1_000),
    },
    lacksSeconds: Math.max(0, leftSeconds - quotaSeconds),
  };
}

/** One line for the banner. */
export function accountNote({ name, quota }: AccountVisitor, wallMs: number): string {
  const { leftSeconds, baseSeconds, resetsAt, runs } = quota;
  const seconds = (count: number) => `${Math.round(count)} s`;
  const reset =
    resetsAt === null
      ? []
      : [`full again in ${formatSeconds((Date.parse(resetsAt) - wallMs) / 1_000)}`];
  const runsLeft = runs ? [`${runs.left} runs left`] : [];
  const parts = [`${seconds(leftSeconds)} of ${seconds(baseSeconds)} left`, ...runsLeft, ...reset];
  return `as ${name} of the Hub, as it stood at the start: ${parts.join(', ')}`;
}
