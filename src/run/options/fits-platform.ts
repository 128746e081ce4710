import { formatVisitorName, type VisitorName } from '../../allocator/core/visitor.js';
import {
  loadProfile,
  NEWEST_PROFILE,
  type PlatformProfile,
  TIER_TITLES,
  tiersOf,
} from '../../platform/index.js';
import { UserError } from '../../shared/errors.js';

/** What a run asks of its edition of the platform. */
interface Asked {
  readonly visitor: VisitorName;
  /** Prepaid seconds of visitors; null for none. */
  readonly creditSeconds: number | null;
}

/**
 * Refuses what the edition of the platform does not have.
 *
 * @throws UserError E_USAGE for a tier or for credits that came with a later edition
 */
export function assertFitsPlatform(
  { visitor, creditSeconds }: Asked,
  profile: PlatformProfile,
): void {
  if (!tiersOf(profile).includes(visitor.tier)) {
    const later = loadProfile(NEWEST_PROFILE);
    throw new UserError(
      'E_USAGE',
      `--as is "${formatVisitorName(visitor)}", and ${profile.name} (${profile.asOf}) has no tier ${visitor.tier}`,
      {
        why: `${TIER_TITLES[visitor.tier]} came with a later edition of the platform. The visitors of ${profile.name} are ${tiersOf(profile).join(', ')}.`,
        fix: `--platform ${later.name}`,
      },
    );
  }
  if (creditSeconds !== null && profile.credits === null) {
    throw new UserError(
      'E_USAGE',
      `--credits is set, and ${profile.name} (${profile.asOf}) has no prepaid credits`,
      {
        why: 'Credits came with a later edition of the platform.',
        fix: `--platform ${NEWEST_PROFILE}`,
      },
    );
  }
}
