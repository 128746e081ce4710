import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { readUserSettings } from '../../config/user-settings.js';
import { UserError } from '../../shared/errors.js';
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
  zerogpu quota --cluster            the nodes of the cluster in ZEROGPU_CLUSTER

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
    .addOption(
      new Option(
        '--cluster [url]',
        'all nodes of a cluster: redis://HOST:PORT, or ZEROGPU_CLUSTER',
      ),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (raw: RawQuotaOptions) => {
      if (raw.cluster !== undefined) {
        setExitCode(await quotaInCluster(raw, raw.cluster, command, world));
        return;
      }
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

async function quotaInCluster(
  raw: RawQuotaOptions,
  cluster: string | true,
  command: Command,
  world: World,
): Promise<number> {
  if (raw.account && command.getOptionValueSource('account') === 'cli') {
    throw new UserError('E_USAGE', '--cluster and --account exclude each other', {
      why: 'The quotas of a cluster are those of its visitors, the account is your own on the Hub.',
      fix: ['zerogpu quota --cluster', 'zerogpu quota --account'],
    });
  }
  const [{ readCluster }, { clusterQuota }] = await Promise.all([
    import('../../cluster/view/index.js'),
    import('../../tui/cluster/index.js'),
  ]);
  return await readCluster(cluster, world, (read) => clusterQuota(raw, world, read));
}
