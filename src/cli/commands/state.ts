import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';

interface RawStateOptions {
  readonly space?: string;
  readonly serve?: boolean;
  readonly stateDir?: string;
  readonly visitor?: string;
}

const EXAMPLES = `
Examples
  zerogpu state export -                     every visitor's quota, as JSON
  zerogpu state export quotas.json --space demo
  zerogpu state import quotas.json
  zerogpu state reset --visitor free:ada     all of one visitor's quota again
  zerogpu state reset                        full quotas; the old ledger is backed up
  zerogpu state reset --serve                the ledger of zerogpu serve
  zerogpu state accept --serve               continues with a ledger from a backup

Without --space it is the ledger of zerogpu serve, or the only one there is.`;

/** Declares `zerogpu state export|import|reset|accept`; the work is done in src/run. */
export function declareState(program: Command, world: World): void {
  const state = program
    .command('state')
    .description(
      'Export, import or reset the quotas that are kept between runs; accept a backup of them.',
    )
    .addHelpText('after', EXAMPLES);
  state.copyInheritedSettings(program);

  const subcommand = (name: string, description: string) => {
    const command = state
      .command(name)
      .description(description)
      .addOption(twin('--space <dir>', 'the Space whose runs are meant'))
      .option('--serve', 'the ledger of zerogpu serve is meant')
      .addOption(twin('--state-dir <dir>', 'where ledgers are kept (~/.local/state/zerogpu)'));
    readEnvironmentTwins(command, world.env);
    command.copyInheritedSettings(program);
    return command;
  };

  subcommand('export', 'Write the quotas of every visitor as JSON.')
    .argument('[file]', '- for standard output', '-')
    .action(async (file: string, raw: RawStateOptions) => {
      const dir = await ledgerOf(raw, world);
      const { exportLedger, writeExport } = await loadFiles();
      const text = exportLedger(dir, (message) => world.stderr.write(`warn ${message}\n`));
      if (file === '-') world.stdout.write(text);
      else writeExport(resolve(world.cwd, file), text);
    });
  subcommand('import', 'Take over the quotas of an exported file.')
    .argument('<file>')
    .action(async (file: string, raw: RawStateOptions) => {
      const dir = await ledgerOf(raw, world, true);
      const { importIntoLedger } = await loadFiles();
      const count = await importIntoLedger(dir, resolve(world.cwd, file));
      world.stderr.write(`${count} visitor(s) taken over into ${dir}\n`);
    });
  subcommand('reset', 'Start with full quotas; the old ledger is backed up.')
    .option('--visitor <name>', 'only this one’s quota and runs, e.g. free:ada')
    .action(async (raw: RawStateOptions) => {
      const dir = await ledgerOf(raw, world);
      const { resetLedger, resetVisitor } = await loadFiles();
      if (raw.visitor !== undefined) {
        await resetVisitor(dir, raw.visitor);
        world.stderr.write(`${raw.visitor} has the whole quota again\n`);
        return;
      }
      const aside = await resetLedger(dir);
      world.stderr.write(`quotas are reset; the old ledger is ${aside}\n`);
    });
  subcommand('accept', 'Go on with a ledger that was restored from a backup.').action(
    async (raw: RawStateOptions) => {
      const dir = await ledgerOf(raw, world);
      const { acceptLedgerOf } = await loadFiles();
      const seq = await acceptLedgerOf(dir, (message) => world.stderr.write(`warn ${message}\n`));
      world.stderr.write(`the ledger in ${dir} counts from now on; it ends with event ${seq}\n`);
    },
  );
}

/** Loaded on demand: SQLite comes with it. */
const loadFiles = () => import('../../run/state/state-files.js');

/** The folder of the ledger that the flags name. */
async function ledgerOf(raw: RawStateOptions, world: World, mayBeNew = false): Promise<string> {
  const { chooseLedger } = await loadFiles();
  const { stateDir } = await import('../../shared/user-folders.js');
  return chooseLedger({
    stateDir: resolve(world.cwd, stateDir(raw.stateDir ?? null, world.env)),
    space: raw.space === undefined ? null : resolve(world.cwd, raw.space),
    serve: raw.serve ?? false,
    mayBeNew,
  });
}
