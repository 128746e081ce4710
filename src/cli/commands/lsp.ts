import { type Command, Option } from 'commander';
import type { RawLspOptions } from '../../lsp/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';
import { VERSION } from '../version.js';

const EXAMPLES = `
Editors start it: docs/editors.md has the lines for VS Code, Neovim, Zed and Helix.`;

/** Declares `zerogpu lsp`; the work is done in src/lsp. */
export function declareLsp(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('lsp')
    .description('Serve an editor: findings while you type, fixes, explanations.')
    .addOption(twin('--platform <name>', 'h200 (default), rtx-pro-6000'))
    .addOption(new Option('--select <rules>', 'only these: ZG201,torch-compile,ZG3'))
    .addOption(new Option('--ignore <rules>', 'not these'))
    .addOption(twin('--state-dir <dir>', 'where runs keep what they measured'))
    .addOption(new Option('--stdio', 'the only way it talks; editors pass it').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(async ({ stdio: _stdio, ...raw }: RawLspOptions & { readonly stdio?: boolean }) => {
      const { lsp } = await import('../../lsp/index.js');
      setExitCode(await lsp(raw, world, VERSION));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
