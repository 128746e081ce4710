import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSpaceConfig, parseUserSettings } from '../../../src/config/space-config.js';
import { loadProfile, TIERS, type Tier } from '../../../src/platform/index.js';
import { accountNote, accountUse, readAccountVisitor } from '../../../src/run/hub/as-account.js';
import { json, QUOTA, SECRET, type StubHub, startStub } from '../../support/hub/stub.js';

const h200 = loadProfile('h200');
const rtx = loadProfile('rtx-pro-6000');
const NOW_MS = Date.parse('2026-11-25T06:00:00.000Z');
const account = (changes: object = {}) => ({
  visitor: { tier: 'pro' as const, name: 'ada' },
  name: 'ada',
  quota: {
    baseSeconds: 1_500,
    leftSeconds: 940.5,
    resetsAt: '2026-11-25T08:00:00.000Z',
    overquotaSeconds: null,
    runs: { used: 3, limit: 10, left: 7, resetsAt: null },
    ...changes,
  },
});

describe('what an account has used', () => {
  it('is what is missing from its tier, with its window and its runs', () => {
    expect(accountUse(account(), h200, NOW_MS)).toEqual({
      use: { usedSeconds: 559.5, runs: 3, resetsInSeconds: 7_200 },
      lacksSeconds: 0,
    });
  });

  it('leaves as many runs as the Hub leaves, where the platform counts them', () => {
    const limit = rtx.tiers.pro.runsPerWindow;
    const { use } = accountUse(account(), rtx, NOW_MS);
    expect(use.runs).toBe(limit === null ? 3 : Math.max(0, limit - 7));
  });

  it('is nothing for a fresh account, and tells of more than the tier has', () => {
    const fresh = account({ leftSeconds: 2_700, resetsAt: null, runs: null });
    expect(accountUse(fresh, h200, NOW_MS)).toEqual({
      use: { usedSeconds: 0, runs: 0, resetsInSeconds: null },
      lacksSeconds: 1_200,
    });
  });

  it('whose reset has just passed has no time left to it', () => {
    const late = account({ resetsAt: '2026-11-25T05:59:59.000Z' });
    expect(accountUse(late, h200, NOW_MS).use.resetsInSeconds).toBe(0);
  });

  it('is reported in one line', () => {
    expect(accountNote(account(), NOW_MS)).toBe(
      'as ada of the Hub, as it stood at the start: 941 s of 1500 s left, 7 runs left, full again in 2h00m',
    );
  });
});

describe('who the account is', () => {
  let stub: StubHub;
  let home: string;
  beforeEach(async () => {
    stub = await startStub();
    home = mkdtempSync(join(tmpdir(), 'zerogpu-account-'));
  });
  afterEach(async () => {
    await stub.close();
    rmSync(home, { recursive: true, force: true });
  });
  const read = (who: object, tiers: readonly Tier[] = TIERS) => {
    stub.answer((request, response) =>
      json(request.url?.includes('whoami') ? who : QUOTA)(request, response),
    );
    const env = { HF_ENDPOINT: stub.url, HF_TOKEN: SECRET, HF_HOME: home, HOME: home };
    return readAccountVisitor(env, tiers, new AbortController().signal);
  };

  it.each([
    [
      { name: 'ada', isPro: true },
      { tier: 'pro', name: 'ada' },
    ],
    [
      { name: 'bob', isPro: false },
      { tier: 'free', name: 'bob' },
    ],
    [
      { name: 'eva', isPro: true, orgs: [{ name: 'acme', plan: 'Enterprise Plus' }] },
      { tier: 'enterprise', name: 'eva' },
    ],
    [
      { name: 'tom', isPro: false, orgs: [{ name: 'acme', plan: 'team' }, { name: 'club' }] },
      { tier: 'team', name: 'tom' },
    ],
    // No local visitor can be called so.
    [
      { name: 'a'.repeat(60), isPro: true },
      { tier: 'pro', name: null },
    ],
  ])('%j', async (who, visitor) => {
    expect(await read(who)).toMatchObject({ visitor, quota: { leftSeconds: 940.5 } });
  });

  it('is what their own account is on an edition without Team and Enterprise', async () => {
    const who = { name: 'tom', isPro: false, orgs: [{ name: 'acme', plan: 'team' }] };
    const { visitor } = await read(who, ['anonymous', 'free', 'pro']);
    expect(visitor).toEqual({ tier: 'free', name: 'tom' });
  });
});

describe('--as account in files', () => {
  it('is for the user, and not for a Space', () => {
    const text = JSON.stringify({ run: { as: 'account' } });
    expect(() => parseSpaceConfig(text, 'zerogpu.json')).toThrow('zerogpu.json');
    // `--as` takes blanks around a name.
    const blank = JSON.stringify({ run: { as: ' account\n' } });
    expect(() => parseSpaceConfig(blank, 'zerogpu.json')).toThrow('zerogpu.json');
    expect(parseUserSettings(text, 'settings').run?.as).toBe('account');
  });
});
