/** Platform profiles: the facts of each edition of ZeroGPU, as data with sources. */
import * as z from 'zod';
import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';
import h200 from './profiles/h200.json' with { type: 'json' };
import rtxPro6000 from './profiles/rtx-pro-6000.json' with { type: 'json' };
import { type PlatformProfile, profileSchema } from './schema.js';

export type { PlatformProfile, TierFacts } from './schema.js';

/** Adding an edition is adding a file and a line. */
const FILES: Readonly<Record<string, unknown>> = { h200, 'rtx-pro-6000': rtxPro6000 };

export const DEFAULT_PROFILE = 'h200';

/** Names that `--platform` takes, the default first. */
export const profileNames: readonly string[] = Object.keys(FILES);

/**
 * The facts of one edition of the platform.
 *
 * @param name as `--platform` has it; letter case does not matter
 * @throws UserError E_PLATFORM_UNKNOWN when there is none of that name, E_PLATFORM_INVALID when its
 *   file does not match the schema
 */
export function loadProfile(name: string): PlatformProfile {
  const key = name.trim().toLowerCase();
  if (!Object.hasOwn(FILES, key)) throw unknownProfile(name);
  return parseProfile(key, FILES[key]);
}

/**
 * Checks the content of a profile file.
 *
 * @throws UserError E_PLATFORM_INVALID, with each field that is wrong
 */
export function parseProfile(name: string, content: unknown): PlatformProfile {
  const parsed = profileSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new UserError(
    'E_PLATFORM_INVALID',
    `platform profile "${name}" does not match its schema`,
    {
      why: z.prettifyError(parsed.error),
      fix: `--platform ${DEFAULT_PROFILE}`,
      cause: parsed.error,
    },
  );
}

function unknownProfile(name: string): UserError {
  const meant = didYouMean(name, profileNames);
  const hint = meant ? ` Did you mean ${meant}?` : '';
  return new UserError('E_PLATFORM_UNKNOWN', `there is no platform profile "${name}".${hint}`, {
    why: `The profiles are: ${profileNames.join(', ')}.`,
    fix: `--platform ${meant ?? DEFAULT_PROFILE}`,
  });
}
