/** Where this user's state, settings and caches are kept. */
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { EXIT, UserError } from './errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `--state-dir`, ZEROGPU_STATE_DIR, or the platform's usual place. */
export function stateDir(flag: string | null, env: Environment): string {
  return flag || join(userFolder(env, 'XDG_STATE_HOME', '.local/state'), 'zerogpu');
}

/** Where environments are kept between runs: they can be made again, so this is a cache. */
export function cacheDir(env: Environment): string {
  return join(userFolder(env, 'XDG_CACHE_HOME', '.cache'), 'zerogpu');
}

/** Where the user's settings are. */
export function configDir(env: Environment): string {
  return join(userFolder(env, 'XDG_CONFIG_HOME', '.config'), 'zerogpu');
}

/**
 * A relative path is ignored, as the XDG Base Directory Specification (0.8) demands: it would be another
 * folder in each folder.
 */
function userFolder(env: Environment, variable: string, below: string): string {
  const said = env[variable] ?? '';
  return isAbsolute(said) ? said : join(home(env), below);
}

/** HOME, or what the system has for this user where that is empty or relative. */
function home(env: Environment): string {
  const said = env['HOME'] ?? '';
  if (isAbsolute(said)) return said;
  const known = knownHome();
  if (isAbsolute(known)) return known;
  throw new UserError('E_STATE_DIR', `HOME is "${said}", and this user has no home folder`, {
    why: 'State, settings and caches are kept below it.',
    fix: 'HOME=/path/to/a/folder zerogpu …',
    exitCode: EXIT.cannot,
  });
}

/** Empty for a user that the system does not know, as in a container that runs with any number. */
function knownHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return '';
  }
}
