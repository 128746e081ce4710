/**
 * Accounts that are as if their visitor had never called: the window is over, and nothing is held, prepaid or
 * set. A host that lives for months would keep one for every visitor that it ever had.
 */
import { accountAt } from './balance.js';
import type { AllocatorState, QuotaAccount } from './types.js';

const FEWEST_CALLS_BETWEEN = 1_000;

/**
 * Calls from one look at every account to the next: as many as there are accounts, so that a call pays for one
 * account, however many a host has.
 */
function callsBetween(accounts: number): number {
  const doublings = Math.ceil(Math.log2(Math.max(1, accounts / FEWEST_CALLS_BETWEEN)));
  return FEWEST_CALLS_BETWEEN * 2 ** doublings;
}

/** Called with every call that comes; O(1) a call on average, O(accounts) for the one that looks. */
export function forgetFreshAccounts(state: AllocatorState, quotaNowMs: number): void {
  if (state.nextCall % callsBetween(state.accounts.size) !== 0) return;
  // A call that began in the window before still ends in its account.
  const inUse = new Set([...state.leases.values()].map(({ visitor }) => visitor.key));
  for (const [key, account] of state.accounts) {
    const now = accountAt(state.rules.profile, account, quotaNowMs);
    if (isFresh(now) && !inUse.has(key)) state.accounts.delete(key);
  }
}

function isFresh(account: QuotaAccount): boolean {
  const { windowStartMs, reservedMs, pendingRuns, creditMs, tierOverride } = account;
  // What is kept elsewhere is only a copy.
  if (account.isShared) return windowStartMs === null;
  const isUnused = windowStartMs === null && reservedMs === 0 && pendingRuns === 0;
  return isUnused && creditMs === 0 && tierOverride === null;
}
