/** debugpy for `run --debug`: the environment's own, else one in a folder of the cache. No environment is changed. */
import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { EXIT, UserError } from '../shared/errors.js';
import { makeFolder } from '../shared/make-folder.js';
import { findOnPath } from './interpreters.js';
import { runTool } from './tool.js';
import type { Environment, PythonEnvironment } from './types.js';

export interface DebugpyRequest {
  readonly python: Pick<PythonEnvironment, 'python' | 'version'>;
  readonly cacheDir: string;
  /** False refuses to install anything. */
  readonly install: boolean;
  readonly env: Environment;
  readonly report: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Finds debugpy for an interpreter, or installs it into a folder for its Python release.
 *
 * @returns the folder to add to the end of `sys.path`; where the environment has debugpy, that one comes first
 * @throws UserError E_PYTHON_ENV with `--no-install`, E_PYTHON_INSTALL; the signal's reason
 */
export async function ensureDebugpy(request: DebugpyRequest): Promise<string> {
  const { python, version } = request.python;
  const minor = version.split('.').slice(0, 2).join('.');
  const dir = join(request.cacheDir, 'debugpy', `python-${minor}-${process.arch}`);
  if ((await hasDebugpy(python, request)) || (await isThere(dir))) return dir;
  if (!request.install) {
    throw new UserError('E_PYTHON_ENV', `${python} has no debugpy, which --debug needs`, {
      why: '--no-install keeps zerogpu from installing it.',
      fix: `${python} -m pip install debugpy`,
      exitCode: EXIT.cannot,
    });
  }
  request.report(
    `Installing debugpy for Python ${minor} into ${dir}: the Space's environment and requirements stay as they are`,
  );
  await install(dir, request);
  return dir;
}

async function install(dir: string, request: DebugpyRequest): Promise<void> {
  const { python } = request.python;
  makeFolder(dirname(dir), 0o700);
  // Moved in one step: another run finds all of it or none.
  const made = await mkdtemp(`${dir}-`);
  const uv = findOnPath('uv', request.env);
  const target = ['--target', made, 'debugpy'];
  const outcome = await runTool(
    uv === null
      ? [python, '-m', 'pip', 'install', ...target]
      : [uv, 'pip', 'install', '--python', python, ...target],
    { env: request.env, supervisorPython: python, cwd: dirname(dir), signal: request.signal },
  );
  if (outcome.ok) await rename(made, dir).catch(() => {});
  await rm(made, { recursive: true, force: true });
  if (await isThere(dir)) return;
  throw new UserError('E_PYTHON_INSTALL', 'debugpy could not be installed', {
    why: outcome.output.split('\n').filter(Boolean).at(-1) ?? 'The installer printed nothing.',
    fix: `${python} -m pip install debugpy`,
    exitCode: EXIT.cannot,
  });
}

const isThere = (dir: string) =>
  access(join(dir, 'debugpy/__init__.py')).then(
    () => true,
    () => false,
  );

async function hasDebugpy(python: string, { env, signal }: DebugpyRequest): Promise<boolean> {
  const ask = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("debugpy") is None)';
  const { exitCode } = await execa(python, ['-c', ask], {
    ...{ env: { ...env }, extendEnv: false, reject: false, stdin: 'ignore', cancelSignal: signal },
  });
  signal.throwIfAborted();
  return exitCode === 0;
}
