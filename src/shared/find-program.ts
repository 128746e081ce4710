import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program's path, by the PATH of `env`; null when there is none. */
export function findOnPath(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && existsSync(path)) return path;
  }
  return null;
}
