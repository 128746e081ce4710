import { type Command, Option } from 'commander';
import type { RawRunOptions } from '../../run/options.js';
import { readEnvironmentTwins } from '../env-twins.js';
import { explainOrigin, readFileSettings } from '../file-settings.js';
import { VERSION } from '../version.js';
import type { World } from '../world.js';

const EXAMPLES = `
Examples
  zerogpu run                        the Space in this folder
  zerogpu run demo --as free         visited by a free account
  zerogpu run demo --gpus 2          two calls at a time
  zerogpu run demo -- pytest tests/  start, run the tests, stop; their exit code

The command after -- finds the Space at $ZEROGPU_URL. Visitors choose who they are with
?as=pro in the address, or with a token of that name: Client(url, token="free:ada").`;

/**
 * Declares `zerogpu run`; the work is done in src/run.
 *
 * @param toRun what follows `--`
 */
export function declareRun(
  program: Command,
  world: World,
  toRun: readonly string[],
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('run')
    .description('Run a Space, unmodified, under a local ZeroGPU allocator.')
    .usage('[dir] [options] [-- command…]')
    .argument('[dir]', 'folder of the Space', '.')
    .optionsGroup('Platform')
    .addOption(twin('--platform <name>', 'h200, rtx-pro-6000', 'h200'))
    .addOption(twin('--gpu <kind>', 'auto, mock, nvidia', 'auto'))
    .addOption(twin('--gpus <n>', 'GPUs to offer', '1'))
    .addOption(twin('--slices <n>', 'calls that share each GPU (--gpu nvidia; default: 1)'))
    .addOption(twin('--vram <size>', 'memory of a slice, e.g. 2GB (default: the platform’s)'))
    .addOption(twin('--duration <time>', 'longest GPU time one call may hold, e.g. 90s'))
    .addOption(twin('--speed <n>', 'quota time runs n times faster', '1'))
    .addOption(
      twin('--fault <spec>', 'answers of a bad day: no-gpu, quota@3, kill=2s@10% (docs/faults.md)'),
    )
    .addOption(twin('--seed <n>', 'seed of the faults’ shares', '1'))
    .optionsGroup('Visitors')
    .addOption(twin('--as <visitor>', 'anonymous, free, pro, or a name: free:ada', 'anonymous'))
    .addOption(twin('--host <address>', 'where visitors connect', '127.0.0.1'))
    .addOption(twin('--port <n>', 'where visitors connect (default: 7860, or the next free one)'))
    .optionsGroup('App')
    .addOption(twin('--python <path>', 'interpreter (default: .venv, active, else a managed one)'))
    .addOption(new Option('--no-install', 'never install packages').env('ZEROGPU_INSTALL'))
    .addOption(twin('-y, --yes', 'install without asking, large downloads included'))
    .addOption(twin('--start-timeout <time>', 'how long the app may take to answer', '10m'))
    .addOption(twin('--for <time>', 'stop after this long'))
    .optionsGroup('Output')
    .addOption(twin('--log-format <kind>', 'text, json (one object a line, on stderr)', 'text'))
    .addOption(twin('--events <file>', 'append every event of every call, as JSON lines'))
    .addOption(twin('--ascii', 'no arrows'))
    .optionsGroup('State')
    .addOption(twin('--fresh', 'full quotas, kept in memory; never joins zerogpu serve'))
    .addOption(twin('--owner <account>', 'whose Space it is: ada, free:ada, org:acme', 'local'))
    .addOption(twin('--state-dir <dir>', 'ledgers and files of runs (~/.local/state/zerogpu)'))
    .addHelpText('after', EXAMPLES)
    .action(async (dir: string, raw: RawRunOptions) => {
      const { run } = await import('../../run/index.js');
      try {
        setExitCode(await run(dir, toRun, raw, world, VERSION));
      } catch (error) {
        throw explainOrigin(error, command);
      }
    });
  readEnvironmentTwins(command, world.env);
  readFileSettings(command, world);
  command.copyInheritedSettings(program);
}

/** Every flag has an environment twin: `--log-format` is ZEROGPU_LOG_FORMAT. */
export function twin(flags: string, description: string, value?: string): Option {
  const option = new Option(flags, description);
  option.env(`ZEROGPU_${option.name().replaceAll('-', '_').toUpperCase()}`);
  return value === undefined ? option : option.default(value);
}
