import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { SettingSpec } from '../config/origins.js';
import { at } from '../config/origins.js';
import { readSpaceConfig, readUserSettings } from '../config/user-settings.js';
import { UserError } from '../shared/errors.js';
import type { World } from '../shared/world.js';

/** Where commander's value of an option comes from when a file said it. */
const FROM_SPACE = 'zerogpu.json';
const FROM_USER = 'user settings';

/** Flags of `run` whose value a file may give; `zerogpu config list` shows them. */
const RUN_KEYS = [
  ...[
    'platform',
    'gpu',
    'gpus',
    'slices',
    'vram',
    'duration',
    'speed',
    'fault',
    'seed',
    'as',
    'credits',
    'host',
    'port',
  ],
  ...['python', 'startTimeout', 'owner', 'spaceId', 'logFormat', 'ascii', 'stateDir'],
];

/** The key of a flag in a file: the platform is every command's, the rest is the command's own. */
const keyOf = (name: string) => (name === 'platform' ? name : `run.${name}`);

/** Settings of `run` as its flags declare them. */
export function runSettings(command: Command): readonly SettingSpec[] {
  return RUN_KEYS.flatMap((name) => {
    const option = command.options.find((one) => one.attributeName() === name);
    if (!option) return [];
    return { key: keyOf(name), variable: option.envVar ?? null, fallback: option.defaultValue };
  });
}

/**
 * Fills in what neither a flag nor its environment twin says: from the Space's zerogpu.json, then
 * from the user's settings. Has to come after `readEnvironmentTwins`.
 */
export function readFileSettings(command: Command, world: World): void {
  command.hook('preAction', async () => {
    const dir = resolve(world.cwd, command.processedArgs[0] ?? '.');
    const [space, user] = await Promise.all([readSpaceConfig(dir), readUserSettings(world.env)]);
    for (const { key } of runSettings(command)) {
      const name = key.replace(/^run\./, '');
      const source = command.getOptionValueSource(name);
      if (source === 'cli' || source === 'env') continue;
      const [value, from] = [at(space, key) ?? at(user, key), at(space, key) ?? null];
      if (value === undefined) continue;
      // Services take what a person would have typed.
      const typed = typeof value === 'boolean' ? value : String(value);
      command.setOptionValueWithSource(name, typed, from === null ? FROM_USER : FROM_SPACE);
    }
  });
}

/** Says where a value that can't be used comes from, when no flag said it. */
export function explainOrigin(error: unknown, command: Command): unknown {
  if (!(error instanceof UserError) || error.code !== 'E_USAGE') return error;
  const flag = /^--[a-z-]+/.exec(error.message)?.[0];
  const name = command.options.find(({ long }) => long === flag)?.attributeName();
  const source = name === undefined ? undefined : command.getOptionValueSource(name);
  if (source !== FROM_SPACE && source !== FROM_USER) return error;
  return new UserError(error.code, error.message, {
    why: [`It comes from ${source}: zerogpu config list`, error.why].filter(Boolean).join('\n'),
    fix: error.fix,
    exitCode: error.exitCode,
    cause: error,
  });
}
