/** Files that a reader finds whole or not at all, and folders with few of them. */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a file beside its place and moves it there.
 *
 * @param mode of the file; only its owner reads it unless this says otherwise
 * @throws what the file system says; the part is removed then
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const part = join(dirname(file), `.${randomUUID()}`);
  try {
    await writeFile(part, content, { mode, flag: 'wx' });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Removes all files of a folder but the newest. @param most how many stay */
export async function keepNewest(folder: string, most: number): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= most) return;
  const found = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const mtimeMs = await stat(file).then(
        (one) => one.mtimeMs,
        () => 0,
      );
      return { file, mtimeMs };
    }),
  );
  const oldest = found.sort((a, b) => a.mtimeMs - b.mtimeMs).slice(0, names.length - most);
  for (const { file } of oldest) await rm(file, { force: true });
}
