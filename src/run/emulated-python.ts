import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { emulatedEnvironment, emulatedPythonDir } from '../gpu/mock/index.js';
import { assertTorchSupported } from '../gpu/mock/supported-torch.js';
import { loadProfile } from '../platform/index.js';
import { findPythonWithTorch } from '../python-env/index.js';
import { parseBytes } from '../shared/bytes.js';
import { EXIT, UserError } from '../shared/errors.js';
import { runtimePythonDir } from '../shared/runtime-python.js';
import type { World } from '../shared/world.js';

/** `zerogpu python`, as the user wrote it. */
export interface EmulatedPythonOptions {
  readonly platform: string;
  readonly vram?: string;
  readonly python?: string;
  readonly report?: boolean;
  readonly weightless?: boolean;
}

/** What it needs of the process it runs in. */
export type EmulatedPythonWorld = Pick<World, 'env' | 'cwd' | 'stdin' | 'interrupted' | 'onForced'>;

/**
 * Runs Python with the emulated device as its `cuda`: no Space, no allocator, no quota. Streams,
 * signals and exit code are Python's own.
 *
 * @param args what Python gets: a script, `-c …`, `-m …`, or nothing for its prompt
 * @returns the exit code; 128 + n when signal n ended it
 * @throws UserError E_PYTHON_NOT_FOUND, E_PYTHON_ENV, E_USAGE, E_PLATFORM_UNKNOWN
 */
export async function emulatedPython(
  args: readonly string[],
  options: EmulatedPythonOptions,
  world: EmulatedPythonWorld,
): Promise<number> {
  const profile = loadProfile(options.platform);
  const vramBytes =
    options.vram === undefined ? profile.sizes.large.vramBytes : parseBytes(options.vram, '--vram');
  const { env } = world;
  const python = await findPythonWithTorch(
    options.python ?? null,
    world.cwd,
    env,
    world.interrupted,
  );
  assertTorchSupported(python.packages.torch);

  const path = [runtimePythonDir(), emulatedPythonDir(), env['PYTHONPATH']];
  const child = spawn(python.python, [...args], {
    cwd: world.cwd,
    stdio: 'inherit',
    env: {
      ...env,
      ...emulatedEnvironment(profile, vramBytes),
      PYTHONPATH: path.filter(Boolean).join(delimiter),
      // Only the process that we start reports, and none of its children.
      ...(options.report ? { ZEROGPU_EMULATED_REPORT_OF: String(process.pid) } : {}),
      ...(options.weightless
        ? { ZEROGPU_WEIGHTLESS: '1', ZEROGPU_WEIGHTLESS_REPORT_OF: String(process.pid) }
        : {}),
    },
  });
  const pass = () => {
    const signal = String(world.interrupted.reason) as NodeJS.Signals;
    // A terminal has sent Ctrl-C to both of us already.
    if (signal !== 'SIGINT' || !world.stdin.isTTY) child.kill(signal);
  };
  if (world.interrupted.aborted) pass();
  else world.interrupted.addEventListener('abort', pass);
  world.onForced(() => void child.kill('SIGKILL'));
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? (signal ? 128 + constants.signals[signal] : EXIT.failed);
  } catch (error) {
    throw new UserError('E_PYTHON_NOT_FOUND', `${python.python} can't be started`, {
      why: error instanceof Error ? error.message : String(error),
      fix: 'zerogpu python --python PATH …',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}
