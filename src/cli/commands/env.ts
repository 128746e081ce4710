import { type Command, Option } from 'commander';
import type { World } from '../../shared/world.js';
import type { RawEnvRemoveOptions } from '../env-main.js';
import { readEnvironmentTwins } from '../env-twins.js';

const EXAMPLES = `
Examples
  zerogpu env list                    what run has made, for which Space, and its size
  zerogpu env rm hello-a2cb0a6c0b7e   one of them
  zerogpu env rm --unused 30d         those that no run has used for 30 days
  zerogpu env rebuild my-space        again, with what the package index offers today`;

/** Declares `zerogpu env list|rm|rebuild`. */
export function declareEnv(program: Command, world: World): void {
  const env = program
    .command('env')
    .description('List, remove or rebuild the Python environments that run has made.')
    .addHelpText('after', EXAMPLES);
  env.copyInheritedSettings(program);

  const subcommand = (name: string, description: string) => {
    const command = env.command(name).description(description);
    readEnvironmentTwins(command, world.env);
    command.copyInheritedSettings(program);
    return command;
  };

  subcommand('list', 'List them with Space, Python, torch, size and last use.')
    .addOption(new Option('--json', 'as one object'))
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { listEnvironments } = await import('../env-main.js');
      await listEnvironments(json ?? false, world);
    });
  subcommand('rm', 'Remove some, after asking; never one that a process uses.')
    .argument('[names...]', 'as env list has them')
    .addOption(new Option('--all', 'every one that nothing uses'))
    .addOption(new Option('--unused <time>', 'those that no run has used for so long, e.g. 30d'))
    .addOption(new Option('-y, --yes', 'without asking'))
    .action(async (names: readonly string[], raw: RawEnvRemoveOptions) => {
      const { removeKept } = await import('../env-main.js');
      await removeKept(names, raw, world);
    });
  subcommand('rebuild', 'Make the environment of a Space again.')
    .argument('[dir]', 'folder of the Space', '.')
    .addOption(
      new Option('--platform <name>', 'whose Python and PyTorch: h200, rtx-pro-6000')
        .default('h200')
        .env('ZEROGPU_PLATFORM'),
    )
    .addOption(new Option('-y, --yes', 'download without asking'))
    .action(async (dir: string, options: { readonly platform: string; readonly yes?: boolean }) => {
      const { rebuild } = await import('../env-main.js');
      await rebuild(dir, options, world);
    });
}
