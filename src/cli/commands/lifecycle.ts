import { type Command, Option } from 'commander';
import type { RawLogsOptions } from '../../lifecycle/logs.js';
import type { RawStatusOptions } from '../../lifecycle/status.js';
import type { RawStopOptions } from '../../lifecycle/stop.js';
import type { RawWaitOptions } from '../../lifecycle/wait.js';
import type { World } from '../../shared/world.js';
import type { RawConsoleOptions } from '../../web/console-command.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';

const SPACE = 'folder of the Space, owner/name or address of the run';
const HOME = '(~/.local/state/zerogpu)';

const examples = (lines: readonly string[]) =>
  `\nExamples\n${lines.map((line) => `  ${line}`).join('\n')}`;

/** Declares `zerogpu status|logs|console|wait|stop`; the work is done in src/lifecycle and src/web. */
export function declareLifecycle(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const declare = (name: string, description: string, lines: readonly string[]) => {
    const command = program
      .command(name)
      .description(description)
      .addOption(twin('--state-dir <dir>', `where runs are looked for ${HOME}`))
      .addHelpText('after', examples(lines));
    readEnvironmentTwins(command, world.env);
    command.copyInheritedSettings(program);
    return command;
  };

  declare('status', 'List the active runs and their addresses.', [
    'zerogpu status                  every run of this user, and zerogpu serve',
    'zerogpu status demo             the run of that folder; exit code 3 when there is none',
    'zerogpu status --json | jq -r .runs[0].url',
  ])
    .argument('[space]', SPACE)
    .addOption(new Option('--json', 'as one object'))
    .action(async (said: string | undefined, raw: RawStatusOptions) => {
      const { status } = await import('../../lifecycle/status.js');
      setExitCode(status(said, raw, world));
    });

  declare('logs', 'Print what a run has printed, after its end as well.', [
    'zerogpu logs                    the last 100 lines of the run in this folder',
    'zerogpu logs demo -f            and what comes, until the run ends',
    'zerogpu logs -n all --previous 1   the run before, whole; the last five are kept',
  ])
    .argument('[space]', SPACE, '.')
    .addOption(new Option('-f, --follow', 'go on until the run ends'))
    .addOption(new Option('-n, --lines <n>', 'last lines to print, or all (default: 100)'))
    .addOption(new Option('--previous <n>', 'the log of the run so many before the newest'))
    .action(async (said: string, raw: RawLogsOptions) => {
      const { logs } = await import('../../lifecycle/logs.js');
      setExitCode(await logs(said, raw, world));
    });

  declare(
    'console',
    'Open the console of a run in the browser: calls, quota, queue, faults, log.',
    [
      'zerogpu console --open          of the run in this folder',
      'zerogpu console demo            print a link, good once and for five minutes',
      'zerogpu console --serve         of zerogpu serve, with all its Spaces',
    ],
  )
    .argument('[space]', SPACE, '.')
    .addOption(new Option('--open', 'start the browser'))
    .addOption(new Option('--serve', 'of zerogpu serve'))
    .action(async (said: string, raw: RawConsoleOptions) => {
      const { webConsole } = await import('../../web/console-command.js');
      setExitCode(await webConsole(said, raw, world));
    });

  declare('wait', 'Wait until a run answers, and print its address.', [
    'zerogpu wait && zerogpu call generate prompt=hi',
    'zerogpu wait demo --timeout 10m',
  ])
    .argument('[space]', SPACE, '.')
    .addOption(new Option('--timeout <time>', 'how long at most').default('2m'))
    .action(async (said: string, raw: RawWaitOptions) => {
      const { wait } = await import('../../lifecycle/wait.js');
      setExitCode(await wait(said, raw, world));
    });

  declare('stop', 'Stop a run as Ctrl-C does: calls are ended and charged, quotas are kept.', [
    'zerogpu stop                    the run of this folder',
    'zerogpu stop http://127.0.0.1:7861',
    'zerogpu stop --all',
  ])
    .argument('[space]', SPACE, '.')
    .addOption(new Option('--all', 'every run of this user'))
    .addOption(new Option('--timeout <time>', 'before the second signal').default('20s'))
    .action(async (said: string, raw: RawStopOptions) => {
      const { stop } = await import('../../lifecycle/stop.js');
      setExitCode(await stop(said, raw, world));
    });
}
