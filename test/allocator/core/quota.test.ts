import { describe, expect, it } from 'vitest';
import { localQuota, readBalance } from '../../../src/allocator/core/accounts.js';
import { costMs, createAccount } from '../../../src/allocator/core/balance.js';
import { decide, type Hold } from '../../../src/allocator/core/quota.js';
import type { QuotaAccount } from '../../../src/allocator/core/types.js';
import { loadProfile } from '../../../src/platform/index.js';
import { visitor } from '../../support/allocator/world.js';

const profile = loadProfile('h200');
const ada = visitor('free:ada');
const DAY_MS = 86_400_000;

const at = (accounts: Map<string, QuotaAccount>, quotaNowMs: number) =>
  localQuota(profile, accounts, quotaNowMs);

describe('the quota law', () => {
  it('gives a visitor who was never seen the whole quota of the tier', () => {
    const accounts = new Map<string, QuotaAccount>();
    expect(readBalance(profile, accounts, ada, 0)).toEqual({
      limitMs: 210_000,
      usedMs: 0,
      reservedMs: 0,
      leftMs: 210_000,
      creditLeftMs: 0,
      creditHeldMs: 0,
      runs: 0,
      resetsInMs: null,
    });
    expect(accounts.size).toBe(0);
  });

  it('holds seconds back from acceptance, and opens no window before a call begins', () => {
    const { accounts, hold } = withHold(60_000);
    const before = readBalance(profile, accounts, ada, 5_000);
    expect(before).toMatchObject({
      leftMs: 150_000,
      reservedMs: 60_000,
      resetsInMs: null,
      runs: 1,
    });
    at(accounts, 5_000).begin(ada, hold);
    const after = readBalance(profile, accounts, ada, 6_000);
    expect(after).toMatchObject({ leftMs: 150_000, runs: 1, resetsInMs: DAY_MS - 1_000 });
  });

  it('charges what was used and gives the rest of the reservation back', () => {
    const { accounts, hold } = withHold(60_000);
    const windowStartMs = at(accounts, 0).begin(ada, hold);
    at(accounts, 10_000).settle(ada, { ...hold, windowStartMs }, 7_900);
    const balance = readBalance(profile, accounts, ada, 10_000);
    expect(balance).toMatchObject({ usedMs: 7_900, reservedMs: 0, leftMs: 202_100, runs: 1 });
  });

  it('costs nothing and counts as no run when a call never began', () => {
    const { accounts, hold } = withHold(60_000);
    at(accounts, 10_000).settle(ada, hold, 0);
    expect(readBalance(profile, accounts, ada, 10_000)).toMatchObject({
      leftMs: 210_000,
      runs: 0,
      resetsInMs: null,
    });
  });

  it('shows nothing left, never less, after an overrun', () => {
    const { accounts, hold } = withHold(210_000);
    const windowStartMs = at(accounts, 0).begin(ada, hold);
    at(accounts, 211_000).settle(ada, { ...hold, windowStartMs }, 210_150);
    expect(readBalance(profile, accounts, ada, 211_000)).toMatchObject({
      usedMs: 210_150,
      leftMs: 0,
    });
  });

  it('is full when the window is over, not a millisecond before', () => {
    const { accounts, hold } = withHold(60_000);
    const windowStartMs = at(accounts, 1_000).begin(ada, hold);
    at(accounts, 61_000).settle(ada, { ...hold, windowStartMs }, 60_000);
    const edge = 1_000 + DAY_MS;
    expect(readBalance(profile, accounts, ada, edge - 1)).toMatchObject({ leftMs: 150_000 });
    expect(readBalance(profile, accounts, ada, edge)).toMatchObject({
      leftMs: 210_000,
      runs: 0,
      resetsInMs: null,
    });
  });

  it('lets the window in which a call began pay for it, all of it', () => {
    const { accounts, hold } = withHold(60_000);
    const windowStartMs = at(accounts, 0).begin(ada, hold);
    expect(readBalance(profile, accounts, ada, DAY_MS)).toMatchObject({
      leftMs: 210_000,
      reservedMs: 0,
    });
    // A second call opens the next window before the first one ends.
    at(accounts, DAY_MS).reserve(ada, 30_000);
    const second: Hold = { reservedMs: 30_000, creditMs: 0, windowStartMs: null };
    expect(at(accounts, DAY_MS + 5).begin(ada, second)).toBe(DAY_MS + 5);
    at(accounts, DAY_MS + 10).settle(ada, { ...hold, windowStartMs }, 50_000);
    expect(readBalance(profile, accounts, ada, DAY_MS + 10)).toMatchObject({
      usedMs: 0,
      reservedMs: 30_000,
      runs: 1,
    });
  });

  it('carries what is held back for a waiting call into the next window', () => {
    const { accounts, hold } = withHold(60_000);
    at(accounts, 0).begin(ada, hold);
    at(accounts, 1_000).reserve(ada, 40_000);
    const balance = readBalance(profile, accounts, ada, DAY_MS);
    expect(balance).toMatchObject({ reservedMs: 40_000, leftMs: 170_000, runs: 1 });
  });

  it('follows the tier that the visitor has now', () => {
    const { accounts } = withHold(60_000);
    const asPro = { ...ada, tier: 'pro' as const };
    expect(readBalance(profile, accounts, asPro, 0).leftMs).toBe(1_440_000);
    at(accounts, 0).reserve(asPro, 1_000);
    expect(accounts.get(ada.key)?.tier).toBe('pro');
  });

  it('stops on what can only be a bug', () => {
    const { accounts, hold } = withHold(200_000);
    expect(at(accounts, 0).reserve(ada, 10_001)).toBeNull();
    expect(() => at(accounts, 0).settle(ada, hold, 5)).toThrow('never began');
    at(accounts, 0).settle(ada, hold, 0);
    expect(() => at(accounts, 0).settle(ada, hold, 0)).toThrow('given back twice');
    const begun = { reservedMs: 1, creditMs: 0, windowStartMs: 0 };
    expect(() => at(accounts, 0).begin(ada, begun)).toThrow('began twice');
    expect(() => at(new Map(), 0).settle(ada, hold, 0)).toThrow('no quota account');
  });
});

