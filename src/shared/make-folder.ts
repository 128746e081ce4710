/**
 * Makes a folder with those above it. Node's own `mkdir` with `recursive` never ends where the kernel makes
 * no folder although its parent is there (below /proc, for one), and hears no signal meanwhile.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * @param mode of the folders that are made; those that are there stay as they are
 * @throws the system's error, ENOTDIR when something else is in the way
 */
export function makeFolder(path: string, mode?: number): void {
  const missing: string[] = [];
  let at = resolve(path);
  while (!makeOne(at, mode)) {
    missing.push(at);
    at = dirname(at);
  }
  for (const folder of missing.reverse()) makeOne(folder, mode);
}

/** @returns false when the folder above it is missing as well */
function makeOne(path: string, mode: number | undefined): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(path);
    if (code === 'ENOENT' && parent !== path && !existsSync(parent)) return false;
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
    if (code === 'EEXIST') throw notAFolder(path, error);
    throw error;
  }
}

function notAFolder(path: string, cause: unknown): Error {
  const error = new Error(`ENOTDIR: not a directory, mkdir '${path}'`, { cause });
  return Object.assign(error, { code: 'ENOTDIR', path, syscall: 'mkdir' });
}
