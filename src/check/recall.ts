/** The way to a kept answer: nothing of the command tree, the parser or the rules is loaded for it. */
import { recallReport } from './cache/answer.js';
import { BUILD } from './cache/build.js';
import type { AskedWorld } from './cache/key.js';
import { type LookWorld, writtenReport } from './look.js';

/**
 * Answers a `zerogpu check` whose Spaces have not changed since the last one.
 *
 * @returns the exit code; null when there is no kept answer, or not one that is still right
 */
export async function recall(
  world: AskedWorld & LookWorld,
  version: string,
  build: string | null = BUILD,
): Promise<number | null> {
  const startMs = performance.now();
  const kept = await recallReport(world, build);
  if (kept === null) return null;
  const report = { ...kept.report, elapsedMs: performance.now() - startMs };
  world.stdout.write(writtenReport(report, kept.look, world, version, false));
  return report.exitCode;
}
