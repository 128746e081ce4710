/** `run --credits`: prepaid GPU time of the visitors whose tier may have it. */
import { formatVisitorName, type VisitorName, visitorOf } from '../../allocator/core/visitor.js';
import type { PlatformProfile } from '../../platform/index.js';
import { formatSeconds } from '../../shared/duration.js';
import type { AllocatorLink } from './link.js';

/** Each such tier's visitor without a name, and the visitor of `--as`. */
export function visitorsWithCredits(
  { credits }: Pick<PlatformProfile, 'credits'>,
  visitor: VisitorName,
): readonly VisitorName[] {
  const tiers = credits?.tiers ?? [];
  const named = visitor.name !== null && tiers.includes(visitor.tier) ? [visitor] : [];
  return [...tiers.map((tier) => ({ tier, name: null })), ...named];
}

/** So many seconds are left to each of them from now on. */
export async function giveCredits(
  allocator: Pick<AllocatorLink, 'rules' | 'setCredits'>,
  visitor: VisitorName,
  seconds: number,
): Promise<void> {
  for (const one of visitorsWithCredits(allocator.rules.profile, visitor)) {
    await allocator.setCredits(visitorOf(one, '127.0.0.1'), seconds);
  }
}

/** One line for the banner. */
export function creditsNote(
  profile: Pick<PlatformProfile, 'credits'>,
  visitor: VisitorName,
  seconds: number,
): string {
  const dollars = seconds / (profile.credits?.secondsPerDollar ?? Number.POSITIVE_INFINITY);
  const who = visitorsWithCredits(profile, visitor).map(formatVisitorName).join(', ');
  return `credits ${formatSeconds(seconds)} ($${dollars.toFixed(2)}) each: ${who}`;
}
