import { type Command, Option } from 'commander';
import type { World } from '../world.js';

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
    .addOption(new Option('--json', 'as one object'))
    .addHelpText('after', EXAMPLES)
    .action(async (ids: readonly string[], options: { readonly json?: boolean }) => {
      const { explain } = await import('../../explain/index.js');
      setExitCode(explain(ids, options, world));
    });
  command.copyInheritedSettings(program);
}
