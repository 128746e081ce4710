import { opendir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { didYouMean } from '../shared/did-you-mean.js';
import { EXIT, UserError } from '../shared/errors.js';
import { foldersIn } from '../shared/folders-in.js';
import { isSpaceId } from '../shared/space-id.js';

/** A folder to check. */
export interface SpaceFolder {
  /** Absolute. */
  readonly dir: string;
  /** As the user wrote it. */
  readonly path: string;
  readonly name: string;
}

/**
 * The folder that a user names, which can be listed.
 *
 * @throws UserError E_SPACE_NOT_FOUND, E_CHECK_UNREADABLE
 */
export async function findFolder(path: string, cwd: string): Promise<SpaceFolder> {
  const dir = resolve(cwd, path);
  await assertFolder(dir, path, cwd);
  return { dir, path, name: basename(dir) || dir };
}

async function assertFolder(dir: string, path: string, cwd: string): Promise<void> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(dir)).isDirectory();
    if (isFolder) await (await opendir(dir)).close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw await notThere(dir, path);
    throw new UserError('E_CHECK_UNREADABLE', `the folder ${path} can't be read`, {
      why: error instanceof Error ? error.message : String(error),
      fix: `chmod u+rx ${path}`,
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
  if (isFolder) return;
  throw new UserError('E_SPACE_NOT_FOUND', `${path} is a file, not the folder of a Space`, {
    why: 'A Space is a folder with README.md, requirements.txt and the app file.',
    fix: `zerogpu check ${relative(cwd, dirname(dir)) || '.'}`,
  });
}

async function notThere(dir: string, path: string): Promise<UserError> {
  const near = didYouMean(basename(dir), await foldersIn(dirname(dir)));
  const meant = near && join(dirname(path), near);
  return new UserError('E_SPACE_NOT_FOUND', `there is no folder ${path}`, {
    why: meant ? `Did you mean ${meant}?` : 'A Space is a folder on this machine.',
    fix: [
      `zerogpu check ${meant ?? 'DIR   (the folder with README.md)'}`,
      ...(isSpaceId(path) && !path.startsWith('.')
        ? [`zerogpu check hf:${path}   (the Space on the Hub)`]
        : []),
    ],
  });
}
