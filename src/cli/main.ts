import type { World } from '../shared/world.js';
import { runCommandLine } from './command-line.js';
import { createProgram } from './program.js';

/**
 * Runs one command line.
 *
 * @returns the exit code (see docs/cli.md); never throws
 */
export function main(argv: readonly string[], world: World): Promise<number> {
  return runCommandLine(argv, world, createProgram);
}
