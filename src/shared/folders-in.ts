import { readdir } from 'node:fs/promises';

/** Names of the folders in a folder; none for one that can't be listed. */
export async function foldersIn(dir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}
