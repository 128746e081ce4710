import { loadProfile, profileNames } from '../platform/index.js';
import { readSpaceModel, type SpaceFiles, type SpaceModel } from '../space/index.js';
import { type RuleResults, runRules } from './engine.js';
import type { Hosting, Rule } from './rule.js';

export interface CheckOptions {
  /** Name of the profile to hold the Space against. */
  readonly platform: string;
  readonly rules: readonly Rule[];
  readonly hosting: Hosting | null;
}

export interface SpaceReport extends RuleResults {
  readonly space: SpaceModel;
}

/**
 * Reads one Space and asks the rules.
 *
 * @param name for headings
 * @throws UserError E_PLATFORM_UNKNOWN
 */
export async function checkSpace(
  name: string,
  files: SpaceFiles,
  { platform, rules, hosting }: CheckOptions,
): Promise<SpaceReport> {
  const profile = loadProfile(platform);
  const others = profileNames.filter((other) => other !== profile.name).map(loadProfile);
  const space = await readSpaceModel(name, files);
  return { space, ...runRules(rules, { space, profile, hosting }, others) };
}
