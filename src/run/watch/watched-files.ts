/**
 * Which files of a Space restart its app when they change: its Python, what says which packages it needs, and
 * the front matter. Data files do not: the Space itself writes such files while it runs.
 */
import { posix } from 'node:path';

/** What a change of a file is about. */
export type WatchedKind = 'python' | 'requirements' | 'packages' | 'readme';

/** @param path relative to the Space's folder, with `/` */
export function watchedKind(path: string): WatchedKind | null {
  const folders = path.split('/');
  const name = folders.pop() ?? '';
  if (folders.some(isPassedOver)) return null;
  if (path === 'README.md') return 'readme';
  if (path === 'packages.txt') return 'packages';
  if (/^(?:pre-)?(?:requirements|constraints)[\w.-]*\.txt$/.test(name)) return 'requirements';
  const isTest = /^(?:test_.*|.*_test|conftest)\.py$/.test(name);
  return posix.extname(name) === '.py' && !isTest ? 'python' : null;
}

const FOLDERS = new Set(['__pycache__', 'node_modules', 'venv', 'site-packages', 'tests']);

/** Folders in which no file is watched, by name: hidden ones, caches, environments, and the tests of a Space. */
export function isPassedOver(folder: string): boolean {
  return folder.startsWith('.') || FOLDERS.has(folder);
}

/** The files of a Space as they were at one time: a digest by path. */
export type Snapshot = ReadonlyMap<string, string>;

/**
 * The files whose change restarts the app.
 *
 * @param countsNew whether new files count: while an app starts or serves they may be its own (a repository that
 *   it clones); of one that is down nothing is its own
 */
export function changedFiles(
  before: Snapshot,
  now: Snapshot,
  countsNew: boolean,
): readonly string[] {
  const changed = [...before].flatMap(([path, digest]) => (now.get(path) === digest ? [] : [path]));
  const isNamed = (path: string) => watchedKind(path) !== 'python';
  const added = [...now.keys()].filter((path) => !before.has(path) && (countsNew || isNamed(path)));
  return [...changed, ...added].sort();
}
