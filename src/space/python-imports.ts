import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeText, splitLines } from './text.js';

/** A Space is small; whoever keeps a data set beside it is not to wait for us. */
const MOST_FILES = 2_000;
const LARGEST_FILE_BYTES = 2_000_000;

const SKIPPED = /^(\.|__pycache__$|node_modules$|venv$|env$|site-packages$)/;

/**
 * Top-level modules that the Python files of a folder import, by their text. It is a look, and not a
 * parse: an import in a docstring counts, one by `importlib` does not.
 */
export async function importsOf(dir: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const file of await pythonFiles(dir)) {
    try {
      if ((await stat(file)).size > LARGEST_FILE_BYTES) continue;
      for (const name of importedModules(decodeText(await readFile(file)))) found.add(name);
    } catch {
      // Unreadable: Python itself will say so if it matters.
    }
  }
  return [...found].sort();
}

/** `import a.b as c, d` and `from e.f import g` name a, d and e. */
export function importedModules(source: string): readonly string[] {
  return splitLines(source).flatMap((line) => {
    const from = /^\s*from\s+([A-Za-z_]\w*)[\w.]*\s+import\b/.exec(line)?.[1];
    if (from) return [from];
    const list = /^\s*import\s+([\w\s.,]+)/.exec(line)?.[1];
    return list?.split(',').flatMap((item) => /^\s*([A-Za-z_]\w*)/.exec(item)?.[1] ?? []) ?? [];
  });
}

async function pythonFiles(dir: string): Promise<readonly string[]> {
  const files: string[] = [];
  const open = [dir];
  for (let next = open.shift(); next && files.length < MOST_FILES; next = open.shift()) {
    for (const entry of await entriesOf(next)) {
      if (SKIPPED.test(entry.name)) continue;
      const path = join(next, entry.name);
      // Links are not followed: they may lead in a ring or out of the Space.
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile() && entry.name.endsWith('.py')) files.push(path);
    }
  }
  return files.slice(0, MOST_FILES);
}

async function entriesOf(dir: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}
