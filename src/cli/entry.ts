import type { World } from '../shared/world.js';
import { asksForHelp } from './asks-for-help.js';
import type { Started } from './check-start.js';
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
  const { world, exitCode } = await start(argv);
  process.exitCode = exitCode ?? (await runMain(argv, world));
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

/** Some starts are a file of their own in dist: a dozen shared chunks take longer to load than to run. */
async function start(argv: readonly string[]): Promise<Started> {
  if (asksForHelp(argv)) {
    const alone = (await loadAlone('help-alone')) as typeof import('./help-alone.js');
    return alone.startHelp(argv);
  }
  if (argv[0] === 'check') {
    const alone = (await loadAlone('check-start')) as typeof import('./check-start.js');
    return alone.startCheck(argv);
  }
  const { createProcessWorld } = await import('./process-world.js');
  return { world: createProcessWorld(), exitCode: null };
}

/** By its address: the build would make chunks of what it can follow. */
function loadAlone(name: string): Promise<unknown> {
  const { href } = new URL(`./${name}.js`, import.meta.url);
  return import(href);
}

async function runMain(argv: readonly string[], world: World): Promise<number> {
  const { main } = await import('./main.js');
  return main(argv, world);
}
