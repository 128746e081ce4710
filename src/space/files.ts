import type { Dirent, Stats } from 'node:fs';
import { opendir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSource, type SourceText } from './text.js';

export type { SourceText };

/** A folder with a data set beside the Space is looked at so far, and no further. */
const MOST_ENTRIES = 20_000;
/** A larger file is not source but data under another name. */
export const LARGEST_SOURCE_BYTES = 8 * 1024 * 1024;
/** What git keeps, tools make, or an environment holds: no part of the Space. */
const SKIPPED = new Set(['.git', '__pycache__', 'node_modules', 'site-packages', '.venv', 'venv']);
/** In every virtual environment, whatever its name. */
const ENVIRONMENT_MARK = 'pyvenv.cfg';

/** Whether a listing leaves a path out because of a name in it. */
export function isSkippedPath(path: string): boolean {
  return path.split('/').some((part) => SKIPPED.has(part));
}

export interface SpaceEntry {
  /** Relative to the Space's folder, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

export interface SpaceListing {
  /** Breadth first; links are named, and not followed. */
  readonly entries: readonly SpaceEntry[];
  /** False when there were more entries than anybody waits for. */
  readonly isComplete: boolean;
}

/** Why a file that is there can't be read. */
export type Unreadable =
  | 'no-permission'
  | 'not-a-file'
  | 'too-large'
  | 'link-loop'
  | 'outside'
  | 'failed';

export type FileReading =
  | { readonly kind: 'text'; readonly source: SourceText }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: Unreadable; readonly sizeBytes: number };

/**
 * How the files of a Space are read: from a folder, or from memory. Neither call throws; paths are
 * relative to the Space's folder, with `/`.
 */
export interface SpaceFiles {
  list(): Promise<SpaceListing>;
  read(path: string): Promise<FileReading>;
}

/** Files that are each read once, and remembered. */
export interface CachedFiles extends SpaceFiles {
  /** Paths of what was read and is text, in that order. */
  textsSoFar(): ReadonlyMap<string, SourceText>;
}

/** Reads through to other files, once for each path. */
export function cachedFiles(files: SpaceFiles): CachedFiles {
  const texts = new Map<string, SourceText>();
  const readings = new Map<string, Promise<FileReading>>();
  const readOnce = async (path: string): Promise<FileReading> => {
    const reading = await files.read(path);
    if (reading.kind === 'text') texts.set(path, reading.source);
    return reading;
  };
  let listing: Promise<SpaceListing> | undefined;
  return {
    list() {
      listing ??= files.list();
      return listing;
    },
    read(path) {
      const reading = readings.get(path) ?? readOnce(path);
      readings.set(path, reading);
      return reading;
    },
    textsSoFar: () => texts,
  };
}

/** The files of a folder. Pipes, devices and huge files are never opened. */
export function filesInFolder(root: string): SpaceFiles {
  return {
    list: () => listFolder(root),
    read: (path) => readSource(join(root, path)),
  };
}

/** Files in memory, by path. */
export function filesInMemory(files: Readonly<Record<string, string | Uint8Array>>): SpaceFiles {
  const paths = Object.keys(files);
  return {
    async list() {
      return { entries: paths.map((path) => ({ path, kind: 'file' })), isComplete: true };
    },
    async read(path) {
      const content = Object.hasOwn(files, path) ? files[path] : undefined;
      if (content === undefined) return { kind: 'absent' };
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      return { kind: 'text', source: decodeSource(bytes) };
    },
  };
}

/**
 * The listing of a folder that holds these files, as `filesInFolder` would give it.
 *
 * @param paths relative, with `/`
 */
export function listingOf(paths: readonly string[]): SpaceListing {
  const kinds = new Map<string, SpaceEntry['kind']>();
  const environments = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/');
    for (let end = 1; end < parts.length; end += 1)
      kinds.set(parts.slice(0, end).join('/'), 'folder');
    kinds.set(path, 'file');
    if (parts.length > 1 && parts.at(-1) === ENVIRONMENT_MARK)
      environments.add(parts.slice(0, -1).join('/'));
  }
  const isPart = (path: string) => {
    const parts = path.split('/');
    if (parts.some((part) => SKIPPED.has(part))) return false;
    return parts.every((_, end) => !environments.has(parts.slice(0, end).join('/')));
  };
  const depth = (path: string) => path.split('/').length;
  const found = [...kinds.keys()]
    .filter(isPart)
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  const entries = found
    .slice(0, MOST_ENTRIES)
    .map((path): SpaceEntry => ({ path, kind: kinds.get(path) ?? 'file' }));
  return { entries, isComplete: found.length <= MOST_ENTRIES };
}

async function listFolder(root: string): Promise<SpaceListing> {
  const entries: SpaceEntry[] = [];
  const open = [''];
  for (let folder = open.shift(); folder !== undefined; folder = open.shift()) {
    const found = await entriesOf(join(root, folder), MOST_ENTRIES - entries.length);
    if (folder !== '' && found.some(({ name }) => name === ENVIRONMENT_MARK)) continue;
    for (const entry of found) {
      if (SKIPPED.has(entry.name)) continue;
      if (entries.length >= MOST_ENTRIES) return { entries, isComplete: false };
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const kind = kindOf(entry);
      entries.push({ path, kind });
      if (kind === 'folder') open.push(path);
    }
  }
  return { entries, isComplete: true };
}

/** Sorted, so that the same Space gives the same findings on every file system. */
async function entriesOf(folder: string, most: number): Promise<readonly Dirent[]> {
  const found: Dirent[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      found.push(entry);
      if (found.length > most) break;
    }
  } catch {
    // A folder that can't be listed has nothing to say.
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(entry: Dirent): SpaceEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

async function readSource(path: string): Promise<FileReading> {
  let found: Stats | undefined;
  try {
    found = await stat(path);
    const sizeBytes = found.size;
    // Opening a pipe would wait for its writer.
    if (!found.isFile()) return { kind: 'unreadable', reason: 'not-a-file', sizeBytes };
    if (sizeBytes > LARGEST_SOURCE_BYTES)
      return { kind: 'unreadable', reason: 'too-large', sizeBytes };
    return { kind: 'text', source: decodeSource(await readFile(path)) };
  } catch (error) {
    const reason = reasonOf((error as NodeJS.ErrnoException).code);
    if (reason === null) return { kind: 'absent' };
    return { kind: 'unreadable', reason, sizeBytes: found?.size ?? 0 };
  }
}

function reasonOf(code: string | undefined): Unreadable | null {
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return null;
  if (code === 'EACCES' || code === 'EPERM') return 'no-permission';
  if (code === 'ELOOP') return 'link-loop';
  return 'failed';
}
