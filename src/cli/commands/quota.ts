import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { readUserSettings } from '../../config/user-settings.js';
import type { World } from '../../shared/world.js';
import type { RawQuotaOptions } from '../../tui/options.js';
import { readEnvironmentTwins } from '../env-twins.js';

const EXAMPLES = `
Examples
  zerogpu quota                      live, until q; ? shows the keys
  zerogpu quota --once               every visitor's quota as a table, tab-separated
  zerogpu quota --json | jq .queue.total
  zerogpu quota --watch 2            one JSON object every two seconds
  zerogpu quota --account            and what is left of the account on the Hub

NO_COLOR, ZEROGPU_REDUCED_MOTION=1 and INK_SCREEN_READER=true are followed.`;

/** Declares `zerogpu quota`; the work is done in src/tui. */
export function declareQuota(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('quota')
    .description('Show who runs, who waits and why, and what quota is left.')
    .optionsGroup('Output')
    .addOption(new Option('--once', 'one table, tab-separated (default without a terminal)'))
    .addOption(new Option('--json', 'one object (docs/schema/quota-snapshot.json)'))
    .addOption(new Option('--format <kind>', 'table, json, agent').env('ZEROGPU_QUOTA_FORMAT'))
    .addOption(new Option('--watch <time>', 'an object a line, every so often'))
    .addOption(new Option('--rate <time>', 'between two frames (default: 1s)').env('ZEROGPU_RATE'))
    .addOption(new Option('--color <when>', 'auto (default), always, never').env('ZEROGPU_COLOR'))
    .addOption(new Option('--ascii', 'no box characters').env('ZEROGPU_ASCII'))
    .addOption(
      new Option('--state-dir <dir>', 'where to look for the emulator').env('ZEROGPU_STATE_DIR'),
    )
    .addOption(
      new Option('--account', "the account's own quota, asked from the Hub").env('ZEROGPU_ACCOUNT'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (raw: RawQuotaOptions) => {
      const [{ quota }, { findRunning }, { stateDir }] = await Promise.all([
        import('../../tui/index.js'),
        import('../../tui/find.js'),
        import('../../shared/user-folders.js'),
      ]);
      const state = resolve(world.cwd, stateDir(raw.stateDir ?? null, world.env));
      const asked = raw.account ?? (await readUserSettings(world.env)).account ?? false;
      const account = asked
        ? await import('../account.js').then((made) => made.accountSource(world))
        : null;
      setExitCode(await quota(raw, world, () => findRunning(state), account));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
