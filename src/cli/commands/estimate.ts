import { type Command, Option } from 'commander';
import type { RawEstimateOptions } from '../../estimate/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins } from '../env-twins.js';
import { bringNamedSpace } from '../hub-space.js';

const EXAMPLES = `
Examples
  zerogpu estimate                                 every endpoint of the Space in this folder
  zerogpu estimate . generate steps=50             one endpoint, with arguments
  zerogpu estimate my-space --platform rtx-pro-6000
  zerogpu estimate OWNER/NAME                      a Space on the Hub
  zerogpu estimate . draw --vary width=512,1024,1536
  zerogpu estimate . draw --largest width          the largest that fits
  zerogpu estimate . draw --svg memory.svg         memory over the time of the call
  zerogpu estimate --json                          one object, for scripts

The Space runs without its weights and without arithmetic: minutes become seconds, and every output is a
placeholder. The exit code is 1 when an endpoint does not fit, or could not be estimated.`;

/** Declares `zerogpu estimate`; the work is done in src/estimate. */
export function declareEstimate(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('estimate')
    .description('Say what a Space would take on the platform: memory, seconds, duration, size.')
    .usage('[dir] [function] [key=value…] [options]')
    .argument('[dir]', 'folder of the Space, or OWNER/NAME on the Hub', '.')
    .argument('[function]', 'name of an endpoint (default: each of them)')
    .argument('[arguments...]', 'key=value, as the endpoint names its parameters')
    .addOption(new Option('--platform <name>', 'h200, rtx-pro-6000 (default: both)'))
    .addOption(new Option('--python <path>', 'interpreter, as for zerogpu run'))
    .addOption(new Option('-y, --yes', 'download a Space on the Hub without asking'))
    .addOption(
      new Option('--max-download <size>', 'refuse a Space with more to download, e.g. 500MB'),
    )
    .addOption(
      new Option(
        '--vary <values>',
        'one call each, e.g. width=512,1024 (may be repeated)',
      ).argParser((value: string, before: readonly string[] = []) => [...before, value]),
    )
    .addOption(new Option('--largest <name>', 'search the largest value of a parameter that fits'))
    .addOption(new Option('--svg <file>', 'draw memory over the time of each call'))
    .addOption(new Option('--snapshot <file>', "keep the allocator's snapshot of the highest peak"))
    .addOption(new Option('--json', 'one object on stdout'))
    .addHelpText('after', EXAMPLES)
    .action(
      async (
        dir: string,
        name: string | undefined,
        words: readonly string[],
        raw: RawEstimateOptions,
      ) => {
        const { estimate } = await import('../../estimate/index.js');
        setExitCode(await estimate({ dir, name, words, ...raw }, world));
      },
    );
  readEnvironmentTwins(command, world.env);
  bringNamedSpace(command, world);
  command.copyInheritedSettings(program);
}
