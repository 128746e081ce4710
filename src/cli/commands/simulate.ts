import { type Command, Option } from 'commander';
import type { World } from '../../shared/world.js';
import type { RawSimulateOptions } from '../../simulate/options.js';
import { readEnvironmentTwins } from '../env-twins.js';

const EXAMPLES = `
Examples
  zerogpu simulate --example > workload.yaml    a workload to start from
  zerogpu simulate workload.yaml                waits, refusals and GPU use of a day
  zerogpu simulate workload.yaml --compare shorter.yaml --precision 5%
  zerogpu simulate workload.yaml --find "p95 wait < 10s" --vary gpus=1..64
  zerogpu simulate --from events.ndjson         what \`zerogpu run --events\` recorded
  zerogpu simulate workload.yaml --goal "free p95 wait < 20s"     exit code 1 when missed

The allocator is the one of \`zerogpu run\`. docs/simulate.md lists the keys of a workload.`;

/** Declares `zerogpu simulate`; the work is done in src/simulate. */
export function declareSimulate(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const twin = (flags: string, description: string) => {
    const option = new Option(flags, description);
    return option.env(`ZEROGPU_SIMULATE_${option.name().replaceAll('-', '_').toUpperCase()}`);
  };
  const command = program
    .command('simulate')
    .description('Predict waits and refusals of a day of traffic.')
    .usage('FILE | --from EVENTS [options]')
    .argument('[file]', 'a workload: YAML or JSON')
    .optionsGroup('Workload')
    .addOption(new Option('--from <events>', 'fit a workload to a recording of run --events'))
    .addOption(new Option('--save <file>', 'write the fitted workload there'))
    .addOption(twin('--gpus <n>', 'GPUs of a host, instead of the workload’s'))
    .addOption(
      new Option('--platform <name>', 'h200, rtx-pro-6000, instead of the workload’s').env(
        'ZEROGPU_PLATFORM',
      ),
    )
    .addOption(new Option('--example', 'print a workload that works'))
    .optionsGroup('Question')
    .addOption(
      new Option(
        '--compare <file>',
        'another workload on the same visits, or placement=least-wait',
      ),
    )
    .addOption(new Option('--find <goal>', 'the smallest value that meets it: "p95 wait < 10s"'))
    .addOption(new Option('--vary <settings>', 'with --find: gpus=1..64,duration=10..60:10'))
    .addOption(new Option('--sensitivity', 'which setting moves the figure most'))
    .addOption(
      twin('--metric <figure>', 'the figure: "p95 wait" (default), "pro p99 wait", refused'),
    )
    .addOption(twin('--goal <goal>', 'exit with 1 when the simulation misses it'))
    .optionsGroup('Effort')
    .addOption(twin('--seed <n>', 'the same seed gives the same result').default('1', '1'))
    .addOption(twin('--replications <n>', 'days to simulate').default('1', '1'))
    .addOption(twin('--precision <percent>', 'more days until the figure is known that well: 5%'))
    .optionsGroup('Output')
    .addOption(new Option('--json', 'one object'))
    .addOption(new Option('--output <file>', 'an .svg or .html report besides'))
    .addOption(
      new Option('--color <when>', 'auto (default), always, never')
        .env('ZEROGPU_COLOR')
        .default('auto', 'auto'),
    )
    .addOption(new Option('--ascii', 'no box characters').env('ZEROGPU_ASCII'))
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, raw: RawSimulateOptions) => {
      const { simulate } = await import('../../simulate/index.js');
      setExitCode(await simulate(file, raw, world));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
