import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstallRequest } from './installers.js';
import { filesToInstall } from './nearest-torch.js';
import type { InstallPlan } from './plan.js';

/** A plan, and the folder in which it becomes an environment. */
export interface BuildRequest {
  readonly plan: InstallPlan;
  readonly dir: string;
}

/**
 * The resolution of a plan with one release of PyTorch; its constraints are written beside the environment's
 * own files.
 *
 * @param torch the release; null leaves it to the plan
 * @param operator `<=` admits older ones too
 */
export async function requestFor(
  { plan, dir }: BuildRequest,
  torch: string | null,
  operator: '==' | '<=' = '==',
): Promise<InstallRequest> {
  const { requirements, constraints } =
    torch === null ? plan : withTorch(plan, `torch${operator}${torch}`);
  return {
    files: await filesToInstall(plan.requirementFiles, plan.rewritten ?? [], dir),
    requirements,
    constraintsFile: await writeConstraints(dir, constraints),
  };
}

/** The plan's own line about PyTorch gives way to another. */
function withTorch(plan: InstallPlan, torch: string) {
  const swap = (line: string) => (/^torch[=<]=/.test(line) ? torch : line);
  return { requirements: plan.requirements.map(swap), constraints: plan.constraints.map(swap) };
}

async function writeConstraints(dir: string, lines: readonly string[]): Promise<string | null> {
  if (lines.length === 0) return null;
  const file = join(dir, 'constraints.txt');
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}
