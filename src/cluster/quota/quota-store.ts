import type { Held } from '../../allocator/core/balance.js';
import type { SharedAnswer } from '../../allocator/core/shared-quota.js';
import type { QuotaStore, Reservation } from '../../allocator/server/index.js';
import type { PlatformProfile } from '../../platform/schema.js';
import { tierFacts } from '../../platform/tier-facts.js';
import type { Tier } from '../../platform/tiers.js';
import type { StoreConnection } from '../store/connection.js';
import { readAnswer } from './answer.js';
import { QUOTA_LIBRARY } from './library.js';

/** @param now for tests: the time of the store otherwise */
export function createQuotaStore(
  store: Pick<StoreConnection, 'run' | 'key'>,
  profile: PlatformProfile,
  now: () => number | '' = () => '',
): QuotaStore {
  const windowMs = profile.quota.windowSeconds * 1000;

  async function run(
    name: string,
    { key, tier }: { readonly key: string; readonly tier?: Tier },
    ...args: readonly (string | number)[]
  ) {
    // One slot of a store that is spread over several servers.
    const keys = [store.key('quota', `{${key}}`), store.key('quota', `{${key}}`, 'holds')];
    const answer = await store.run(QUOTA_LIBRARY, name, keys, [now(), windowMs, ...args]);
    return readAnswer(answer, { key, tier: tier ?? 'anonymous' }, windowMs);
  }

  async function reserve({ id, visitor, costMs, lapsesMs }: Reservation): Promise<SharedAnswer> {
    const facts = tierFacts(profile, visitor.tier);
    const { status, first, second, account } = await run(
      'reserve',
      visitor,
      ...[id, visitor.tier, costMs, Math.round(facts.quotaSeconds * 1000)],
      facts.runsPerWindow ?? '-',
      profile.credits?.tiers.includes(visitor.tier) ? 1 : 0,
      lapsesMs,
    );
    // An operator has given the visitor another tier, whose limits count.
    if (status === 'tier' && account.tierOverride) {
      const as = { ...visitor, tier: account.tierOverride };
      return reserve({ id, visitor: as, costMs, lapsesMs });
    }
    const held: Held | null = status === 'held' ? { reservedMs: first, creditMs: second } : null;
    return { held, account };
  }

  const accountAfter = async (...args: Parameters<typeof run>) => (await run(...args)).account;
  return {
    reserve,
    read: (visitor) => accountAfter('read', visitor),
    async begin(id, visitor, lapsesMs) {
      return (await run('begin', visitor, id, lapsesMs)).status === 'begun';
    },
    settle: (id, key, chargedMs) => accountAfter('settle', { key }, id, chargedMs),
    release: (id, key) => accountAfter('release', { key }, id),
    reset: (key) => accountAfter('reset', { key }),
    setUse: (visitor, { usedMs, runs, resetsInMs }) =>
      accountAfter('set_use', visitor, visitor.tier, usedMs, runs, resetsInMs ?? '-'),
    setCredits: (visitor, creditMs) => accountAfter('set_credits', visitor, creditMs),
    setTier: (visitor, tier) => accountAfter('set_tier', visitor, tier ?? '-'),
  };
}
