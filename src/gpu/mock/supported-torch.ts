import { EXIT, UserError } from '../../shared/errors.js';

/** The oldest PyTorch that can be given the device; support.py has the same number. */
const OLDEST: readonly [major: number, minor: number] = [2, 1];

/**
 * Says at once, before an app loads anything, that its PyTorch can't be emulated.
 *
 * @param version as the package tells it, `2.13.0+cpu`; null when it is not installed
 * @throws UserError E_PYTHON_ENV that names the versions that can
 */
export function assertTorchSupported(version: string | null): void {
  if (version === null) return;
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new UserError('E_PYTHON_ENV', `PyTorch ${version} can't be given an emulated GPU`, {
    why: `The device needs operators and hooks that PyTorch has had since ${OLDEST.join('.')}.`,
    fix: [
      `torch>=${OLDEST.join('.')}   (in requirements.txt, or in the environment of --python)`,
      'or: zerogpu run --torch nearest   (on the nearest PyTorch that can run here)',
    ],
    exitCode: EXIT.cannot,
  });
}
