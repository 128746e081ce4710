/** Which folder is the Space of a file, and whether it is one at all. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIG_FILE } from '../config/file-name.js';
import { LARGEST_SOURCE_BYTES } from '../space/index.js';
import type { Documents } from './documents.js';
import { pathWithin } from './places.js';

/** Front matter that says what the Space runs on. */
const DESCRIBED = /^\s*---[ \t]*\r?\n[\s\S]*?^sdk[ \t]*:/m;
const USES_SPACES = /^\s*(?:import\s+spaces\b|from\s+spaces\b)/m;

/**
 * The folder of the Space that a file belongs to: the nearest one with a sign of a Space, no further up
 * than the editor's own folder. Null where there is none: a file of another project gets no findings.
 *
 * @param path absolute
 * @param roots folders that the editor has open, absolute
 */
export function spaceFolderOf(
  path: string,
  roots: readonly string[],
  documents: Documents,
): string | null {
  const root = roots
    .filter((one) => pathWithin(one, path) !== null)
    .sort((a, b) => b.length - a.length)[0];
  const last = root ?? dirname(path);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (isSpace(folder, documents)) return folder;
    if (folder === last || folder === dirname(folder)) return null;
  }
}

/** README.md describes one, there is a zerogpu.json, or app.py imports `spaces`. */
export function isSpace(folder: string, documents: Documents): boolean {
  if (existsSync(join(folder, CONFIG_FILE))) return true;
  const text = (name: string) => {
    const path = join(folder, name);
    return documents.at(path)?.source.text ?? readShort(path);
  };
  return DESCRIBED.test(text('README.md')) || USES_SPACES.test(text('app.py'));
}

function readShort(path: string): string {
  try {
    const found = statSync(path);
    // Opening a pipe would wait for its writer.
    if (!found.isFile() || found.size > LARGEST_SOURCE_BYTES) return '';
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
