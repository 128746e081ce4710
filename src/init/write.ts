import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EXIT, UserError } from '../shared/errors.js';
import type { SpaceFile } from './manifest.js';
import type { PlannedFile } from './plan.js';

/** Which of the files are there already, whatever they are: a dangling link counts. */
export async function presentFiles(
  dir: string,
  files: readonly SpaceFile[],
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
export async function writeFiles(dir: string, files: readonly PlannedFile[]): Promise<void> {
  for (const { path, content, action } of files) {
    if (action === 'keep') continue;
    const file = join(dir, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { flag: action === 'create' ? 'wx' : 'w' });
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