describe('a call that never was', () => {
  it('gives back its hold, its run, and the window that it alone had opened', () => {
    const { accounts, hold } = withHold(60_000);
    const windowStartMs = at(accounts, 5_000).begin(ada, hold);
    at(accounts, 9_000).release(ada, { ...hold, windowStartMs });
    expect(accounts.get(ada.key)).toEqual(createAccount(ada));
  });

  it('leaves the window of others, and what they used', () => {
    const { accounts, hold } = withHold(60_000);
    const windowStartMs = at(accounts, 0).begin(ada, hold);
    const other = { reservedMs: 20_000, creditMs: 0, windowStartMs: null };
    at(accounts, 0).reserve(ada, 20_000);
    at(accounts, 1_000).begin(ada, other);
    at(accounts, 2_000).settle(ada, { ...other, windowStartMs }, 1_000);
    at(accounts, 3_000).release(ada, { ...hold, windowStartMs });
    const balance = readBalance(profile, accounts, ada, 3_000);
    expect(balance).toMatchObject({ usedMs: 1_000, reservedMs: 0, runs: 1 });
    expect(balance.resetsInMs).toBe(DAY_MS - 3_000);
  });
});

describe('the law', () => {
  it('changes no account that it is given: it answers with another', () => {
    const account = Object.freeze(createAccount(ada));
    const reserved = decide('reserve', profile, account, { tier: 'free', costMs: 1_000 }, 0);
    const begun = decide(
      'begin',
      profile,
      Object.freeze(reserved.account),
      {
        hold: { reservedMs: 1_000, creditMs: 0, windowStartMs: null },
      },
      5,
    );
    expect(account).toEqual(createAccount(ada));
    expect(reserved.account).toMatchObject({ reservedMs: 1_000, runs: 0, pendingRuns: 1 });
    expect(begun).toMatchObject({ answer: 5, account: { runs: 1, pendingRuns: 0 } });
  });

  it('lets a refused reservation leave no account behind', () => {
    const accounts = new Map<string, QuotaAccount>();
    expect(at(accounts, 0).reserve(ada, 1e9)).toBeNull();
    expect(accounts.size).toBe(0);
  });
});

describe('costMs', () => {
  it.each([
    [7_900, 1, 7_900],
    [7_900.2, 1, 7_901],
    [10_000, 2, 20_000],
    [0.1 * 3 * 1000, 1, 300],
    [0, 2, 0],
    [-5, 1, 0],
  ])('%d ms at factor %d cost %d quota ms', (heldMs, factor, cost) => {
    expect(costMs(heldMs, factor)).toBe(cost);
  });
});

function withHold(reservedMs: number): { accounts: Map<string, QuotaAccount>; hold: Hold } {
  const accounts = new Map<string, QuotaAccount>();
  const held = at(accounts, 0).reserve(ada, reservedMs);
  expect(held).not.toBeNull();
  const { creditMs = 0 } = held ?? {};
  return { accounts, hold: { reservedMs, creditMs, windowStartMs: null } };
}
