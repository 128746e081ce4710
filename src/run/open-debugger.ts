/** The debugger of a run, where `--debug` asks for one. */
import type { PythonEnvironment } from '../python-env/index.js';
import { runtimePythonDir } from '../shared/runtime-python.js';
import { cacheDir } from '../shared/user-folders.js';
import type { AllocatorLink } from './allocator/index.js';
import type { Debugger } from './debug/index.js';
import type { RunContext } from './run-context.js';
import type { RunFolder } from './state/index.js';

/**
 * Opens its port.
 *
 * @returns null without `--debug`
 * @throws UserError E_PORT_TAKEN
 */
export async function openDebugger(
  { options, console, world, terminal, cleanup }: RunContext,
  folder: RunFolder,
  allocator: AllocatorLink,
): Promise<Debugger | null> {
  if (options.debug === null) return null;
  // Loaded on demand: other runs need not wait for it.
  const { startDebugger } = await import('./debug/debugger.js');
  const { stdin, stderr } = world;
  const opened = await startDebugger({
    port: options.debug,
    runDir: folder.dir,
    notMine: [runtimePythonDir(), ...allocator.device.pythonPath],
    tell: allocator.stops,
    say: console.progress,
    warn: console.warn,
    terminal: terminal && {
      ...{ stdin, stderr, lend: terminal.lend },
      interrupt: () => void process.kill(process.pid, 'SIGINT'),
    },
  });
  cleanup.add('the debugger', opened.close);
  return opened;
}

/** @throws UserError E_PYTHON_ENV, E_PYTHON_INSTALL */
export async function findDebugpy(
  { options, console, world }: RunContext,
  python: PythonEnvironment,
  given: AbortSignal = world.interrupted,
): Promise<string> {
  const { ensureDebugpy } = await import('../python-env/debugpy.js');
  return ensureDebugpy({
    ...{ python, install: options.install, env: world.env, cacheDir: cacheDir(world.env) },
    report: console.progress,
    signal: AbortSignal.any([world.interrupted, given]),
  });
}
