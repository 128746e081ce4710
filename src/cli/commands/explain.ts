import { type Command, Option } from 'commander';
import type { RawExplainOptions } from '../../explain/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins } from '../env-twins.js';

const EXAMPLES = `
Examples
  zerogpu explain                      every rule and every error code
  zerogpu explain ZG201
  zerogpu explain torch-compile E_PORT_TAKEN`;

/** Declares `zerogpu explain`; the work is done in src/explain. */
export function declareExplain(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('explain')
    .description('Tell what a rule or an error code means, offline.')
    .usage('[ID…] [options]')
    .argument('[ids...]', 'ids or names of rules, error codes')
    .addOption(
      new Option('--format <kind>', 'text (Markdown), json, agent').env('ZEROGPU_EXPLAIN_FORMAT'),
    )
    .addOption(new Option('--json', 'the same as --format json'))
    .addHelpText('after', EXAMPLES)
    .action(async (ids: readonly string[], options: RawExplainOptions) => {
      const { explain } = await import('../../explain/index.js');
      setExitCode(explain(ids, options, world));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
