import { type Command, Option } from 'commander';
import type { EmulatedPythonOptions } from '../../run/emulated-python.js';
import type { World } from '../../shared/world.js';

const EXAMPLES = `
Examples
  zerogpu python train.py --epochs 1           your script, on an emulated H200 slice
  zerogpu python -m pytest tests/              a suite that wants cuda
  zerogpu python --vram 8GB -c 'import torch; print(torch.cuda.mem_get_info())'
  zerogpu python --report generate.py          peak memory and the slowest operators at the end
  zerogpu python --weightless generate.py      a 70 GB model in 1 GB: peak memory, placeholder outputs

Flags of zerogpu come before those of Python; -- separates them where it matters.`;

/** Declares `zerogpu python`; the work is done in src/run. */
export function declarePython(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command('python')
    .description('Run Python with the emulated GPU as its cuda: no Space, no quota.')
    .usage('[options] [python arguments…]')
    .argument('[arguments...]', 'what Python gets')
    .addOption(
      new Option(
        '--python <path>',
        'interpreter with torch (default: .venv, active, that of run here, python3)',
      ),
    )
    .addOption(new Option('--vram <size>', 'memory of the GPU, e.g. 8GB (default: the platform’s)'))
    .addOption(new Option('--platform <name>', 'h200, rtx-pro-6000').default('h200'))
    .addOption(new Option('--report', 'at the end, peak memory and the slowest operators'))
    .addOption(new Option('--weightless', 'no weights, no arithmetic: only shapes and memory'))
    .addHelpText('after', EXAMPLES)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: readonly string[], options: EmulatedPythonOptions) => {
      const { emulatedPython } = await import('../../run/emulated-python.js');
      setExitCode(await emulatedPython(args, options, world));
    });
  command.copyInheritedSettings(program);
}
