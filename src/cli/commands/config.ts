import { type Command, Option } from 'commander';
import type { ConfigRequest } from '../../config/index.js';
import type { SettingSpec } from '../../config/origins.js';
import type { RawRunOptions } from '../../run/options/index.js';
import type { World } from '../../shared/world.js';
import { runSettings } from '../file-settings.js';

const EXAMPLES = `
Examples
  zerogpu config list                     each setting, its value, and where it comes from
  zerogpu config set run.gpus 2           for all your Spaces
  zerogpu config set run.as free --space  in the zerogpu.json of this folder
  zerogpu config unset run.gpus

A flag wins over its environment variable, that over zerogpu.json, that over your settings.`;

type Raw = { readonly space?: string | true; readonly json?: boolean };

/** Declares `zerogpu config`; the work is done in src/config. */
export function declareConfig(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('config')
    .description('Show settings with their origins, and change them.')
    .addHelpText('after', EXAMPLES);
  const verbs = [
    ['list', [], 'every setting with its value and its origin'],
    ['get', ['<key>'], 'one value; exit code 1 when it is not set'],
    ['set', ['<key>', '<value>'], 'set it for all Spaces, or with --space for one'],
    ['unset', ['<key>'], 'take it away again'],
    ['path', [], 'the file that set would write'],
  ] as const;
  for (const [verb, args, description] of verbs) {
    const sub = command.command(verb).description(description);
    for (const arg of args) sub.argument(arg);
    sub.addOption(
      new Option('--space [dir]', 'the zerogpu.json of a Space (default: this folder)'),
    );
    if (verb === 'list' || verb === 'get') sub.addOption(new Option('--json', 'as one object'));
    sub.action(async (...given: unknown[]) => {
      const [key = null, value = null] = given.slice(0, args.length) as (string | null)[];
      const { space, json = false } = sub.opts<Raw>();
      const { config } = await import('../../config/index.js');
      const request = { verb, key, value, options: { space: folder(space), json } };
      setExitCode(await config({ ...request, ...(await settingsOf(program, world)) }, world));
    });
    sub.copyInheritedSettings(command);
  }
  command.copyInheritedSettings(program);
}

const folder = (space: string | true | undefined) => (space === true ? '.' : (space ?? null));

/** Of a person alone: a Space of somebody else does not get to use the token. */
const ACCOUNT: SettingSpec = { key: 'account', variable: 'ZEROGPU_ACCOUNT', fallback: false };

/** What `run` declares, and its own way of refusing a value. */
async function settingsOf(
  program: Command,
  world: World,
): Promise<Pick<ConfigRequest, 'specs' | 'validate'>> {
  const run = program.commands.find((one) => one.name() === 'run');
  const [{ parseRunOptions }, { loadProfile }] = await Promise.all([
    import('../../run/options/options.js'),
    import('../../platform/index.js'),
  ]);
  const defaults: Record<string, unknown> = { install: true };
  for (const option of run?.options ?? []) {
    if (option.defaultValue !== undefined) defaults[option.attributeName()] = option.defaultValue;
  }
  return {
    specs: [ACCOUNT, ...(run ? runSettings(run) : [])],
    validate(key, value) {
      if (key === 'platform') loadProfile(String(value));
      const name = /^run\.(.+)$/.exec(key)?.[1];
      if (name === undefined) return;
      const raw = { ...defaults, [name]: typeof value === 'boolean' ? value : String(value) };
      parseRunOptions('.', [], raw as unknown as RawRunOptions, world.cwd);
    },
  };
}
