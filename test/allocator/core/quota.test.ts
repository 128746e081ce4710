import { describe, expect, it } from 'vitest';
import {
  balanceOf,
  begin,
  costMs,
  type Hold,
  reserve,
  settle,
} from '../../../src/allocator/core/quota.js';
import type { QuotaAccount } from '../../../src/allocator/core/types.js';
import { loadProfile } from '../../../src/platform/index.js';
import { visitor } from '../../support/allocator/world.js';

const profile = loadProfile('h200');
const ada = visitor('free:ada');
const DAY_MS = 86_400_000;

describe('the quota law', () => {
  it('gives a visitor who was never seen the whole quota of the tier', () => {
    const accounts = new Map<string, QuotaAccount>();
    expect(balanceOf(profile, accounts, ada, 0)).toEqual({
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
    const before = balanceOf(profile, accounts, ada, 5_000);
    expect(before).toMatchObject({
      leftMs: 150_000,
      reservedMs: 60_000,
      resetsInMs: null,
      runs: 1,
    });
    begin(profile, accounts, ada, hold, 5_000);
    const after = balanceOf(profile, accounts, ada, 6_000);
    expect(after).toMatchObject({ leftMs: 150_000, runs: 1, resetsInMs: DAY_MS - 1_000 });
  });

  it('charges what was used and gives the rest of the reservation back', () => {
    const { accounts, hold } = withHold(60_000);
    const windowStartMs = begin(profile, accounts, ada, hold, 0);
    settle(profile, accounts, ada, { ...hold, windowStartMs }, 7_900, 10_000);
    const balance = balanceOf(profile, accounts, ada, 10_000);
    expect(balance).toMatchObject({ usedMs: 7_900, reservedMs: 0, leftMs: 202_100, runs: 1 });
  });

  it('costs nothing and counts as no run when a call never began', () => {
    const { accounts, hold } = withHold(60_000);
    settle(profile, accounts, ada, hold, 0, 10_000);
    expect(balanceOf(profile, accounts, ada, 10_000)).toMatchObject({
      leftMs: 210_000,
      runs: 0,
      resetsInMs: null,
    });
  });

  it('shows nothing left, never less, after an overrun', () => {
    const { accounts, hold } = withHold(210_000);
    const windowStartMs = begin(profile, accounts, ada, hold, 0);
    settle(profile, accounts, ada, { ...hold, windowStartMs }, 210_150, 211_000);
    expect(balanceOf(profile, accounts, ada, 211_000)).toMatchObject({
      usedMs: 210_150,
      leftMs: 0,
    });
  });

  it('is whole again when the window is over, not a millisecond before', () => {
    const { accounts, hold } = withHold(60_000);
    const windowStartMs = begin(profile, accounts, ada, hold, 1_000);
    settle(profile, accounts, ada, { ...hold, windowStartMs }, 60_000, 61_000);
    const edge = 1_000 + DAY_MS;
    expect(balanceOf(profile, accounts, ada, edge - 1)).toMatchObject({ leftMs: 150_000 });
    expect(balanceOf(profile, accounts, ada, edge)).toMatchObject({
      leftMs: 210_000,
      runs: 0,
      resetsInMs: null,
    });
  });

  it('lets the window in which a call began pay for it, all of it', () => {
    const { accounts, hold } = withHold(60_000);
    const windowStartMs = begin(profile, accounts, ada, hold, 0);
    expect(balanceOf(profile, accounts, ada, DAY_MS)).toMatchObject({
      leftMs: 210_000,
      reservedMs: 0,
    });
    // A second call opens the next window before the first one ends.
    reserve(profile, accounts, ada, 30_000, DAY_MS);
    const second: Hold = { reservedMs: 30_000, creditMs: 0, windowStartMs: null };
    expect(begin(profile, accounts, ada, second, DAY_MS + 5)).toBe(DAY_MS + 5);
    settle(profile, accounts, ada, { ...hold, windowStartMs }, 50_000, DAY_MS + 10);
    expect(balanceOf(profile, accounts, ada, DAY_MS + 10)).toMatchObject({
      usedMs: 0,
      reservedMs: 30_000,
      runs: 1,
    });
  });

  it('carries what is held back for a waiting call into the next window', () => {
    const { accounts, hold } = withHold(60_000);
    begin(profile, accounts, ada, hold, 0);
    reserve(profile, accounts, ada, 40_000, 1_000);
    const balance = balanceOf(profile, accounts, ada, DAY_MS);
    expect(balance).toMatchObject({ reservedMs: 40_000, leftMs: 170_000, runs: 1 });
  });

  it('follows the tier that the visitor has now', () => {
    const { accounts } = withHold(60_000);
    const asPro = { ...ada, tier: 'pro' as const };
    expect(balanceOf(profile, accounts, asPro, 0).leftMs).toBe(1_440_000);
    reserve(profile, accounts, asPro, 1_000, 0);
    expect(accounts.get(ada.key)?.tier).toBe('pro');
  });

  it('stops on what can only be a bug', () => {
    const { accounts, hold } = withHold(200_000);
    expect(() => reserve(profile, accounts, ada, 10_001, 0)).toThrow('does not cover');
    expect(() => settle(profile, accounts, ada, hold, 5, 0)).toThrow('never began');
    settle(profile, accounts, ada, hold, 0, 0);
    expect(() => settle(profile, accounts, ada, hold, 0, 0)).toThrow('given back twice');
    const begun = { reservedMs: 1, creditMs: 0, windowStartMs: 0 };
    expect(() => begin(profile, accounts, ada, begun, 0)).toThrow('began twice');
    expect(() => settle(profile, new Map(), ada, hold, 0, 0)).toThrow('no quota account');
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
  const held = reserve(profile, accounts, ada, reservedMs, 0);
  return { accounts, hold: { ...held, windowStartMs: null } };
}
