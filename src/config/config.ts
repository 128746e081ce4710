/** `zerogpu config`: shows each setting with its origin, and changes the two files. */
import { dirname, join, resolve } from 'node:path';
import { didYouMean } from '../shared/did-you-mean.js';
import { EXIT, UserError } from '../shared/errors.js';
import { makeFolder } from '../shared/make-folder.js';
import { writeWhole } from '../shared/whole-files.js';
import type { World } from '../shared/world.js';
import { CONFIG_FILE } from './file-name.js';
import {
  at,
  resolveSetting,
  type Setting,
  type SettingSpec,
  type Source,
  withKey,
} from './origins.js';
import { hold, keysOf, spaceConfigSchema, userSettingsSchema } from './space-config.js';
import { readSpaceConfig, readUserSettings, userSettingsFile } from './user-settings.js';

/** What `config` may touch of its process. */
export type ConfigWorld = Pick<World, 'env' | 'cwd' | 'stdout' | 'stderr'>;

export interface ConfigOptions {
  /** Folder of a Space; null means the current one for reading, the user's settings for writing. */
  readonly space: string | null;
  readonly json: boolean;
}

/** One call of `config`. */
export interface ConfigRequest {
  readonly verb: 'get' | 'set' | 'unset' | 'list' | 'path';
  readonly key: string | null;
  readonly value: string | null;
  readonly options: ConfigOptions;
  /** Settings with a flag, as the commands declare them. */
  readonly specs: readonly SettingSpec[];
  /** Throws a UserError for a value that the command would refuse. */
  readonly validate: (key: string, value: unknown) => void;
}

/**
 * Runs one `zerogpu config`.
 *
 * @returns the exit code: 0, or 1 for `get` of a setting without a value
 * @throws UserError E_USAGE for an unknown key or a value that can't be used, E_CONFIG_INVALID
 */
export async function config(request: ConfigRequest, world: ConfigWorld): Promise<number> {
  const { verb, options, key, value } = request;
  const dir = resolve(world.cwd, options.space ?? '.');
  const target = options.space === null ? userSettingsFile(world.env) : join(dir, CONFIG_FILE);
  if (verb === 'path') {
    world.stdout.write(`${target}\n`);
    return EXIT.ok;
  }
  if (verb === 'set' || verb === 'unset') {
    await change(request, target, key ?? '', verb === 'set' ? (value ?? '') : undefined, world);
    world.stderr.write(`${verb === 'set' ? 'set' : 'unset'} ${key} in ${target}\n`);
    return EXIT.ok;
  }
  const settings = await resolveSettings(request.specs, dir, world.env);
  if (verb === 'list') {
    world.stdout.write(options.json ? asJson({ settings }) : table(settings));
    return EXIT.ok;
  }
  const setting = settings.find((one) => one.key === key);
  if (!setting)
    throw unknownKey(
      key ?? '',
      settings.map((one) => one.key),
    );
  if (options.json) world.stdout.write(asJson(setting));
  else if (setting.value !== null) world.stdout.write(`${shown(setting.value)}\n`);
  return setting.value === null ? EXIT.failed : EXIT.ok;
}

async function resolveSettings(
  specs: readonly SettingSpec[],
  dir: string,
  env: ConfigWorld['env'],
): Promise<readonly Setting[]> {
  const [space, user] = await Promise.all([readSpaceConfig(dir), readUserSettings(env)]);
  const spaceSource: Source = { file: join(dir, CONFIG_FILE), content: space };
  const userSource: Source = { file: userSettingsFile(env), content: user };
  // Keys that have no flag of one command: what zerogpu.json says of `check`.
  const known = new Set(specs.map(({ key }) => key));
  const others = keysOf(spaceConfigSchema)
    .filter((key) => !known.has(key) && key !== '$schema')
    .map((key): SettingSpec => ({ key, variable: null, fallback: null }));
  return [...specs, ...others].map((spec) => resolveSetting(spec, env, spaceSource, userSource));
}

async function change(
  { options, validate }: ConfigRequest,
  file: string,
  key: string,
  text: string | undefined,
  world: ConfigWorld,
): Promise<void> {
  const isSpace = options.space !== null;
  const schema = isSpace ? spaceConfigSchema : userSettingsSchema;
  const keys = keysOf(schema).filter((one) => one !== '$schema');
  if (!keys.includes(key)) throw unknownKey(key, keys);
  const dir = dirname(file);
  const content = isSpace ? await readSpaceConfig(dir) : await readUserSettings(world.env);
  const fits = (one: unknown) => schema.safeParse(withKey({}, key, one)).success;
  const value = text === undefined ? undefined : typed(text, fits);
  if (value !== undefined) validate(key, value);
  const next = hold<object>(schema, withKey(content, key, value), file);
  if (text !== undefined && at(next, key) === undefined) throw unknownKey(key, keys);
  await write(file, next, isSpace ? 0o644 : 0o600);
}

/** A value of the command line as the schema has it: text where text will do, else as JSON has it. */
function typed(text: string, fits: (value: unknown) => boolean): unknown {
  const list = text.split(/[\s,]+/).filter(Boolean);
  const isSwitch = /^(true|false)$/.test(text);
  const asNumber = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  return [text, isSwitch ? text === 'true' : asNumber, list].find(fits) ?? text;
}

async function write(file: string, content: object, mode: number): Promise<void> {
  try {
    makeFolder(dirname(file));
    await writeWhole(file, `${JSON.stringify(content, null, 2)}\n`, mode);
  } catch (error) {
    throw new UserError('E_CONFIG_INVALID', `${file} can't be written`, {
      why: error instanceof Error ? error.message : String(error),
      fix: `make ${dirname(file)} a folder that you may write to`,
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

function unknownKey(key: string, keys: readonly string[]): UserError {
  const meant = didYouMean(key, keys);
  return new UserError('E_USAGE', `there is no setting "${key}" here`, {
    why: `The settings are: ${keys.join(', ')}.`,
    fix: meant ? `did you mean ${meant}?` : 'zerogpu config list',
  });
}

function table(settings: readonly Setting[]): string {
  const keyWidth = Math.max(...settings.map(({ key }) => key.length));
  const values = settings.map(({ value }) => (value === null ? '-' : shown(value)));
  const valueWidth = Math.max(...values.map((value) => value.length));
  return settings
    .map(({ key, origin, where }, index) => {
      const from = where === null ? origin : `${origin} (${where})`;
      return `${key.padEnd(keyWidth)}  ${values[index]?.padEnd(valueWidth)}  ${from}\n`;
    })
    .join('');
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function asJson(content: object): string {
  return `${JSON.stringify({ version: 1, ...content }, null, 2)}\n`;
}
