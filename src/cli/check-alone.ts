/**
 * `zerogpu check` by itself: the build makes one file of it, which ./compiled.ts loads. It runs at every save
 * and every commit, and does not wait for the declarations of the other commands.
 */

import type { World } from '../shared/world.js';
import { runCommandLine } from './command-line.js';
import { declareCheck } from './commands/check.js';
import { newProgram } from './new-program.js';

/**
 * Runs a command line whose first word is `check`.
 *
 * @returns the exit code (see docs/cli.md); never throws
 */
export function main(argv: readonly string[], world: World): Promise<number> {
  return runCommandLine(argv, world, (_world, _toRun, setExitCode) => {
    const program = newProgram(world);
    declareCheck(program, world, setExitCode);
    return program;
  });
}
