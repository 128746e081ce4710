import { join } from 'node:path';
import { CONFIG_FILE } from '../config/file-name.js';
import type { SpaceConfig } from '../config/space-config.js';
import type { EstimatedFunction } from '../platform/estimated-function.js';
import { DEFAULT_PROFILE } from '../platform/index.js';
import { UserError } from '../shared/errors.js';
import type { SpaceFiles } from '../space/index.js';
import { patternOf } from './file-patterns.js';
import type { CheckOptions } from './options.js';
import type { Hosting, MeasuredSeconds, Rule } from './rule.js';
import { rules as allRules } from './rules/index.js';
import { find, selectRules } from './select.js';

/** How one Space is checked: flags and environment first, then its zerogpu.json, then the defaults. */
export interface CheckSettings {
  readonly platform: string;
  readonly rules: readonly Rule[];
  readonly strict: boolean;
  readonly maxWarnings: number | null;
  readonly hosting: Hosting | null;
  /** Rules that are silent in the files that match. */
  readonly perFileIgnores: readonly FileIgnore[];
  /** What a run on a real GPU measured of this Space. */
  readonly measured?: MeasuredSeconds | null;
  /** What an estimate says of the GPU functions. */
  readonly estimated?: readonly EstimatedFunction[] | null;
}

/** `"vendor/**": ["ZG305"]` of zerogpu.json. */
export interface FileIgnore {
  readonly files: RegExp;
  readonly rules: readonly Rule[];
}

/**
 * Settles how a Space is checked.
 *
 * @param shown the Space as the user named it, for messages
 * @param usersPlatform the one of the user's settings
 * @throws UserError E_CONFIG_INVALID, E_CHECK_RULE_UNKNOWN, E_USAGE
 */
export async function resolveSettings(
  options: CheckOptions,
  files: SpaceFiles,
  shown: string,
  usersPlatform: string | undefined,
): Promise<CheckSettings> {
  const file = join(shown, CONFIG_FILE);
  const config = await readConfig(files, file);
  const own = config.check ?? {};
  const fromFile = selectRules(allRules, own.select ?? [], own.ignore ?? [], file);
  const fromFlags = selectRules(allRules, options.select, options.ignore, '--select, --ignore');
  // `--select` asks for these rules whatever the file says; what `--ignore` removes stays out.
  const rules =
    options.select.length > 0 ? fromFlags : fromFile.filter((rule) => fromFlags.includes(rule));
  return {
    platform: options.platform ?? config.platform ?? usersPlatform ?? DEFAULT_PROFILE,
    rules,
    strict: options.strict ?? own.strict ?? false,
    maxWarnings: options.maxWarnings ?? own.maxWarnings ?? null,
    perFileIgnores: Object.entries(own.perFileIgnores ?? {}).map(([pattern, words]) => ({
      files: patternOf(pattern),
      rules: words.flatMap((word) => find(allRules, word, file)),
    })),
    hosting: hosting(options.owner ?? own.owner ?? null, options.hosted ?? own.hosted ?? null),
  };
}

async function readConfig(files: SpaceFiles, file: string): Promise<SpaceConfig> {
  const reading = await files.read(CONFIG_FILE);
  if (reading.kind === 'absent') return {};
  if (reading.kind === 'text') {
    // Loaded when there is something to read: the schema library costs more than the rest of a check.
    const { parseSpaceConfig } = await import('../config/space-config.js');
    return parseSpaceConfig(reading.source.text, file);
  }
  throw new UserError('E_CONFIG_INVALID', `${file} can't be read`, {
    why: `It is there, and reading it ended with "${reading.reason}".`,
    fix: `make ${file} a readable file, or remove it`,
  });
}

function hosting(owner: Hosting['owner'] | null, hosted: number | null): Hosting | null {
  if (owner === null && hosted === null) return null;
  if (owner === null || hosted === null) {
    throw new UserError(
      'E_USAGE',
      `${owner === null ? '--hosted' : '--owner'} does not say enough alone`,
      {
        why: 'The limit depends on who hosts, and on how many ZeroGPU Spaces there are already.',
        fix: `--owner ${owner ?? 'personal'} --hosted ${hosted ?? 0}`,
      },
    );
  }
  return { owner, hosted };
}
