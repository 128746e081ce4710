import { type Command, Option } from 'commander';
import type { RawLoadOptions } from '../../load/options.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';

const EXAMPLES = `
Examples
  zerogpu load --function generate prompt=hi           ten visitors of the Space in this folder
  zerogpu load demo --function hold --rate 30/m --for 5m seconds=2
  zerogpu load --function generate --visitors 20 --tiers free=1 prompt=hi
  zerogpu load --function generate --json prompt=hi    one object, as simulate has it

Calls are sent when they are due, however slow the answers are. Ctrl-C ends the load and prints the
report so far.`;

/** Declares `zerogpu load`; the work is done in src/load. */
export function declareLoad(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('load')
    .description('Send many visitors to a running Space: waits, refusals, GPU use.')
    .usage('[space] --function NAME [key=value…] [options]')
    .argument('[words...]', 'folder, owner/name or address of a run (default: .), then key=value')
    .addOption(new Option('--function <name>', 'the endpoint that each visitor calls'))
    .addOption(new Option('--visitors <n>', 'distinct visitors, each with a quota').default('10'))
    .addOption(
      new Option('--rate <calls>', 'calls of all of them: 2/s, 30/m, 100/h').default('1/s'),
    )
    .addOption(
      new Option('--tiers <shares>', "tiers' shares of the visitors").default(
        'pro=1,free=3,anonymous=6',
      ),
    )
    .addOption(new Option('--for <time>', 'how long calls are sent').default('1m'))
    .addOption(new Option('--seed <n>', 'the same seed sends the same calls').default('1'))
    .addOption(new Option('--json', 'one object'))
    .addOption(new Option('--ascii', 'no box characters').env('ZEROGPU_ASCII'))
    .addOption(twin('--state-dir <dir>', 'where runs are looked for (~/.local/state/zerogpu)'))
    .addHelpText('after', EXAMPLES)
    .action(async (words: readonly string[], raw: RawLoadOptions) => {
      const { load } = await import('../../load/index.js');
      setExitCode(await load(words, raw, world));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
