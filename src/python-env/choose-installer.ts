import { join } from 'node:path';
import { formatBytes } from '../shared/bytes.js';
import { EXIT, UserError } from '../shared/errors.js';
import {
  type Installer,
  type InstallRequest,
  type InstallTarget,
  pipInstaller,
  uvInstaller,
} from './installers.js';
import { findOnPath } from './interpreters.js';
import { approximateCudaBytes, CUDA_PACKAGE } from './known-versions.js';
import { runTool } from './tool.js';
import type { BuildContext } from './types.js';

/** The installer to use, or what the last one complained of. */
export type ChosenInstaller =
  | { readonly ok: true; readonly installer: Installer; readonly packages: number }
  | { readonly ok: false; readonly output: string };

/**
 * Chooses an installer that brings PyTorch without its gigabytes of CUDA libraries, which the
 * emulated GPU has no use for: uv can tell the builds apart, pip takes what the index holds. Nothing
 * is downloaded but metadata, and uv itself where pip would bring a CUDA build.
 *
 * @throws UserError E_PYTHON_INSTALL when gigabytes are the only way and the user has not agreed to them
 */
export async function chooseInstaller(
  target: InstallTarget,
  request: InstallRequest,
  context: BuildContext,
): Promise<ChosenInstaller> {
  const { report } = context;
  report({ phase: 'plan', message: 'Resolving packages…' });
  const uv = findOnPath('uv', context.env);
  const pip = pipInstaller(target);
  const candidates: readonly (() => Promise<Installer | null>)[] =
    uv === null
      ? [async () => pip, () => bootstrapUv(target, context)]
      : [async () => uvInstaller(uv, target, true), async () => pip];

  let large: { readonly installer: Installer; readonly names: readonly string[] } | null = null;
  let failure: string | null = null;
  for (const candidate of candidates) {
    const installer = await candidate();
    if (installer === null) continue;
    const planned = await installer.plan(request);
    if (!planned.ok) {
      failure ??= planned.output;
      // Requirements that cannot be resolved do not justify fetching another installer.
      if (uv === null) break;
      continue;
    }
    const cuda = planned.names.filter((name) => CUDA_PACKAGE.test(name));
    if (cuda.length === 0) return { ok: true, installer, packages: planned.names.length };
    large ??= { installer, names: planned.names };
  }
  if (large === null) return { ok: false, output: failure ?? 'no installer was found' };

  const cuda = large.names.filter((name) => CUDA_PACKAGE.test(name));
  const size = formatBytes(approximateCudaBytes(cuda));
  if (!context.yes) throw tooLarge(size);
  report({
    phase: 'plan',
    message: `A CUDA build of PyTorch comes along: about ${size} to download.`,
  });
  return { ok: true, installer: large.installer, packages: large.names.length };
}

/** uv from the package index, kept in a folder of its own below the cache. */
async function bootstrapUv(
  target: InstallTarget,
  context: BuildContext,
): Promise<Installer | null> {
  const dir = join(context.cacheDir, 'tools', 'uv');
  const python = join(target.dir, 'bin', 'python');
  context.report({
    phase: 'plan',
    message: 'pip would bring CUDA libraries; fetching uv, which can take the CPU build (20 MB)…',
  });
  const outcome = await runTool(
    [python, '-m', 'pip', 'install', '--upgrade', '--target', dir, 'uv'],
    target.tool,
  );
  return outcome.ok ? uvInstaller(join(dir, 'bin', 'uv'), target, true) : null;
}

function tooLarge(size: string): UserError {
  return new UserError('E_PYTHON_INSTALL', `this Space's packages are about ${size} to download`, {
    why: 'Only a CUDA build of PyTorch could be found; the emulated GPU needs none of it.',
    fix: [
      'zerogpu run --yes   (download it all the same)',
      'or: zerogpu run --python PATH   (an environment with a CPU build of torch)',
    ],
    exitCode: EXIT.cannot,
  });
}
