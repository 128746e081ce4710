import * as z from 'zod';
import { UserError } from '../shared/errors.js';
import { type PlatformProfile, profileSchema } from './schema.js';

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
      fix: '--platform h200',
      cause: parsed.error,
    },
  );
}
