import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the repository around a folder; the folder itself outside of any. */
export function repositoryRoot(dir: string): string {
  for (let at = dir; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return dir;
  }
}
