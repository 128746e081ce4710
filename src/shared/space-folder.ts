import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/**
 * What the files of a Space are called in the state folder: its name for people, its whole path to tell it
 * from others.
 *
 * @param dir absolute folder of the Space
 */
export function spaceFolderName(dir: string): string {
  const id = createHash('sha256').update(dir).digest('hex').slice(0, 12);
  const name = basename(dir)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 40);
  return `${name}-${id}`;
}
