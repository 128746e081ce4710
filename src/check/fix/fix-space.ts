import type { Writable } from 'node:stream';
import { EXIT } from '../../shared/errors.js';
import { printable, printableLine } from '../../shared/printable.js';
import { filesInFolder, type SpaceFiles } from '../../space/index.js';
import { checkSpace } from '../check-space.js';
import type { SpaceFolder } from '../folders.js';
import type { CheckSettings } from '../settings.js';
import { planFixes } from './apply.js';
import { unifiedDiff } from './diff.js';
import { writeFixes } from './write.js';

/** A fix may uncover another one; more rounds than this would be a quarrel between rules. */
const MOST_ROUNDS = 5;

interface FixJob {
  readonly folder: SpaceFolder;
  readonly settings: CheckSettings;
  readonly withUnsafe: boolean;
}

/** Makes the fixes of each Space, the safe ones unless all are wanted, and says on stderr what was done. */
export async function fixSpace(
  jobs: readonly FixJob[],
  world: { readonly stderr: Writable },
): Promise<void> {
  for (const job of jobs) {
    const { folder } = job;
    let count = 0;
    const changed = new Set<string>();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const { files, fixed } = await plan(job);
      if (files.length === 0) break;
      const left = await writeFixes(folder.dir, files);
      for (const { file, why } of left)
        world.stderr.write(`${printableLine(`not fixed: ${file} (${why})`)}\n`);
      count += fixed.length;
      for (const { file } of files) changed.add(file);
      if (left.length > 0) break;
    }
    if (count > 0) {
      const what = `${count} finding${count === 1 ? '' : 's'}`;
      const line = `fixed ${what} in ${folder.path}: ${[...changed].join(', ')}`;
      world.stderr.write(`${printableLine(line)}\n`);
    }
  }
}

/**
 * Prints what `--fix` would change, and changes nothing.
 *
 * @returns the exit code: 1 when there is something to fix
 */
export async function showFixes(
  jobs: readonly FixJob[],
  world: { readonly stdout: Writable; readonly filesIn?: (dir: string) => SpaceFiles },
): Promise<number> {
  let isChanged = false;
  for (const job of jobs) {
    const folder = job.folder.path.replace(/^(?:\.\/)+|\/+$/g, '');
    const prefix = folder === '.' || folder === '' ? '' : `${folder}/`;
    for (const { file, before, after } of (await plan(job, world.filesIn)).files) {
      world.stdout.write(printable(unifiedDiff(`${prefix}${file}`, before.text, after)));
      isChanged = true;
    }
  }
  return isChanged ? EXIT.failed : EXIT.ok;
}

async function plan({ folder, settings, withUnsafe }: FixJob, filesIn = filesInFolder) {
  const checked = await checkSpace(folder.name, filesIn(folder.dir), settings);
  return planFixes(checked.findings, checked.sources, withUnsafe);
}
