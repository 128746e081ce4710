/** What would be done to a folder. Pure: the dry run and the real one print the same plan. */

/** A file by its path relative to the folder; what is in it does not matter here. */
interface Named {
  readonly path: string;
}

/** `keep`: there is one, and it stays as it is. */
export type Action = 'create' | 'overwrite' | 'keep';

export type Planned<File extends Named> = File & { readonly action: Action };

/** What to do with files that are there already. */
export type Existing = 'refuse' | 'overwrite' | 'keep';

export interface Plan<File extends Named = Named> {
  readonly files: readonly Planned<File>[];
  /** Files in the way: with any of them nothing at all is written. */
  readonly conflicts: readonly string[];
}

/** @param present paths that are there already, whatever they are */
export function planFiles<File extends Named>(
  files: readonly File[],
  present: ReadonlySet<string>,
  existing: Existing,
): Plan<File> {
  const planned = files.map((file): Planned<File> => {
    if (!present.has(file.path)) return { ...file, action: 'create' };
    return { ...file, action: existing === 'overwrite' ? 'overwrite' : 'keep' };
  });
  const inTheWay = files.map(({ path }) => path).filter((path) => present.has(path));
  return { files: planned, conflicts: existing === 'refuse' ? inTheWay : [] };
}
