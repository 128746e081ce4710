import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Why nothing can be written at a path, which need not exist: its nearest folder that does is asked, since
 * making folders on a read-only file system fails with the wrong reason (ENOENT, Node 20).
 *
 * @returns a sentence; null when it may be written to
 */
export function whyUnwritable(path: string): string | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      accessSync(at, constants.W_OK);
      return null;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isMissing = code === 'ENOENT' && at !== dirname(at);
      if (!isMissing) return sentenceOf(code, at);
    }
  }
}

function sentenceOf(code: string | undefined, path: string): string {
  switch (code) {
    case 'EROFS':
      return `${path} is on a read-only file system (EROFS).`;
    case 'EACCES':
    case 'EPERM':
      return `You may not write to ${path} (${code}).`;
    case 'ENOTDIR':
      return `A part of ${path} is a file (ENOTDIR).`;
    default:
      return `${path} can't be written to (${code ?? 'unknown'}).`;
  }
}
