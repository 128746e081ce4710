import { VERSION } from './version.js';

/** What is still on its way to a pipe gets so long. */
const LINGER_MS = 2_000;

/**
 * The process: answers the one question that needs no command tree, and loads that for the rest.
 * Scripts ask for the version before anything else, and half of start-up is the tree.
 */
export async function runProcess(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const [{ main }, { createProcessWorld }] = await Promise.all([
    import('./main.js'),
    import('./process-world.js'),
  ]);
  const world = createProcessWorld();
  process.exitCode = await main(argv, world);
  if (process.stderr.isTTY) {
    const [{ notifyOfUpdate }, { systemClock }] = await Promise.all([
      import('../update/index.js'),
      import('../shared/clock.js'),
    ]);
    notifyOfUpdate(argv, world, VERSION, systemClock);
  }
  // Everything is said and closed: a connection that lingers must not keep a terminal waiting.
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
