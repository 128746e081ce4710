/**
 * How `zerogpu check` starts. The build makes one file of it: an answer that is kept is given again from here, and
 * a Space that has changed waits for one file more.
 */
import { BUILD } from '../check/cache/build.js';
import { recall } from '../check/recall.js';
import type { World } from '../shared/world.js';
import { runCompiledCheck } from './compiled.js';
import { createProcessWorld } from './process-world.js';
import { VERSION } from './version.js';

export interface Started {
  readonly world: World;
  /** Null where the command tree is to do it. */
  readonly exitCode: number | null;
}

/** Runs the command line of this process, whose first word is `check`. */
export async function startCheck(argv: readonly string[]): Promise<Started> {
  const world = createProcessWorld();
  const recalled = await recall(world, VERSION);
  if (recalled !== null || BUILD === null) return { world, exitCode: recalled };
  return { world, exitCode: await runCompiledCheck(argv, world, BUILD) };
}
