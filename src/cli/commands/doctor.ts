import { type Command, Option } from 'commander';
import type { RawDoctorOptions } from '../../doctor/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';
import { VERSION } from '../version.js';

const EXAMPLES = `
Examples
  zerogpu doctor                 is this machine ready, and what to fix
  zerogpu doctor my-space        with the Python of that Space
  zerogpu doctor --json          for a bug report`;

/** Declares `zerogpu doctor`; the work is done in src/doctor. */
export function declareDoctor(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('doctor')
    .description('Check whether this machine is ready, and print a fix for what is not.')
    .usage('[dir] [options]')
    .argument('[dir]', 'folder of a Space, for its Python', '.')
    .addOption(new Option('--json', 'as one object, with everything that was found'))
    .addOption(twin('--ascii', 'no check marks'))
    .addOption(twin('--state-dir <dir>', 'the state folder to try (~/.local/state/zerogpu)'))
    .addHelpText('after', EXAMPLES)
    .action(async (dir: string, options: RawDoctorOptions) => {
      const { doctor } = await import('../../doctor/index.js');
      setExitCode(await doctor(dir, options, world, VERSION));
    });
  readEnvironmentTwins(command, world.env);
  command.copyInheritedSettings(program);
}
