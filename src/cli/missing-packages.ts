import { at } from '../config/origins.js';
import { readSpaceConfig, readUserSettings } from '../config/user-settings.js';
import { loadProfile } from '../platform/index.js';
import { lacksEnvironment } from '../python-env/index.js';
import { cacheDir } from '../shared/user-folders.js';
import type { World } from '../shared/world.js';
import { readSpace } from '../space/index.js';

/**
 * What `run` would install for the Space of a folder, as a part of a question.
 *
 * @returns null when nothing is installed, or when `run` has to say what is wrong with the Space
 */
export async function missingFor(dir: string, { env, interrupted }: World): Promise<string | null> {
  const [config, user] = await Promise.all([readSpaceConfig(dir), readUserSettings(env)]);
  const setting = (key: string) => at(config, key) ?? at(user, key);
  // Used as it is.
  if (env['ZEROGPU_PYTHON'] || setting('run.python') !== undefined) return null;
  const platform = String(env['ZEROGPU_PLATFORM'] || setting('platform') || 'h200');
  try {
    const space = await readSpace(dir);
    const { name, versions } = loadProfile(platform);
    const lacks = await lacksEnvironment({
      ...{ space, env, signal: interrupted, cacheDir: cacheDir(env) },
      platform: { name, torch: versions.torch, python: versions.python },
    });
    return lacks ? 'an environment with its packages has to be made first' : null;
  } catch {
    return null;
  }
}
