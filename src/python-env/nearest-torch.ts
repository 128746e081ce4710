/** `--torch nearest`: a Space that pins a PyTorch which can't run here gets the nearest that can. */
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { normalizeName, type RequirementsFile } from '../space/index.js';
import { TORCH_COMPANIONS } from './known-versions.js';

/** A requirements file of the Space, as it is installed instead. */
export interface RewrittenFile {
  /** Of the Space's own file, absolute. */
  readonly path: string;
  readonly content: string;
}

/** Indexes of PyTorch's builds name one build; other files are in the content already. */
const DROPPED_OPTION =
  /^\s*(?:(?:-r|-c|--requirement|--constraint)\b|(?:--(?:extra-)?index-url|-i|-f|--find-links)\b.*\bpytorch\.org\/whl)/;

/** A requirements file without its PyTorch, and without the versions of what is built for one exact PyTorch. */
export function withoutTorch({ path, content }: RequirementsFile): RewrittenFile {
  const lines = content.split('\n').flatMap((line) => {
    if (DROPPED_OPTION.test(line)) return [];
    const name = normalizeName(/^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(line)?.[1] ?? '');
    if (name === 'torch') return [];
    return [TORCH_COMPANIONS.has(name) ? name : line];
  });
  return { path, content: lines.join('\n') };
}

/**
 * The files to install from: the Space's own, or what stands in for them, written beside the environment's files.
 *
 * @param dir the environment
 */
export async function filesToInstall(
  paths: readonly string[],
  rewritten: readonly RewrittenFile[],
  dir: string,
): Promise<readonly string[]> {
  return Promise.all(
    paths.map(async (path) => {
      const other = rewritten.find((file) => file.path === path);
      if (!other) return path;
      const copy = join(dir, `without-torch-${basename(path)}`);
      await writeFile(copy, other.content);
      return copy;
    }),
  );
}
