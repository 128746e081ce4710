import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/platform/index.js';
import {
  creditsNote,
  giveCredits,
  visitorsWithCredits,
} from '../../../src/run/allocator/credits.js';
import { assertFitsPlatform } from '../../../src/run/options/fits-platform.js';
import { UserError } from '../../../src/shared/errors.js';

const rtx = loadProfile('rtx-pro-6000');
const h200 = loadProfile('h200');
const ann = { tier: 'team', name: 'ann' } as const;

describe('prepaid credits', () => {
  it('go to a visitor of each tier that may have them, and to that of --as', async () => {
    const given: [string, number][] = [];
    const allocator = {
      rules: { profile: rtx, longestCallSeconds: null, concurrencyPerSpace: null },
      async setCredits({ key }: { readonly key: string }, seconds: number) {
        given.push([key, seconds]);
      },
    };
    await giveCredits(allocator, ann, 600);
    expect(given).toEqual([
      ['pro', 600],
      ['team', 600],
      ['enterprise', 600],
      ['team:ann', 600],
    ]);
  });

  it('are for no free visitor, whatever --as says', () => {
    expect(visitorsWithCredits(rtx, { tier: 'free', name: 'bob' })).toHaveLength(3);
    expect(visitorsWithCredits(h200, ann)).toEqual([]);
  });

  it('cost a dollar for ten minutes', () => {
    expect(creditsNote(rtx, { tier: 'free', name: null }, 900)).toBe(
      'credits 15m00s ($1.50) each: pro, team, enterprise',
    );
  });
});

describe('an edition of the platform', () => {
  const refusal = (asked: Parameters<typeof assertFitsPlatform>[0], profile = h200) => {
    try {
      assertFitsPlatform(asked, profile);
    } catch (error) {
      if (error instanceof UserError) return error;
    }
    return null;
  };

  it('refuses a tier that came later, with the flag of the edition that has it', () => {
    const error = refusal({ visitor: ann, creditSeconds: null });
    expect(error?.message).toBe('--as is "team:ann", and h200 (2025-11-05) has no tier team');
    expect(error?.fix).toEqual(['--platform rtx-pro-6000']);
    expect(refusal({ visitor: ann, creditSeconds: null }, rtx)).toBeNull();
  });

  it('refuses credits where they are not known', () => {
    const visitor = { tier: 'pro', name: null } as const;
    expect(refusal({ visitor, creditSeconds: 600 })?.message).toMatch(/^--credits is set/);
    expect(refusal({ visitor, creditSeconds: 600 }, rtx)).toBeNull();
    expect(refusal({ visitor, creditSeconds: null })).toBeNull();
  });
});
