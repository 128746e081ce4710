import type { Command } from 'commander';
import type { RawServeOptions } from '../../run/serve-options.js';
import { readEnvironmentTwins } from '../env-twins.js';
import { VERSION } from '../version.js';
import type { World } from '../world.js';
import { twin } from './run.js';

const EXAMPLES = `
Examples
  zerogpu serve --gpus 2             two GPUs for every Space that runs here
  zerogpu run chat & zerogpu run paint
                                     both join it: one queue, one quota a visitor
  zerogpu serve --concurrency 1      no Space holds more than one slice at once

Its quotas survive its end, and its running calls survive even kill -9.`;

/** Declares `zerogpu serve`; the work is done in src/run. */
export function declareServe(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('serve')
    .description('Run the allocator alone, for every `zerogpu run` of yours to join.')
    .optionsGroup('Platform')
    .addOption(twin('--platform <name>', 'h200, rtx-pro-6000', 'h200'))
    .addOption(twin('--gpu <kind>', 'auto, mock, nvidia', 'auto'))
    .addOption(twin('--gpus <n>', 'GPUs to offer', '1'))
    .addOption(twin('--slices <n>', 'calls that share each GPU (--gpu nvidia; default: 1)'))
    .addOption(twin('--vram <size>', 'memory of a slice, e.g. 2GB (default: the platform’s)'))
    .addOption(twin('--duration <time>', 'longest GPU time one call may hold, e.g. 90s'))
    .addOption(twin('--concurrency <n>', 'slices that one Space may hold (default: all)'))
    .addOption(twin('--speed <n>', 'quota time runs n times faster', '1'))
    .addOption(twin('--fault <spec>', 'answers of a bad day (docs/faults.md)'))
    .addOption(twin('--seed <n>', 'seed of the faults’ shares', '1'))
    .optionsGroup('State')
    .addOption(twin('--port <n>', 'where Spaces connect (default: the last one, or a free one)'))
    .addOption(twin('--for <time>', 'stop after this long'))
    .addOption(twin('--fresh', 'full quotas, kept in memory'))
    .addOption(twin('--state-dir <dir>', 'where the ledger is kept (~/.local/state/zerogpu)'))
    .optionsGroup('Output')
    .addOption(twin('--log-format <kind>', 'text, json (one object a line, on stderr)', 'text'))
    .addOption(twin('-q, --quiet', 'no line for each call; `zerogpu quota` shows them'))
    .addOption(twin('--ascii', 'no arrows'))
    .addHelpText('after', EXAMPLES)
    .action(async (raw: RawServeOptions) => {
      const { serve } = await import('../../run/serve-allocator.js');
      setExitCode(await serve(raw, world, VERSION));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
