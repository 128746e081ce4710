import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether this machine has what ahead-of-time compilation for the CPU needs. */
export function hasCompiler(): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return ['g++', 'c++', 'clang++'].some((name) =>
    folders.some((folder) => existsSync(join(folder, name))),
  );
}
