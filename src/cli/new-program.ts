import { Command } from 'commander';
import type { World } from '../shared/world.js';
import { VERSION } from './version.js';

/** `zerogpu` without its commands: how it prints, and what it says of itself. */
export function newProgram(world: World): Command {
  return new Command('zerogpu')
    .description('Run, check and understand Hugging Face ZeroGPU Spaces on your own machine.')
    .version(VERSION, '-V, --version')
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      // Wrong use is printed as every other error is.
      outputError: () => {},
    });
}
