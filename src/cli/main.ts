import { runCommandLine } from './command-line.js';
import { createProgram } from './program.js';
import type { World } from './world.js';

/**
 * Runs one command line.
 *
 * @returns the exit code (see docs/cli.md); never throws
 */
export function main(argv: readonly string[], world: World): Promise<number> {
  return runCommandLine(argv, world, createProgram);
}
