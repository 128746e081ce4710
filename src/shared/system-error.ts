/** Errors of the operating system that no program can prevent: what they say is for the user, not a bug. */
import { EXIT, UserError } from './errors.js';

const ADVICE: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ENOSPC: ['the disk is full', 'make room, then again'],
  EDQUOT: ['your disk quota is used up', 'make room, then again'],
  EROFS: ['the file system is read-only', 'name a folder that you may write to, then again'],
  EIO: ['the disk reports an error', 'look after the disk, then again'],
  EMFILE: ['no more files may be open in one process', 'ulimit -n 4096'],
  ENFILE: ['no more files may be open on this machine', 'end other programs, then again'],
};

/** @returns the error as one for people; null when it is of another kind, and so a bug */
export function asSystemError(error: unknown): UserError | null {
  if (!(error instanceof Error)) return null;
  const { code = '', path } = error as NodeJS.ErrnoException;
  const advice = Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
  if (!advice) return null;
  const [what, fix] = advice;
  const where = path === undefined ? [] : [`df -h ${path}; df -i ${path}`];
  return new UserError('E_SYSTEM', what, {
    why: error.message,
    fix: code === 'ENOSPC' ? [fix, ...where] : fix,
    exitCode: EXIT.cannot,
    cause: error,
  });
}
