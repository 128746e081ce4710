import { Argument, type Command } from 'commander';
import type { World } from '../../shared/world.js';

/** As src/cli/completion/scripts.ts has them; kept here so that its code is loaded when it is asked for. */
const SHELLS = ['bash', 'zsh', 'fish'] as const;

const EXAMPLES = `
Examples
  echo 'source <(zerogpu completion bash)' >> ~/.bashrc
  echo 'source <(zerogpu completion zsh)' >> ~/.zshrc        (after compinit)
  zerogpu completion fish > ~/.config/fish/completions/zerogpu.fish`;

/** Declares `zerogpu completion`: scripts made from the command objects themselves. */
export function declareCompletion(program: Command, world: World): void {
  const command = program
    .command('completion')
    .description('Print what makes a shell complete commands, flags and their values.')
    .addArgument(new Argument('<shell>', 'the shell to complete in').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: (typeof SHELLS)[number]) => {
      const [{ completionScript }, { readTree }] = await Promise.all([
        import('../completion/scripts.js'),
        import('../completion/tree.js'),
      ]);
      world.stdout.write(completionScript(shell, readTree(program)));
    });
  command.copyInheritedSettings(program);
}
