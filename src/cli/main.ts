import { Command, CommanderError } from 'commander';
import { EXIT } from '../shared/errors.js';
import { declareRun } from './commands/run.js';
import { printFailure } from './failure.js';
import { createProcessWorld } from './process-world.js';
import { VERSION } from './version.js';
import type { World } from './world.js';

/** Builds the whole command tree; help, completion and docs are made from it. */
export function createProgram(world: World, setExitCode: (code: number) => void): Command {
  const program = new Command('zerogpu')
    .description('Run, check and understand Hugging Face ZeroGPU Spaces on your own machine.')
    .version(VERSION, '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
    });
  declareRun(program, world, setExitCode);
  return program;
}

/**
 * Runs one command line.
 *
 * @returns the exit code (see docs/cli.md); never throws
 */
export async function main(argv: readonly string[], world: World): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = createProgram(world, (code) => {
    exitCode = code;
  });
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.ok;
    }
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has written its message (or help) already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return printFailure(error, world);
  }
}

/** Runs the command line of this process and sets its exit code. */
export async function runProcess(): Promise<void> {
  const world = createProcessWorld();
  process.exitCode = await main(process.argv.slice(2), world);
}
