import { describe, expect, it } from 'vitest';
import {
  DEFAULT_PROFILE,
  loadProfile,
  movedOn,
  type PlatformProfile,
  profileNames,
  TIERS,
  tierFacts,
  tiersOf,
} from '../../src/platform/index.js';
import { parseProfile } from '../../src/platform/parse.js';
import { EXIT, UserError } from '../../src/shared/errors.js';

describe('loadProfile', () => {
  it('has the default and knows each of its names', () => {
    expect(profileNames).toContain(DEFAULT_PROFILE);
    for (const name of profileNames) expect(loadProfile(name).name).toBe(name);
  });

  it('does not mind letter case and blanks', () => {
    expect(loadProfile(' H200 ').name).toBe('h200');
  });

  it.each([
    ['h20', 'Did you mean h200?', '--platform h200'],
    ['rtx-6000', 'Did you mean rtx-pro-6000?', '--platform rtx-pro-6000'],
    ['a100', 'there is no platform profile "a100".', '--platform h200'],
    ['constructor', 'there is no platform profile "constructor".', '--platform h200'],
  ])('refuses %s', (name, words, fix) => {
    const error = thrownBy(() => loadProfile(name));
    expect(error.code).toBe('E_PLATFORM_UNKNOWN');
    expect(error.message).toContain(words);
    expect(error.why).toBe('The profiles are: h200, rtx-pro-6000.');
    expect(error.fix).toEqual([fix]);
    expect(error.exitCode).toBe(EXIT.usage);
  });
});

describe('an edition of the platform', () => {
  it('says that the platform has moved on, with the date and the flag; the newest does not', () => {
    expect(movedOn(loadProfile('h200'))).toBe(
      'the platform has moved on since 2025-11-05: --platform rtx-pro-6000 (2026-09-04)',
    );
    expect(movedOn(loadProfile('rtx-pro-6000'))).toBeNull();
  });

  it('gives a member of an organisation what their account has where it has no such tier', () => {
    const h200 = loadProfile('h200');
    expect(tiersOf(h200)).toEqual(['anonymous', 'free', 'pro']);
    expect(tierFacts(h200, 'team')).toEqual(h200.tiers.free);
    expect(tiersOf(loadProfile('rtx-pro-6000'))).toEqual(TIERS);
  });
});

describe('parseProfile', () => {
  it.each(profileNames)('finds nothing wrong with %s', (name) => {
    expect(parseProfile(name, loadProfile(name))).toEqual(loadProfile(name));
  });

  const good = loadProfile('h200');
  const { asOf: _, ...undated } = good;
  it.each([
    ['no date', undated, 'asOf'],
    ['a misspelt field', { ...good, slice: 2 }, 'slice'],
    ['a window of no length', { ...good, quota: { ...good.quota, windowSeconds: 0 } }, 'quota'],
    ['no source', { ...good, sources: [] }, 'sources'],
    ['no object at all', null, 'expected object'],
  ])('refuses a file with %s', (_name, content, words) => {
    const error = thrownBy(() => parseProfile('mine', content));
    expect(error.code).toBe('E_PLATFORM_INVALID');
    expect(error.message).toContain('"mine"');
    expect(error.why).toContain(words);
  });
});

