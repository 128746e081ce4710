import { type Command, Option } from 'commander';
import type { RawCallOptions } from '../../call/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';

const EXAMPLES = `
Examples
  zerogpu call --list                              endpoints and their parameters
  zerogpu call generate prompt='a cat' steps=4     what it returns, and what it cost
  zerogpu call generate prompt=hi --as pro:ada     as another visitor
  zerogpu call describe --file image=cat.png
  zerogpu call generate prompt=hi --json           one object a line; "result" is the last

The result is on stdout; notices, the words of a refusal and the cost are on stderr.
The Space of this folder is started for the call when it does not run.`;

/** Declares `zerogpu call`; the work is done in src/call. */
export function declareCall(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('call')
    .description('Call a function of a running Space as a visitor: result, charge, wait and peak.')
    .usage('[function] [key=value…] [options]')
    .argument('[function]', 'name of the endpoint; --list shows them')
    .argument('[arguments...]', 'key=value, as the endpoint names its parameters')
    .addOption(new Option('--space <space>', 'folder, owner/name or address').default('.'))
    .addOption(new Option('--as <visitor>', 'who calls, e.g. pro:ada (default: as the run has it)'))
    .addOption(
      new Option('--file <name=path>', 'a file for a parameter; may be given again').argParser(
        (word: string, before: readonly string[] | undefined) => [...(before ?? []), word],
      ),
    )
    .addOption(new Option('--list', 'the endpoints, a line each'))
    .addOption(new Option('--json', 'one object a line'))
    .addOption(new Option('--no-start', 'fail when the Space does not run'))
    .addOption(new Option('-y, --yes', 'start it without asking, large downloads included'))
    .addOption(twin('--state-dir <dir>', 'where runs are looked for (~/.local/state/zerogpu)'))
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, words: readonly string[], raw: RawCallOptions) => {
      const { call } = await import('../../call/index.js');
      const missing = async (dir: string) => {
        const { missingFor } = await import('../missing-packages.js');
        return missingFor(dir, world);
      };
      setExitCode(await call(name, words, raw, { ...world, missing }));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
