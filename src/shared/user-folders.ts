/** Where this user's state and caches are kept. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `--state-dir`, ZEROGPU_STATE_DIR, or the platform's usual place. */
export function stateDir(
  flag: string | null,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (flag) return flag;
  const base = env['XDG_STATE_HOME'] || join(env['HOME'] ?? homedir(), '.local/state');
  return join(base, 'zerogpu');
}

/** Where environments are kept between runs: they can be made again, so this is a cache. */
export function cacheDir(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] ?? homedir(), '.cache'), 'zerogpu');
}
