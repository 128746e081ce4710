import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../shared/bytes.js';
import { systemClock } from '../shared/clock.js';
import type { Requirement } from '../space/index.js';
import { type ChosenInstaller, chooseInstaller, tooLarge } from './choose-installer.js';
import { installError } from './failures.js';
import { findOnPath } from './interpreters.js';
import { writeMarker } from './marker.js';
import { filesToInstall } from './nearest-torch.js';
import type { InstallPlan } from './plan.js';
import type { PythonFacts } from './probe.js';
import { readInstallLine } from './progress-lines.js';
import { runTool, type ToolOptions, type ToolOutcome } from './tool.js';
import type { BuildContext } from './types.js';

/** A download below this is over before its line is read. */
const REPORT_FROM_BYTES = 5_000_000;

/** What an environment is made from. */
export interface BuildParts {
  readonly plan: InstallPlan;
  readonly base: PythonFacts;
  /** Which of the user's own lines to point at when one can't be installed. */
  readonly blame: readonly Requirement[];
  /** Why `base` is not the platform's Python; null when it is. */
  readonly pythonCompromise: string | null;
}

/**
 * Makes an environment in a folder that is not there yet; its marker is written last.
 *
 * @param isLast false gives up, and returns false, when this Python has no CPU build of PyTorch at all
 * @throws UserError E_PYTHON_INSTALL, E_SPACE_REQUIREMENTS
 */
export async function buildEnvironment(
  dir: string,
  { plan, base, blame, pythonCompromise }: BuildParts,
  isLast: boolean,
  context: BuildContext,
): Promise<boolean> {
  const startedMs = systemClock.now().monotonicMs;
  const { report, env, signal } = context;
  const tool: ToolOptions = {
    env,
    supervisorPython: base.executable,
    cwd: join(context.cacheDir, 'envs'),
    ...(signal ? { signal } : {}),
  };
  report({
    phase: 'create',
    message: `Making a Python ${base.version} environment for ${plan.name} (once)…`,
  });
  const logFile = `${dir}.log`;
  const check = async (outcome: ToolOutcome) => {
    if (outcome.ok) return;
    await writeFile(logFile, outcome.output, { mode: 0o600 }).catch(() => {});
    const { bavail, bsize } = await statfs(tool.cwd);
    const freeBytes = bavail * bsize;
    throw installError({ output: outcome.output, requirements: blame, dir, logFile, freeBytes });
  };
  await check(await createVenv(dir, base, tool));

  const chosen = await chooseInstaller({ dir, tool }, { plan, dir }, isLast, context);
  if (chosen.kind === 'no-build') return false;
  if (chosen.kind === 'too-large') throw tooLarge(chosen.bytes, plan.pinnedTorch !== null);
  if (chosen.kind === 'failed') {
    await check({ ok: false, output: chosen.output });
    return false;
  }
  const first = await filesToInstall(plan.preRequirementFiles, plan.rewritten ?? [], dir);
  await install(chosen, first, check, context);
  await writeMarker(dir, {
    name: plan.name,
    space: plan.space,
    compromises: {
      python: pythonCompromise ?? undefined,
      torch: chosen.compromise ?? undefined,
    },
  });
  await rm(logFile, { force: true });
  report({
    phase: 'done',
    message: `Environment ready after ${Math.round((systemClock.now().monotonicMs - startedMs) / 1_000)} s: ${dir}`,
  });
  return true;
}

async function install(
  { installer, request, packages, compromise }: Extract<ChosenInstaller, { kind: 'chosen' }>,
  filesBefore: readonly string[],
  check: (outcome: ToolOutcome) => Promise<void>,
  { report }: BuildContext,
): Promise<void> {
  if (compromise !== null) {
    report({
      phase: 'plan',
      message: `PyTorch is another release than the platform's: ${compromise}`,
    });
  }
  const count = packages === null ? 'packages' : `${packages} packages`;
  report({ phase: 'install', message: `Installing ${count} with ${installer.name}…` });
  const onLine = (line: string) => {
    const step = readInstallLine(line);
    if (step?.kind === 'download' && step.bytes >= REPORT_FROM_BYTES) {
      const message = `  ${step.what} (${formatBytes(step.bytes)})`;
      report({ phase: 'install', message, bytes: step.bytes });
    } else if (step?.kind === 'unpack') {
      report({ phase: 'install', message: `  unpacking ${step.packages} packages…` });
    } else if (step?.kind === 'build') {
      report({ phase: 'install', message: `  building ${step.what}…` });
    }
  };
  // Alone, as the platform does.
  const first = { ...request, files: filesBefore, requirements: [] };
  if (first.files.length > 0) await check(await installer.install(first, onLine));
  await check(await installer.install(request, onLine));
}

/** `uv venv` brings no pip, and none is missed; `venv` does. */
async function createVenv(dir: string, base: PythonFacts, tool: ToolOptions) {
  const uv = findOnPath('uv', tool.env);
  if (uv !== null) {
    const outcome = await runTool([uv, 'venv', '--seed', '--python', base.executable, dir], tool);
    if (outcome.ok) return outcome;
  }
  return runTool([base.executable, '-m', 'venv', dir], tool);
}
