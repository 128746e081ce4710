/** Finds modules among the Space's files, as Python does with the app's folder first on its path. */
import { normalizePath } from '../paths.js';

/** A module of the Space. */
export interface ModulePlace {
  /** Without suffix: `lib/hf`; '' for the Space's own folder. */
  readonly path: string;
  /** `lib/hf.py` or `lib/hf/__init__.py`; null for a folder without `__init__.py`. */
  readonly file: string | null;
}

export interface ModuleFinder {
  /** Files that importing a module runs, in that order; a name taken out of it may be one more. */
  filesOf(module: string, name: string | null): readonly string[];
  /**
   * Where a module is; null when it is not one of the Space's.
   *
   * @param name as for filesOf
   * @param part the module itself, or what it is below: `lib` of `lib.hf`
   */
  placeOf(module: string, name: string | null, part: string): ModulePlace | null;
}

/**
 * @param paths of the Space's Python files
 * @param importer path of the file that imports
 * @param roots folders to look in, relative to the Space's; '' is the Space's own
 */
export function moduleFinder(
  paths: ReadonlySet<string>,
  importer: string,
  roots: readonly string[],
): ModuleFinder {
  const folder = importer.includes('/') ? importer.slice(0, importer.lastIndexOf('/')) : '';
  const basesOf = (dots: number): readonly string[] => {
    if (dots === 0) return roots;
    const base = normalizePath(`${folder}/${'../'.repeat(dots - 1)}`.replace(/^\//, ''));
    return base === null ? [] : [base];
  };
  return {
    filesOf(module, name) {
      const { dots, parts } = split(module);
      for (const base of basesOf(dots)) {
        const found = filesAlong(paths, base, parts, name);
        if (found.length > 0) return found;
      }
      return [];
    },
    placeOf(module, name, part) {
      const { dots, parts } = split(module);
      for (const base of basesOf(dots)) {
        if (filesAlong(paths, base, parts, name).length === 0) continue;
        const steps = [base, ...split(part).parts].filter((step) => step !== '');
        return placeAt(paths, steps.join('/'));
      }
      return null;
    },
  };
}

/** The module with that path, whether or not there is a file for it. */
export function placeAt(paths: { has(path: string): boolean }, path: string): ModulePlace {
  const inFolder = path === '' ? '__init__.py' : `${path}/__init__.py`;
  const file = [inFolder, `${path}.py`].find((one) => paths.has(one));
  return { path, file: file ?? null };
}

function split(module: string): { dots: number; parts: readonly string[] } {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  const rest = module.slice(dots);
  return { dots, parts: rest.split('.').filter((part) => part !== '') };
}

/** `a.b` runs `a/__init__.py`, then `a/b.py`; a name taken out of it may be a module as well. */
function filesAlong(
  paths: ReadonlySet<string>,
  root: string,
  parts: readonly string[],
  name: string | null,
): readonly string[] {
  const found: string[] = [];
  let at = root;
  const steps = name === null || name === '*' ? parts : [...parts, name];
  if (parts.length === 0 && paths.has(`${root}/__init__.py`)) found.push(`${root}/__init__.py`);
  for (const [index, step] of steps.entries()) {
    at = at === '' ? step : `${at}/${step}`;
    const { file } = placeAt(paths, at);
    if (file !== null) found.push(file);
    else if (index >= parts.length) break;
  }
  if (parts.length === 0) return found;
  // `import numpy.local` is not a reason to take a folder of another name for it.
  const first = `${root === '' ? '' : `${root}/`}${parts[0]}`;
  const isOurs =
    paths.has(`${first}.py`) || [...found].some((path) => path.startsWith(`${first}/`));
  return isOurs ? found : [];
}
