import { type Command, Option } from 'commander';
import type { RawCheckOptions } from '../../check/options.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins } from '../env-twins.js';
import { VERSION } from '../version.js';

const EXAMPLES = `
Examples
  zerogpu check                        the Space in this folder
  zerogpu check demo --fix             apply the safe fixes
  zerogpu check demo --platform rtx-pro-6000
  zerogpu check spaces/* --format github --strict
  zerogpu check OWNER/NAME              a Space on the Hub, with what only the Hub knows

Exit code: 0 clean, 1 findings that fail, 2 wrong use, 3 could not check.
A finding is silenced where it stands: # zerogpu: ignore ZG301 why`;

/** Declares `zerogpu check`; the work is done in src/check. */
export function declareCheck(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('check')
    .description('Find what breaks on ZeroGPU before you push.')
    .usage('[paths…] [options]')
    .argument(
      '[paths...]',
      'folders of Spaces, OWNER/NAME on the Hub, or - for an app file (default: this folder)',
    )
    .optionsGroup('Rules')
    .addOption(twin('--platform <name>', 'h200 (default), rtx-pro-6000'))
    .addOption(twin('--select <rules>', 'only these: ZG201,torch-compile,ZG3'))
    .addOption(twin('--ignore <rules>', 'not these'))
    .addOption(twin('--owner <kind>', 'who hosts it: personal, org (with --hosted)'))
    .addOption(twin('--hosted <n>', 'ZeroGPU Spaces that the owner has already'))
    .addOption(new Option('--resolve', 'ask uv whether the requirements can be installed together'))
    .addOption(new Option('--estimate', 'run the Space without its weights: does it fit?'))
    .optionsGroup('Failing')
    .addOption(twin('--strict', 'warnings fail as errors do'))
    .addOption(twin('--baseline <file>', 'accept what this file has; written where there is none'))
    .addOption(twin('--max-warnings <n>', 'more warnings than this fail'))
    .optionsGroup('Fixing')
    .addOption(new Option('--fix', 'make the safe fixes, then report the rest'))
    .addOption(
      new Option('--unsafe-fixes', 'with --fix or --diff: fixes that ask for judgement too'),
    )
    .addOption(new Option('--diff', 'show what --fix would change, and change nothing'))
    .addOption(new Option('--add-ignore', 'silence each finding with a comment on its line'))
    .optionsGroup('Output')
    .addOption(twin('--format <kind>', 'text, compact, json, github, sarif, junit, agent'))
    .addOption(new Option('--json', 'the same as --format json'))
    .addOption(new Option('--statistics', 'how often each rule found something'))
    .addOption(new Option('--output <file>', 'write the report there'))
    .addOption(new Option('--no-cache', 'check again although nothing has changed'))
    .addOption(new Option('--watch', 'check again after each change'))
    .addOption(twin('--color <when>', 'auto (default), always, never'))
    .addOption(new Option('--ascii', 'no box characters').env('ZEROGPU_ASCII'))
    .addHelpText('after', EXAMPLES)
    .action(async (paths: readonly string[], raw: RawCheckOptions) => {
      const { check } = await import('../../check/index.js');
      const estimate = async (space: string, platform: string) => {
        const { estimateFunctions } = await import('../../estimate/index.js');
        return estimateFunctions(space, platform, world);
      };
      setExitCode(await check(paths, raw, { ...world, estimate }, VERSION));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}

/** `--max-warnings` of this command is ZEROGPU_CHECK_MAX_WARNINGS; `--platform` is every command's. */
function twin(flags: string, description: string): Option {
  const option = new Option(flags, description);
  const name = option.name().replaceAll('-', '_').toUpperCase();
  const isShared = name === 'PLATFORM' || name === 'COLOR';
  return option.env(isShared ? `ZEROGPU_${name}` : `ZEROGPU_CHECK_${name}`);
}