describe('the facts', () => {
  it('of h200 are those of the page', () => {
    const { tiers, gpu, sizes, defaultDurationSeconds, hosting } = loadProfile('h200');
    const quotas = [tiers.anonymous, tiers.free, tiers.pro].map((tier) => tier.quotaSeconds);
    expect(quotas).toEqual([120, 210, 1500]);
    expect(defaultDurationSeconds).toBe(60);
    expect(sizes).toEqual({
      large: { slices: 1, costFactor: 1, vramBytes: 74625056768 },
      xlarge: null,
    });
    expect(gpu).toMatchObject({ slicesPerGpu: 1, durationFactor: 1, multiProcessorCount: 60 });
    expect(hosting).toMatchObject({ proSpaces: 10, organizationSpaces: 50 });
  });

  it('of rtx-pro-6000 are those of the page', () => {
    const profile = loadProfile('rtx-pro-6000');
    const { gpu, sizes, hosting, versions, packing, credits } = profile;
    const caps = TIERS.map((tier) => tierFacts(profile, tier));
    expect(caps.map((tier) => tier.quotaSeconds)).toEqual([120, 300, 2400, 2400, 3600]);
    expect(caps.map((tier) => tier.runsPerWindow)).toEqual([2, 8, null, null, null]);
    expect(profile.asOf).toBe('2026-09-04');
    expect(versions.torch).toEqual(['2.8.0', '2.9.1', '2.10.0', '2.11.0', '2.12.1', '2.13.0']);
    expect(versions.python).toEqual(['3.10.13', '3.12.12']);
    expect(hosting).toEqual({ freeSpaces: 2, proSpaces: 10, organizationSpaces: 50 });
    expect(packing.xlargeAboveBytes).toBe(45_097_156_608);
    expect(gpu.memoryBytes).toBe(101_973_950_464);
    expect(credits).toEqual({ tiers: ['pro', 'team', 'enterprise'], secondsPerDollar: 600 });
    expect(gpu).toMatchObject({ slicesPerGpu: 2, durationFactor: 1.5 });
    expect(sizes.xlarge).toEqual({ slices: 2, costFactor: 2, vramBytes: 101973950464 });
    expect(sizes.large.vramBytes * 2).toBe(101973950464);
  });

  it.each(profileNames)('of %s serve PRO first and refuse calls above the quota', (name) => {
    const { tiers } = loadProfile(name);
    expect(tiers.pro.queueRank).toBeLessThan(tiers.free.queueRank);
    expect(tiers.free.queueRank).toBeLessThan(tiers.anonymous.queueRank);
    for (const tier of tiersOf(loadProfile(name))) {
      const { longestCallSeconds, quotaSeconds } = tierFacts(loadProfile(name), tier);
      expect(longestCallSeconds).toBeLessThanOrEqual(quotaSeconds);
    }
  });

  it.each(profileNames)('of %s kill an overrunning call within half a second', (name) => {
    expect(loadProfile(name).lease.graceSeconds).toBeLessThanOrEqual(0.1);
  });

  it.each(profileNames)('of %s let no request starve before the time-out', (name) => {
    const { queue, tiers } = loadProfile(name);
    // Lifted above the best newcomer before their time is over.
    const liftsNeeded = tiers.anonymous.queueRank + 1;
    expect(liftsNeeded * queue.ageingSecondsPerTier).toBeLessThan(queue.timeoutSeconds);
  });

  it.each(profileNames)('of %s have a source each, which names a field that exists', (name) => {
    const profile = loadProfile(name);
    const fields = profile.sources.map((source) => source.field);
    expect(fields).toContain('*');
    expect(new Set(fields).size).toBe(fields.length);
    for (const field of fields.filter((other) => other !== '*')) {
      expect(valueAt(profile, field), field).not.toBeUndefined();
    }
  });

  it('that are second-hand are marked, and the rest names a page or the package', () => {
    const { sources } = loadProfile('rtx-pro-6000');
    const unconfirmed = sources.filter(({ confirmed }) => !confirmed).map(({ field }) => field);
    expect(unconfirmed).toContain('tiers.anonymous.runsPerWindow');
    expect(unconfirmed).toContain('tiers.free.runsPerWindow');
    for (const { source } of sources.filter(({ confirmed }) => confirmed)) {
      expect(source).toMatch(/spaces 0\.51\.3|page|Hugging Face/);
    }
  });
});

function valueAt(profile: PlatformProfile, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], profile);
}

function thrownBy(act: () => unknown): UserError {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error('no UserError was thrown');
}
