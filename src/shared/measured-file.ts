/** Where runs keep what they measured of a Space: apart from its schema, which a check has to load only with such a file. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';

/** @param space the Space's folder, absolute */
export function measuredFile(stateDir: string, space: string): string {
  const id = createHash('sha256').update(space).digest('hex').slice(0, 12);
  const name = basename(space)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 40);
  return join(stateDir, 'measured', `${name}-${id}.json`);
}
