/**
 * `--help` by itself: the build makes one file of the command tree, without what the commands load when they run.
 */
import type { World } from '../shared/world.js';
import { main } from './main.js';
import { createProcessWorld } from './process-world.js';

/** Prints the help that a command line asks for, which `asksForHelp` has looked at. */
export async function startHelp(
  argv: readonly string[],
): Promise<{ readonly world: World; readonly exitCode: number }> {
  const world = createProcessWorld();
  return { world, exitCode: await main(argv, world) };
}
