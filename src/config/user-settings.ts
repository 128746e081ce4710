/** Where a person's own settings lie. Nothing of the schema library is loaded while there are none. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../shared/errors.js';
import { configDir } from '../shared/user-folders.js';
import { CONFIG_FILE } from './file-name.js';
import type { SpaceConfig, UserSettings } from './space-config.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/zerogpu/config.json`, else below `~/.config`. */
export function userSettingsFile(env: Environment): string {
  return join(configDir(env), 'config.json');
}

/** @throws UserError E_CONFIG_INVALID */
export async function readUserSettings(env: Environment): Promise<UserSettings> {
  const file = userSettingsFile(env);
  const text = await readOrNull(file);
  if (text === null) return {};
  const { parseUserSettings } = await import('./space-config.js');
  return parseUserSettings(text, file);
}

/**
 * The zerogpu.json of a Space, or an empty one.
 *
 * @throws UserError E_CONFIG_INVALID
 */
export async function readSpaceConfig(dir: string): Promise<SpaceConfig> {
  const file = join(dir, CONFIG_FILE);
  const text = await readOrNull(file);
  if (text === null) return {};
  const { parseSpaceConfig } = await import('./space-config.js');
  return parseSpaceConfig(text, file);
}

const MOST_BYTES = 1_048_576;

async function describe(file: string): Promise<{ isFile: boolean; size: number }> {
  const there = await stat(file);
  return { isFile: there.isFile(), size: there.size };
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    const { isFile, size } = await describe(file);
    // A pipe or a device would be read for ever, and can't be interrupted.
    if (!isFile) throw new Error('It is a folder, a pipe or a device.');
    if (size > MOST_BYTES) throw new Error(`It has ${size} bytes: no settings are that long.`);
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new UserError('E_CONFIG_INVALID', `${file} can't be read`, {
      why: message,
      fix: `make ${file} a readable file, or remove it`,
      cause: error,
    });
  }
}
