/** Reads the account from the Hub: its quota or an error, and around it what the token tells. */
import type { Hub } from '../../hub/port.js';
import { UserError } from '../../shared/errors.js';
import type { AccountFacts, PaidFunction, Problem } from './view.js';

export interface AccountSource {
  readonly hub: Hub;
  readonly functions: readonly PaidFunction[];
  readonly hostingLimits: AccountFacts['hostingLimits'];
  readonly tiers: AccountFacts['tiers'];
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
}

export function problemOf(error: unknown): Problem {
  if (!(error instanceof UserError)) throw error;
  const { code, message, why, fix } = error;
  return { code, message: why === undefined ? message : `${message}. ${why}`, fix: [...fix] };
}

/** @throws HubError when the quota itself can't be read */
export async function readAccount(source: AccountSource): Promise<AccountFacts> {
  const { hub, functions, hostingLimits, tiers, wallMs } = source;
  const quota = await hub.accountQuota();
  const readAtMs = wallMs();
  const problems: Problem[] = [];
  const orNull = (error: unknown) => {
    problems.push(problemOf(error));
    return null;
  };
  const account = await hub.who().catch(orNull);
  const spaces = account && (await hub.spacesOf(account.name).catch(orNull));
  const { endpoint } = hub;
  const facts = { endpoint, readAtMs, quota, account, spaces, functions };
  return { ...facts, hostingLimits, tiers, problems };
}
