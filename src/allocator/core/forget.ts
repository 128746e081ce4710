/**
 * Accounts that are as if their visitor had never called: the window is over, and nothing is held, prepaid or
 * set. A host that lives for months would keep one for every visitor that it ever had.
 */
import { accountAt } from './balance.js';
import type { AllocatorState, QuotaAccount } from './types.js';

/** Looking at every account costs each call as little as the accounts are few. */
const CALLS_BETWEEN = 1_000;

/** Called with every call that comes; forgets at each thousandth. */
export function forgetFreshAccounts(state: AllocatorState, quotaNowMs: number): void {
  if (state.nextCall % CALLS_BETWEEN !== 0) return;
  // A call that began in the window before still ends in its account.
  const inUse = new Set([...state.leases.values()].map(({ visitor }) => visitor.key));
  for (const [key, account] of state.accounts) {
    const now = accountAt(state.rules.profile, account, quotaNowMs);
    if (isFresh(now) && !inUse.has(key)) state.accounts.delete(key);
  }
}

function isFresh(account: QuotaAccount): boolean {
  const { windowStartMs, reservedMs, pendingRuns, creditMs, tierOverride } = account;
  const isUnused = windowStartMs === null && reservedMs === 0 && pendingRuns === 0;
  return isUnused && creditMs === 0 && tierOverride === null;
}
