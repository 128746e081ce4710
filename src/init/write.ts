import { constants } from 'node:fs';
import { copyFile, lstat, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EXIT, UserError } from '../shared/errors.js';
import { makeFolder } from '../shared/make-folder.js';
import type { SpaceFile } from './manifest.js';
import type { Planned } from './plan.js';

/** Which of the files are there already, whatever they are: a dangling link counts. */
export async function presentFiles(
  dir: string,
  files: readonly { readonly path: string }[],
): Promise<ReadonlySet<string>> {
  const checked = await Promise.all(
    files.map(async ({ path }) => {
      const stat = await lstat(join(dir, path)).catch(() => null);
      return stat === null ? [] : [path];
    }),
  );
  return new Set(checked.flat());
}

/**
 * Writes the files of a plan. A file that appeared in the meantime is not overwritten.
 *
 * @throws UserError E_INIT_WRITE
 */
export function writeFiles(dir: string, files: readonly Planned<SpaceFile>[]): Promise<void> {
  return putFiles(dir, files, (file, { content, action }) =>
    writeFile(file, content, { flag: action === 'create' ? 'wx' : 'w' }),
  );
}

/**
 * Copies the files of a plan from another folder, whatever is in them.
 *
 * @throws UserError E_INIT_WRITE
 */
export function copyFiles(
  dir: string,
  files: readonly Planned<{ readonly path: string }>[],
  from: string,
): Promise<void> {
  return putFiles(dir, files, async (file, { path, action }) => {
    // Not into what a link there leads to.
    if (action === 'overwrite') await rm(file, { force: true });
    await copyFile(join(from, path), file, constants.COPYFILE_EXCL);
  });
}

async function putFiles<File extends { readonly path: string }>(
  dir: string,
  files: readonly Planned<File>[],
  put: (file: string, planned: Planned<File>) => Promise<void>,
): Promise<void> {
  for (const planned of files) {
    if (planned.action === 'keep') continue;
    const file = join(dir, planned.path);
    try {
      makeFolder(dirname(file));
      await put(file, planned);
    } catch (error) {
      throw new UserError('E_INIT_WRITE', `${file} can't be written`, {
        why: error instanceof Error ? error.message : String(error),
        fix: 'zerogpu init DIR   (a folder that can be written to)',
        exitCode: EXIT.cannot,
        cause: error,
      });
    }
  }
}
