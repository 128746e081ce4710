import type { Command } from 'commander';
import type { RawServeOptions } from '../../run/options/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';
import { addOptions, dayOptions, platformOptions } from '../host-options.js';
import { VERSION } from '../version.js';

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
    .description('Run the allocator alone; every `zerogpu run` of the same user joins it.')
    .optionsGroup('Platform');
  addOptions(command, platformOptions());
  command.addOption(twin('--concurrency <n>', 'slices that one Space may hold (default: all)'));
  addOptions(command, dayOptions());
  command
    .optionsGroup('Cluster')
    .addOption(
      twin(
        '--cluster <url>',
        'store of a cluster to be a node of: redis://HOST:PORT (docs/cluster.md)',
      ),
    )
    .addOption(twin('--node <name>', 'name of this host there (default: that of the machine)'));
  command
    .optionsGroup('State')
    .addOption(twin('--port <n>', 'where Spaces connect (default: the last one, or a free one)'))
    .addOption(
      twin('--local-hub', 'a local Hub for clients of all these Spaces (docs/local-hub.md)'),
    )
    .addOption(twin('--for <time>', 'stop after this long'))
    .addOption(twin('--fresh', 'full quotas, kept in memory'))
    .addOption(twin('--state-dir <dir>', 'where the ledger is kept (~/.local/state/zerogpu)'))
    .optionsGroup('Output')
    .addOption(twin('--log-format <kind>', 'text, json (one object a line, on stderr)', 'text'))
    .addOption(twin('-q, --quiet', 'no line for each call; `zerogpu quota` shows them'))
    .addOption(twin('--otlp <url>', 'send a trace of every call to an OpenTelemetry collector'))
    .addOption(twin('--ascii', 'no arrows'))
    .addHelpText('after', EXAMPLES)
    .action(async (raw: RawServeOptions) => {
      const { serve } = await import('../../run/serve-allocator.js');
      setExitCode(await serve(raw, world, VERSION));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
