/** Makes the account that `quota --account` shows. Loaded only when the flag or the setting asks for it. */
import { readUserSettings } from '../config/user-settings.js';
import { createHub, readHubSettings } from '../hub/index.js';
import { createWhoMemo, whoFile } from '../hub/who-memo.js';
import {
  ACCOUNT_TIERS,
  type AccountTier,
  DEFAULT_PROFILE,
  loadProfile,
  tiersOf,
} from '../platform/index.js';
import { systemClock } from '../shared/clock.js';
import type { World } from '../shared/world.js';
import type { AccountSource } from '../tui/account/read.js';
import type { PaidFunction } from '../tui/account/view.js';

/** @throws UserError when the environment names no usable endpoint or token */
export async function accountSource(world: World): Promise<AccountSource> {
  const platform = (await readUserSettings(world.env)).platform ?? DEFAULT_PROFILE;
  const settings = await readHubSettings(world.env);
  const wallMs = () => systemClock.now().wallMs;
  const memo = createWhoMemo(whoFile(world.env), settings, wallMs);
  const profile = loadProfile(platform);
  const { hosting } = profile;
  return {
    hub: createHub({ settings, memo }),
    functions: await functionsOf(world.cwd, platform),
    hostingLimits: { free: hosting.freeSpaces, pro: hosting.proSpaces },
    tiers: tiersOf(profile),
    wallMs,
  };
}

/** The GPU functions of the Space in this folder; none where there is no Space. */
async function functionsOf(dir: string, platform: string): Promise<readonly PaidFunction[]> {
  const { existsSync } = await import('node:fs');
  const { join } = await import('node:path');
  if (!['README.md', 'app.py'].every((name) => existsSync(join(dir, name)))) return [];
  const [{ checkSpace }, { filesInFolder }] = await Promise.all([
    import('../check/check-space.js'),
    import('../space/index.js'),
  ]);
  const { visits } = await checkSpace('.', filesInFolder(dir), {
    platform,
    rules: [],
    hosting: null,
  });
  return visits.map(({ name, askedSeconds, calls }) => ({
    name,
    askedSeconds,
    refused: Object.fromEntries(ACCOUNT_TIERS.map((tier) => [tier, calls[tier] === 0])) as Record<
      AccountTier,
      boolean
    >,
  }));
}
