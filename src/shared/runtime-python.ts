import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../shared/package-root.js';

/** Where the Python that runs inside the Space's processes lies. */
export function runtimePythonDir(): string {
  const built = join(packageRoot(), 'dist/python/runtime');
  return existsSync(built) ? built : join(packageRoot(), 'src/run/python');
}
