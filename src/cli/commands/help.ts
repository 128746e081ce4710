import type { Command } from 'commander';
import { didYouMean } from '../../shared/did-you-mean.js';
import { UserError } from '../../shared/errors.js';
import type { World } from '../../shared/world.js';

/** As src/cli/help-topics.ts has them; kept here so that its code is loaded when it is asked for. */
const TOPICS = ['environment', 'exit-codes', 'platforms'] as const;

const EXAMPLES = `
Examples
  zerogpu help run
  zerogpu help environment       every variable that is read
  zerogpu help exit-codes        what a script may go by
  zerogpu help platforms         what --platform may name, and what is known of it`;

/** Declares `zerogpu help`: the help of a command, or a topic that belongs to none. */
export function declareHelp(program: Command, world: World): void {
  program.helpCommand(false);
  const command = program
    .command('help')
    .description('Help of a command, or on a topic: environment, exit-codes, platforms.')
    .argument('[topic]', 'a command or a topic')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined) => {
      if (name === undefined) return program.outputHelp();
      const asked = program.commands.find((one) => one.name() === name);
      if (asked) return asked.outputHelp();
      const { HELP_TOPICS } = await import('../help-topics.js');
      const topic = HELP_TOPICS.find((one) => one.name === name);
      if (!topic) throw unknownTopic(program, name);
      world.stdout.write(`${topic.render(program)}\n`);
    });
  command.copyInheritedSettings(program);
}

function unknownTopic(program: Command, name: string): UserError {
  const known = [...TOPICS, ...program.commands.map((command) => command.name())];
  const meant = didYouMean(name, known);
  const hint = meant ? ` Did you mean ${meant}?` : '';
  return new UserError('E_USAGE', `there is no help on "${name}".${hint}`, {
    why: `The topics are: ${TOPICS.join(', ')}; and each command is one.`,
    fix: `zerogpu help ${meant ?? ''}`.trimEnd(),
  });
}
