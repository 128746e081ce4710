import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { isPassedOver, type Snapshot, watchedKind } from './watched-files.js';

/** An environment, whatever its folder is called, has this file (PEP 405). */
const ENVIRONMENT = 'pyvenv.cfg';

/**
 * Reads the watched files of a Space. Links to folders are not followed.
 *
 * @param dir absolute
 * @param isOurs whether a folder, absolute, holds zerogpu's own files
 */
export async function takeSnapshot(
  dir: string,
  isOurs: (folder: string) => boolean,
): Promise<Snapshot> {
  const found = new Map<string, string>();
  const open = [''];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const entries = await readdir(join(dir, folder), { withFileTypes: true }).catch(() => []);
    if (folder !== '' && entries.some(({ name }) => name === ENVIRONMENT)) continue;
    for (const entry of entries) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!isPassedOver(entry.name) && !isOurs(join(dir, path))) open.push(path);
      } else if (watchedKind(path) !== null) {
        const digest = await digestOf(join(dir, path), path);
        if (digest !== null) found.set(path, digest);
      }
    }
  }
  return found;
}

/** Of README.md only the front matter counts. */
async function digestOf(file: string, path: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const counted =
    path === 'README.md' ? (/^\s*---[ \t]*\r?\n[\s\S]*?^---[ \t]*$/m.exec(text)?.[0] ?? '') : text;
  return createHash('sha256').update(counted).digest('base64');
}
