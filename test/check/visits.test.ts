import { describe, expect, it } from 'vitest';
import { visitsOf } from '../../src/check/visits.js';
import { loadProfile } from '../../src/platform/index.js';

const call = (seconds: number | null, size: 'large' | 'xlarge' = 'large') => ({
  name: 'generate',
  seconds,
  isDefault: false,
  size,
});
const callsOn = (platform: string, seconds: number, size?: 'large' | 'xlarge') =>
  visitsOf([call(seconds, size)], loadProfile(platform))[0]?.calls;

describe('calls a day', () => {
  it('are what the declared seconds leave of the quota', () => {
    expect(callsOn('h200', 60)).toEqual({ anonymous: 2, free: 3, pro: 25 });
    expect(callsOn('h200', 15)).toEqual({ anonymous: 8, free: 14, pro: 100 });
    expect(callsOn('h200', 120)).toEqual({ anonymous: 1, free: 1, pro: 12 });
  });

  it('are none where a call is longer than the tier may ask for', () => {
    expect(callsOn('h200', 121)).toEqual({ anonymous: 0, free: 1, pro: 12 });
    expect(callsOn('h200', 1501)).toEqual({ anonymous: 0, free: 0, pro: 0 });
  });

  it('count the factor of the card, the price of xlarge and the runs of the newer platform', () => {
    // 60 s are sent as 90; 2400 / 90 = 26.7; anonymous visitors have 120 s, free ones 300.
    expect(callsOn('rtx-pro-6000', 60)).toEqual({
      ...{ anonymous: 1, free: 3, pro: 26 },
      ...{ team: 26, enterprise: 40 },
    });
    expect(callsOn('rtx-pro-6000', 60, 'xlarge')).toMatchObject({ anonymous: 1, free: 2, pro: 20 });
    expect(callsOn('rtx-pro-6000', 4)).toMatchObject({ anonymous: 2, free: 8, pro: 400 });
  });

  it('are not known where each call decides', () => {
    expect(visitsOf([call(null), call(0)], loadProfile('h200'))).toEqual([]);
  });
});
