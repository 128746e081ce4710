import { EXIT, UserError } from '../../shared/errors.js';

const NAMES: Readonly<Record<string, string>> = {
  darwin: 'macOS',
  win32: 'Windows',
  freebsd: 'FreeBSD',
  openbsd: 'OpenBSD',
};

const WAYS_OUT = [
  'a Linux container with Node and Python, and the Space’s folder mounted in it',
  'or: a Linux virtual machine with the folder shared',
];
const WAYS_OUT_OF_WINDOWS = ['wsl --install   (then zerogpu inside WSL 2)', `or: ${WAYS_OUT[0]}`];

/**
 * ZeroGPU mode of the `spaces` package needs Linux: it opens its pack files with O_DIRECT and
 * posix_fallocate, reads /proc/self/fd and /proc/net when it forks a worker, and loads libc.so.6
 * (spaces 0.51.3, zero/utils.py and zero/torch).
 *
 * @param platform as `process.platform` tells it
 * @throws UserError E_OS_UNSUPPORTED with the ways out
 */
export function assertPlatformSupported(platform: NodeJS.Platform): void {
  if (platform === 'linux') return;
  const name = NAMES[platform] ?? platform;
  throw new UserError('E_OS_UNSUPPORTED', `zerogpu run needs Linux; this is ${name}`, {
    why:
      'The spaces package runs in ZeroGPU mode on Linux only: it forks its workers, reads /proc,\n' +
      'and opens its tensor files with O_DIRECT.',
    fix: platform === 'win32' ? WAYS_OUT_OF_WINDOWS : WAYS_OUT,
    exitCode: EXIT.cannot,
  });
}
