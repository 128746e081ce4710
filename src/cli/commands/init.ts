import { type Command, Option } from 'commander';
import { readUserSettings } from '../../config/user-settings.js';
import type { RawInitOptions } from '../../init/options.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins } from '../env-twins.js';
import { VERSION } from '../version.js';

const EXAMPLES = `
Examples
  zerogpu init my-space                     asks for what it needs to know
  zerogpu init my-space --template chat -y  every other answer by default
  zerogpu init --here                       adds what is missing beside your app
  zerogpu init --from OWNER/NAME            a copy of a Space on the Hub
  zerogpu init --list                       the templates`;

/** Declares `zerogpu init`; the work is done in src/init. */
export function declareInit(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('init')
    .description('Make a new Space from a template, or what an app lacks for being one.')
    .usage('[dir] [options]')
    .argument('[dir]', 'folder of the Space (default: this one; with --from, its name)')
    .optionsGroup('Answers')
    .addOption(new Option('--template <name>', 'see --list').env('ZEROGPU_TEMPLATE'))
    .addOption(new Option('--from <space>', 'a copy of OWNER/NAME on the Hub, or of its address'))
    .addOption(new Option('--name <title>', 'title of the Space (default: from the folder)'))
    .addOption(new Option('--platform <name>', 'h200, rtx-pro-6000').env('ZEROGPU_PLATFORM'))
    .addOption(new Option('--gradio <version>', 'sdk_version; tested: 6.31.0, 4.44.1'))
    .addOption(new Option('--torch <version>', 'one that the platform has'))
    .addOption(new Option('--license <id>', 'identifier of the Hub, or none'))
    .addOption(new Option('--ci <kind>', 'github (a workflow), none'))
    .addOption(new Option('--editor <kind>', 'vscode (attach to run --debug), none'))
    .addOption(new Option('--git', 'make a repository (default: unless there is one)'))
    .addOption(new Option('--no-git', 'make none'))
    .optionsGroup('What is done')
    .addOption(
      new Option('-y, --yes', 'ask nothing: defaults for what no flag says, and any download'),
    )
    .addOption(new Option('--max-download <size>', 'with --from: refuse more, e.g. 500MB'))
    .addOption(new Option('--here', 'only add what is missing beside an app that exists'))
    .addOption(new Option('--force', 'overwrite files that are there'))
    .addOption(new Option('--dry-run', 'say what would be written, and write nothing'))
    .addOption(new Option('--list', 'list the templates'))
    .addOption(new Option('--json', 'with --list: as one object'))
    .addHelpText('after', EXAMPLES)
    .action(async (dir: string | undefined, raw: RawInitOptions) => {
      const [{ init }, { platform }] = await Promise.all([
        import('../../init/index.js'),
        readUserSettings(world.env),
      ]);
      setExitCode(await init(dir, raw, world, VERSION, platform ?? null));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
