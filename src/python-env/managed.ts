import { readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../shared/bytes.js';
import { systemClock } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import { makeFolder } from '../shared/make-folder.js';
import type { Requirement } from '../space/index.js';
import { chooseInstaller } from './choose-installer.js';
import { installError } from './failures.js';
import type { InstallRequest } from './installers.js';
import { findBasePython, findOnPath, pythonOf } from './interpreters.js';
import { withLock } from './lock.js';
import { environmentId, type InstallPlan } from './plan.js';
import { type PythonFacts, probePython } from './probe.js';
import { readInstallLine } from './progress-lines.js';
import { runTool, type ToolOptions } from './tool.js';
import type { BuildContext, PythonEnvironment } from './types.js';

/** Written last: a folder without it is half an environment, whatever it holds. */
const COMPLETE = '.zerogpu-complete';

/** A download below this is over before its line is read. */
const TOLD_BYTES = 5_000_000;

/** Shown with a plan: which of the user's own lines to point at when it fails. */
export interface ManagedRequest {
  readonly plan: InstallPlan;
  readonly blame: readonly Requirement[];
}

/**
 * Finds the environment of a plan in the cache, or makes it there. One process at a time makes one;
 * the others wait for it. An interrupted one is removed and begun again.
 *
 * @throws UserError E_PYTHON_NOT_FOUND, E_PYTHON_INSTALL, E_SPACE_REQUIREMENTS
 */
export async function ensureManaged(
  { plan, blame }: ManagedRequest,
  context: BuildContext,
): Promise<PythonEnvironment> {
  const wish = { minor: plan.pythonMinor, belowMinor: plan.belowPythonMinor };
  const base = await findBasePython(wish, context.env, context.signal);
  if (base === null) throw noPython(plan);
  const id = environmentId(plan, base.version);
  const dir = join(context.cacheDir, 'envs', id);
  const ready = await readyEnvironment(dir, context);
  if (ready) return ready;

  await makeCacheDir(join(context.cacheDir, 'envs'));
  return withLock(
    `${dir}.lock`,
    {
      onWait: ({ pid }) =>
        context.report({
          phase: 'look',
          message: `Waiting for process ${pid}, which is making this environment…`,
        }),
      ...(context.signal ? { signal: context.signal } : {}),
    },
    async () => {
      const made = await readyEnvironment(dir, context);
      if (made) return made;
      await rm(dir, { recursive: true, force: true });
      try {
        await build(dir, base, plan, blame, context);
      } catch (error) {
        await rm(dir, { recursive: true, force: true, maxRetries: 3 });
        throw error;
      }
      const done = await readyEnvironment(dir, context);
      if (done) return done;
      throw new UserError('E_PYTHON_INSTALL', `the environment ${dir} does not run`, {
        fix: `rm -r '${dir}'   (then try again)`,
        exitCode: EXIT.cannot,
      });
    },
  );
}

async function readyEnvironment(
  dir: string,
  { env, signal }: BuildContext,
): Promise<PythonEnvironment | null> {
  try {
    await readFile(join(dir, COMPLETE));
  } catch {
    return null;
  }
  const python = pythonOf(dir);
  // The interpreter that it was made from may have been removed since.
  const probed = python === null ? null : await probePython(python, env, signal);
  if (!probed?.ok) return null;
  const { executable, version, packages } = probed.facts;
  return { python: executable, version, origin: 'managed', packages };
}

async function build(
  dir: string,
  base: PythonFacts,
  plan: InstallPlan,
  blame: readonly Requirement[],
  context: BuildContext,
): Promise<void> {
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
  const check = async (outcome: { readonly ok: boolean; readonly output: string }) => {
    if (outcome.ok) return;
    await writeFile(logFile, outcome.output, { mode: 0o600 }).catch(() => {});
    const { bavail, bsize } = await statfs(tool.cwd);
    const freeBytes = bavail * bsize;
    throw installError({ output: outcome.output, requirements: blame, dir, logFile, freeBytes });
  };
  await check(await createVenv(dir, base, tool));

  const constraintsFile = plan.constraints.length > 0 ? join(dir, 'constraints.txt') : null;
  if (constraintsFile) await writeFile(constraintsFile, `${plan.constraints.join('\n')}\n`);
  const request: InstallRequest = {
    files: plan.requirementFiles,
    requirements: plan.requirements,
    constraintsFile,
  };
  const first: InstallRequest = {
    files: plan.preRequirementFiles,
    requirements: [],
    constraintsFile,
  };

  const target = { dir, tool };
  const chosen = await chooseInstaller(target, request, context);
  if (!chosen.ok) {
    await check(chosen);
    return;
  }
  report({
    phase: 'install',
    message: `Installing ${chosen.packages} packages with ${chosen.installer.name}…`,
  });
  const onLine = (line: string) => {
    const step = readInstallLine(line);
    if (step?.kind === 'download' && step.bytes >= TOLD_BYTES) {
      const message = `  ${step.what} (${formatBytes(step.bytes)})`;
      report({ phase: 'install', message, bytes: step.bytes });
    } else if (step?.kind === 'unpack') {
      report({ phase: 'install', message: `  unpacking ${step.packages} packages…` });
    } else if (step?.kind === 'build') {
      report({ phase: 'install', message: `  building ${step.what}…` });
    }
  };
  if (first.files.length > 0) await check(await chosen.installer.install(first, onLine));
  await check(await chosen.installer.install(request, onLine));
  await writeFile(join(dir, COMPLETE), `${JSON.stringify({ name: plan.name })}\n`);
  await rm(logFile, { force: true });
  report({
    phase: 'done',
    message: `Environment ready after ${Math.round((systemClock.now().monotonicMs - startedMs) / 1_000)} s: ${dir}`,
  });
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

async function makeCacheDir(dir: string): Promise<void> {
  try {
    makeFolder(dir);
  } catch (error) {
    throw new UserError('E_PYTHON_INSTALL', `the cache folder ${dir} can't be used`, {
      why: error instanceof Error ? error.message : String(error),
      fix: 'XDG_CACHE_HOME=DIR zerogpu run …   (a folder that you may write to)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

function noPython({ belowPythonMinor }: InstallPlan): UserError {
  const range = belowPythonMinor === null ? '3.10 or newer' : `3.10 to 3.${belowPythonMinor - 1}`;
  return new UserError('E_PYTHON_NOT_FOUND', `no Python ${range} was found on PATH`, {
    why: `The Space's packages need Python ${range}.`,
    fix: [
      'sudo apt install python3 python3-venv   (or your system’s way)',
      'or: zerogpu run --python PATH',
    ],
    exitCode: EXIT.cannot,
  });
}
