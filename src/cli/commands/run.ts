import { type Command, Option } from 'commander';
import type { RawRunOptions } from '../../run/options/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';
import { explainOrigin, readFileSettings } from '../file-settings.js';
import { addOptions, dayOptions, platformOptions } from '../host-options.js';
import { bringNamedSpace } from '../hub-space.js';
import { VERSION } from '../version.js';

const EXAMPLES = `
Examples
  zerogpu run                        the Space in this folder
  zerogpu run --watch                restarts when you save
  zerogpu run demo --as free         visited by a free account
  zerogpu run demo --gpus 2          two calls at a time
  zerogpu run demo -- pytest tests/  start, run the tests, stop; their exit code
  zerogpu run OWNER/NAME             a Space on the Hub, downloaded first

The command after -- finds the Space at $ZEROGPU_URL. Visitors choose who they are with
?as=pro in the address, or with a token of that name: Client(url, token="free:ada").
--as account is the owner of your token on the Hub, with what is left there today.`;

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
    .argument('[dir]', 'folder of the Space, or OWNER/NAME or its address on the Hub', '.')
    .optionsGroup('Platform');
  addOptions(command, [...platformOptions(), ...dayOptions()]);
  command
    .addOption(
      twin('--weightless', 'no weights, no arithmetic: memory and rules only (docs/weightless.md)'),
    )
    .optionsGroup('Visitors')
    .addOption(
      twin(
        '--as <visitor>',
        'anonymous, free, pro, team, enterprise, a name: free:ada, or account',
        'anonymous',
      ),
    )
    .addOption(
      twin('--credits <time>', 'prepaid GPU time of pro, team and enterprise, e.g. 10m ($1)'),
    )
    .addOption(twin('--host <address>', 'where visitors connect', '127.0.0.1'))
    .addOption(twin('--port <n>', 'where visitors connect (default: 7860, or the next free one)'))
    .addOption(
      twin('--local-hub', 'a local Hub: clients of owner/name come here (docs/local-hub.md)'),
    )
    .optionsGroup('App')
    .addOption(twin('--python <path>', 'interpreter (default: .venv, active, else a managed one)'))
    .addOption(
      twin(
        '--torch <release>',
        'declared (default), or nearest: the nearest PyTorch that runs here',
      ),
    )
    .addOption(new Option('--no-install', 'never install packages').env('ZEROGPU_INSTALL'))
    .addOption(twin('-y, --yes', 'install without asking, large downloads included'))
    .addOption(twin('--max-download <size>', 'refuse a Space with more to download, e.g. 500MB'))
    .addOption(twin('--start-timeout <time>', 'how long the app may take to answer', '10m'))
    .addOption(
      twin('--allow-no-gpu-function', 'serve a Space that the platform stops for having none'),
    )
    .addOption(
      twin(
        '--env-file <file>',
        'variables and secrets of the Space, NAME=value; repeatable',
      ).argParser((file: string, before: readonly string[] = []) => [...before, file]),
    )
    .addOption(twin('--for <time>', 'stop after this long'))
    .addOption(twin('-w, --watch', "restart the app when the Space's code or versions change"))
    .addOption(
      new Option(
        '--debug [port]',
        'debugpy for the app and its workers; a stopped call keeps its time (default: 5678)',
      )
        // ZEROGPU_DEBUG prints stack traces.
        .env('ZEROGPU_DEBUG_PORT'),
    )
    .addOption(
      new Option('--no-preload', 'with --watch: import no packages ahead of the next restart').env(
        'ZEROGPU_PRELOAD',
      ),
    )
    .addOption(twin('-d, --detach', 'leave the run in the background once it answers'))
    .optionsGroup('Output')
    .addOption(twin('--log-format <kind>', 'text, json (one object a line, on stderr)', 'text'))
    .addOption(twin('--events <file>', 'append every event of every call, as JSON lines'))
    .addOption(twin('--otlp <url>', 'send a trace of every call to an OpenTelemetry collector'))
    .addOption(twin('--ascii', 'no arrows'))
    .optionsGroup('State')
    .addOption(twin('--fresh', 'full quotas, kept in memory; never joins zerogpu serve'))
    .addOption(twin('--owner <account>', 'whose Space it is: ada, free:ada, org:acme', 'local'))
    .addOption(twin('--space-id <id>', 'owner/name (default: of SPACE_ID, or of its git remote)'))
    .addOption(twin('--state-dir <dir>', 'ledgers and files of runs (~/.local/state/zerogpu)'))
    .addHelpText('after', EXAMPLES)
    .action(async (dir: string, raw: RawRunOptions) => {
      const { run } = await import('../../run/run.js');
      try {
        setExitCode(await run(dir, toRun, raw, world, VERSION));
      } catch (error) {
        throw explainOrigin(error, command);
      }
    });
  readEnvironmentTwins(command, world.env);
  bringNamedSpace(command, world);
  readFileSettings(command, world);
  command.copyInheritedSettings(program);
}
