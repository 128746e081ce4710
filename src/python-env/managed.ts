import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemClock } from '../shared/clock.js';
import { EXIT, UserError } from '../shared/errors.js';
import { makeFolder } from '../shared/make-folder.js';
import type { Requirement } from '../space/index.js';
import { type BasePythons, downloadPython, findBasePythons } from './base-python.js';
import { buildEnvironment } from './build-environment.js';
import { consentOf } from './choose-installer.js';
import { findOnPath, pythonOf } from './interpreters.js';
import { withLock } from './lock.js';
import { environmentsDir, readMarker, touchMarker } from './marker.js';
import { environmentId, type InstallPlan, planOfBefore } from './plan.js';
import { type PythonFacts, probePython } from './probe.js';
import { minorOf, type PythonStep, pythonSteps } from './python-choice.js';
import type { BuildContext, PythonEnvironment } from './types.js';

/** Shown with a plan: which of the user's own lines to point at when it fails. */
export interface ManagedRequest {
  readonly plan: InstallPlan;
  readonly blame: readonly Requirement[];
}

/** An interpreter to make the environment from, and why it is not the platform's. */
interface Base {
  readonly facts: PythonFacts;
  readonly why: string | null;
}

/**
 * Finds the environment of a plan in the cache, or makes it there. One process at a time makes one;
 * the others wait for it. An interrupted one is removed and begun again.
 *
 * @throws UserError E_PYTHON_NOT_FOUND, E_PYTHON_INSTALL, E_SPACE_REQUIREMENTS
 */
export async function ensureManaged(
  request: ManagedRequest,
  context: BuildContext,
): Promise<PythonEnvironment> {
  const { plan } = request;
  const dirOf = (facts: PythonFacts) => environmentDir(context.cacheDir, plan, facts.version);
  const { ready, wanted, atHand } = await findManaged(plan, context);
  if (ready) return ready;

  const steps = pythonSteps({
    wanted: plan.wantedPythons,
    belowMinor: plan.belowPythonMinor,
    found: wanted ? [minorOf(wanted.version)] : [],
    atHand: atHand?.version ?? null,
    hasUv: findOnPath('uv', context.env) !== null,
    consent: consentOf(context),
  });
  let refused: string | null = null;
  for (const [index, step] of steps.entries()) {
    const base = await baseOf(step, { wanted, atHand }, refused, context);
    if (base === null) continue;
    const isLast = index === steps.length - 1;
    const made = await makeEnvironment(dirOf(base.facts), request, base, isLast, context);
    if (made) return made;
    refused = `PyTorch has no CPU build for Python ${minorOf(base.facts.version)} in the index`;
  }
  throw noPython(plan);
}

/**
 * The environment of a plan where it was made before, and the interpreters that it can be made from. Whatever was made
 * is used as it is: what failed then is not tried at each start.
 */
export async function findManaged(
  plan: InstallPlan,
  context: BuildContext,
): Promise<BasePythons & { readonly ready: PythonEnvironment | null }> {
  const bases = await findBasePythons(plan.wantedPythons, plan.belowPythonMinor, context);
  const found = [bases.wanted, bases.atHand].filter((facts) => facts !== null);
  for (const { version } of found) {
    const ready = await readyEnvironment(environmentDir(context.cacheDir, plan, version), context);
    if (ready) return { ...bases, ready };
  }
  for (const facts of found) {
    const ready = await environmentOfBefore(plan, facts, context);
    if (ready) return { ...bases, ready };
  }
  return { ...bases, ready: null };
}

/** Where the environment of a plan is kept. */
export function environmentDir(cacheDir: string, plan: InstallPlan, pythonVersion: string): string {
  return join(environmentsDir(cacheDir), environmentId(plan, pythonVersion));
}

/** Carries out a step; null where it was declined or failed. */
async function baseOf(
  step: PythonStep,
  { wanted, atHand }: BasePythons,
  refused: string | null,
  context: BuildContext,
): Promise<Base | null> {
  const { report, confirm } = context;
  if (step.kind === 'use') return wanted && { facts: wanted, why: null };
  if (step.kind === 'download') {
    const question = `Python ${step.minor}, which the platform has, is not here. Download it with uv (about 30 MB)?`;
    if (step.ask && !(await confirm?.(question))) return null;
    report({ phase: 'create', message: `Downloading Python ${step.minor} with uv…` });
    const facts = await downloadPython(step.minor, context);
    if (facts === null) {
      report({ phase: 'create', message: `uv could not download Python ${step.minor}` });
    }
    return facts && { facts, why: null };
  }
  if (atHand === null) return null;
  const why = refused ?? step.why;
  if (why !== null) {
    const hint = step.hint === null || refused !== null ? '' : ` (${step.hint})`;
    report({ phase: 'create', message: `${why}: going on with Python ${atHand.version}${hint}` });
  }
  return { facts: atHand, why };
}

async function makeEnvironment(
  dir: string,
  { plan, blame }: ManagedRequest,
  base: Base,
  isLast: boolean,
  context: BuildContext,
): Promise<PythonEnvironment | null> {
  await makeCacheDir(environmentsDir(context.cacheDir));
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
      const parts = { plan, blame, base: base.facts, pythonCompromise: base.why };
      let isBuilt = false;
      try {
        isBuilt = await buildEnvironment(dir, parts, isLast, context);
      } finally {
        if (!isBuilt) await rm(dir, { recursive: true, force: true, maxRetries: 3 });
      }
      if (!isBuilt) return null;
      const done = await readyEnvironment(dir, context);
      if (done) return done;
      throw new UserError('E_PYTHON_INSTALL', `the environment ${dir} does not run`, {
        fix: `zerogpu env rm ${basename(dir)}   (then try again)`,
        exitCode: EXIT.cannot,
      });
    },
  );
}

async function readyEnvironment(
  dir: string,
  { env, signal }: BuildContext,
): Promise<PythonEnvironment | null> {
  const marker = await readMarker(dir);
  const python = marker && pythonOf(dir);
  // The interpreter that it was made from may have been removed since.
  const probed = python ? await probePython(python, env, signal) : null;
  if (!probed?.ok || !marker) return null;
  await touchMarker(dir, systemClock.now().wallMs);
  const { executable, version, packages } = probed.facts;
  const { compromises } = marker;
  return {
    ...{ python: executable, version, origin: 'managed', packages },
    ...(compromises ? { compromises } : {}),
  };
}

/**
 * What an older zerogpu has made for the same Space is used where its PyTorch is one of the platform's. Else it
 * stays, and one line says why there is another.
 */
async function environmentOfBefore(
  plan: InstallPlan,
  { version }: PythonFacts,
  context: BuildContext,
): Promise<PythonEnvironment | null> {
  const before = planOfBefore(plan);
  if (before === null) return null;
  const dir = environmentDir(context.cacheDir, before, version);
  const ready = await readyEnvironment(dir, context);
  if (ready === null) return null;
  const release = ready.packages.torch?.split('+', 1)[0] ?? '';
  if (plan.torch?.listed.includes(release)) return ready;
  context.report({
    phase: 'look',
    message: `${basename(dir)} has PyTorch ${release}, which the platform does not have: making another environment (zerogpu env rm ${basename(dir)} removes this one)`,
  });
  return null;
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
