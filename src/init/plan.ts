/** What would be done to a folder. Pure: the dry run and the real one print the same plan. */
import type { SpaceFile } from './manifest.js';

export interface PlannedFile extends SpaceFile {
  /** `keep`: there is one, and it stays as it is. */
  readonly action: 'create' | 'overwrite' | 'keep';
}

/** What to do with files that are there already. */
export type Existing = 'refuse' | 'overwrite' | 'keep';

export interface Plan {
  readonly files: readonly PlannedFile[];
  /** Files in the way: with any of them nothing at all is written. */
  readonly conflicts: readonly string[];
}

/** @param present paths that are there already, whatever they are */
export function planFiles(
  files: readonly SpaceFile[],
  present: ReadonlySet<string>,
  existing: Existing,
): Plan {
  const planned = files.map((file): PlannedFile => {
    if (!present.has(file.path)) return { ...file, action: 'create' };
    return { ...file, action: existing === 'overwrite' ? 'overwrite' : 'keep' };
  });
  const inTheWay = files.map(({ path }) => path).filter((path) => present.has(path));
  return { files: planned, conflicts: existing === 'refuse' ? inTheWay : [] };
}
