/** Platform profiles: the facts of each edition of ZeroGPU, as data with sources. */
import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';
import h200 from './profiles/h200.json' with { type: 'json' };
import rtxPro6000 from './profiles/rtx-pro-6000.json' with { type: 'json' };
import type { PlatformProfile } from './schema.js';

/**
 * Adding an edition is adding a file and a line. The files are ours, and the tests hold each against the
 * schema: no command pays for that at its start.
 */
const FILES = { h200, 'rtx-pro-6000': rtxPro6000 } as unknown as Readonly<
  Record<string, PlatformProfile>
>;

export const DEFAULT_PROFILE = 'h200';

/** The edition that users of the platform meet today. */
export const NEWEST_PROFILE = 'rtx-pro-6000';

/** One line for whoever runs on an older edition; null on the newest one. */
export function movedOn(profile: Pick<PlatformProfile, 'name' | 'asOf'>): string | null {
  const newest = loadProfile(NEWEST_PROFILE);
  if (profile.asOf >= newest.asOf) return null;
  return `the platform has moved on since ${profile.asOf}: --platform ${newest.name} (${newest.asOf})`;
}

/** Names that `--platform` takes, the default first. */
export const profileNames: readonly string[] = Object.keys(FILES);

/**
 * The facts of one edition of the platform.
 *
 * @param name as `--platform` has it; letter case does not matter
 * @throws UserError E_PLATFORM_UNKNOWN when there is none of that name
 */
export function loadProfile(name: string): PlatformProfile {
  const key = name.trim().toLowerCase();
  const profile = Object.hasOwn(FILES, key) ? FILES[key] : undefined;
  if (!profile) throw unknownProfile(name);
  return profile;
}

function unknownProfile(name: string): UserError {
  const meant = didYouMean(name, profileNames);
  const hint = meant ? ` Did you mean ${meant}?` : '';
  return new UserError('E_PLATFORM_UNKNOWN', `there is no platform profile "${name}".${hint}`, {
    why: `The profiles are: ${profileNames.join(', ')}.`,
    fix: `--platform ${meant ?? DEFAULT_PROFILE}`,
  });
}
