import type { Confirm } from '../shared/confirm.js';
import { EXIT, UserError } from '../shared/errors.js';
import { cacheDir } from '../shared/user-folders.js';
import type { Space } from '../space/index.js';
import { type Candidate, chosenPythons, type FoundPython, findOnPath } from './interpreters.js';
import { keptPythonFor } from './kept.js';
import { needsTorch } from './needs-torch.js';
import { isRecentEnough, type PythonFacts, probePython } from './probe.js';
import type {
  BuildContext,
  Environment,
  PlatformVersions,
  PythonEnvironment,
  PythonProgress,
} from './types.js';

export interface ResolveRequest {
  readonly space: Space;
  /** `--python`, or null. */
  readonly explicitPython: string | null;
  /** False refuses to install anything. */
  readonly install: boolean;
  /** What the platform has: a managed environment gets the same where it can. */
  readonly platform: PlatformVersions;
  /** Another PyTorch will do than the one that the Space pins (`--torch nearest`). */
  readonly nearestTorch?: boolean;
  /** Downloads that nothing smaller stands in for may go ahead unasked. */
  readonly yes: boolean;
  /** Asks a person; null where none can answer. */
  readonly confirm: Confirm | null;
  readonly env: Environment;
  readonly cacheDir: string;
  readonly report: (progress: PythonProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Finds the Python that runs a Space: `--python`, the Space's `.venv`, the active environment, else
 * one that is made from the Space's own requirements and kept for the next time.
 *
 * @throws UserError E_PYTHON_NOT_FOUND, E_PYTHON_ENV, E_PYTHON_INSTALL, E_SPACE_REQUIREMENTS
 */
export async function resolvePython(request: ResolveRequest): Promise<PythonEnvironment> {
  const { space, explicitPython, env, signal } = request;
  if (explicitPython !== null) return explicit(explicitPython, request);

  const reasons: string[] = [];
  const chosen = request.nearestTorch && pinsTorch(space) ? [] : chosenPythons(space.dir, env);
  for (const { command, origin } of chosen) {
    const probed = await probePython(command, env, signal);
    if (!probed.ok) {
      reasons.push(`${command}: ${probed.reason}`);
      continue;
    }
    const lack = lacking(probed.facts, space) ?? otherGradio(probed.facts, space);
    if (lack === null) return environmentOf({ facts: probed.facts, origin });
    reasons.push(`${command}: ${lack}`);
    // What was made or activated on purpose: that it is passed over must not be a surprise.
    const onPurpose = origin === 'space-venv' || probed.facts.packages.gradio !== null;
    if (onPurpose && request.install) {
      request.report({ phase: 'look', message: `${command} is not used: ${lack}` });
    }
  }
  if (!request.install) throw nothingInstalled(reasons);
  // Loaded where an environment of our own is needed: versions of Python packages have a parser.
  const [{ ensureManaged }, { planForSpace }] = await Promise.all([
    import('./managed.js'),
    import('./plan.js'),
  ]);
  return ensureManaged(
    {
      plan: planForSpace(space, request.platform, request.nearestTorch),
      blame: [
        ...(space.requirements?.requirements ?? []),
        ...(space.preRequirements?.requirements ?? []),
      ],
    },
    contextOf(request),
  );
}

/** Whether `resolvePython` would make an environment for the Space. */
export async function lacksEnvironment(
  request: Pick<ResolveRequest, 'space' | 'platform' | 'env' | 'cacheDir' | 'signal'>,
): Promise<boolean> {
  const { space, platform, env, signal } = request;
  for (const { command } of chosenPythons(space.dir, env)) {
    const probed = await probePython(command, env, signal);
    const lack = probed.ok
      ? (lacking(probed.facts, space) ?? otherGradio(probed.facts, space))
      : '';
    if (lack === null) return false;
  }
  const [{ findManaged }, { planForSpace }] = await Promise.all([
    import('./managed.js'),
    import('./plan.js'),
  ]);
  const context = { ...request, yes: false, confirm: null, report: () => {} };
  return (await findManaged(planForSpace(space, platform), context)).ready === null;
}

/**
 * An environment with these packages alone, kept below the cache under its name: for tests and
 * scripts of the project.
 *
 * @param requirements as pip takes them
 * @returns the interpreter's path
 */
export async function ensureNamedEnvironment(
  name: string,
  requirements: readonly string[],
  context: BuildContext,
): Promise<string> {
  const { ensureManaged } = await import('./managed.js');
  const plan = {
    name,
    preRequirementFiles: [],
    requirementFiles: [],
    requirements,
    constraints: [],
    fileContents: [],
    pythonMinor: null,
    wantedPythons: [],
    belowPythonMinor: null,
    torch: null,
    pinnedTorch: null,
    space: null,
  };
  return (await ensureManaged({ plan, blame: [] }, context)).python;
}

async function explicit(command: string, request: ResolveRequest): Promise<PythonEnvironment> {
  const { env, signal, space } = request;
  const probed = await probePython(command, env, signal);
  if (!probed.ok) {
    throw new UserError('E_PYTHON_NOT_FOUND', `--python is "${command}": ${probed.reason}`, {
      why: 'It has to be the interpreter of an environment with gradio and spaces.',
      fix: 'zerogpu run   (without --python: an environment is found or made)',
      exitCode: EXIT.cannot,
    });
  }
  const lack = lacking(probed.facts, space);
  if (lack === null) return environmentOf({ facts: probed.facts, origin: 'flag' });
  const missing = missingPackages(probed.facts, space);
  throw new UserError('E_PYTHON_ENV', `${command}: ${lack}`, {
    why: "--python is used as it is: zerogpu installs nothing into somebody's environment.",
    fix:
      missing.length > 0
        ? `${probed.facts.executable} -m pip install ${missing.join(' ')}`
        : 'zerogpu run   (without --python: an environment is found or made)',
    exitCode: EXIT.cannot,
  });
}

/**
 * Finds an interpreter that has PyTorch: the one that is named, else the folder's `.venv`, the activated
 * environment, the one that `zerogpu run` has made for the Space in this folder, and `python3`.
 *
 * @param dir the current folder
 * @throws UserError E_PYTHON_NOT_FOUND, E_PYTHON_ENV
 */
export async function findPythonWithTorch(
  explicitPython: string | null,
  dir: string,
  env: Environment,
  signal?: AbortSignal,
): Promise<PythonEnvironment> {
  const reasons: string[] = [];
  const candidates =
    explicitPython === null
      ? await pythonsFor(dir, env)
      : [{ command: explicitPython, origin: 'flag' as const }];
  for (const { command, origin } of candidates) {
    const probed = await probePython(command, env, signal);
    if (!probed.ok) reasons.push(`${command}: ${probed.reason}`);
    else if (probed.facts.packages.torch === null) reasons.push(`${command}: no torch`);
    else return environmentOf({ facts: probed.facts, origin });
  }
  throw new UserError('E_PYTHON_ENV', 'no Python with PyTorch was found', {
    why: reasons.join('\n') || 'There is no python3 on PATH.',
    fix: 'zerogpu python --python PATH …   (an environment that has torch)',
    exitCode: EXIT.cannot,
  });
}

/** What may run a program of this folder, best first. */
async function pythonsFor(dir: string, env: Environment): Promise<readonly Candidate[]> {
  const kept = await keptPythonFor(dir, cacheDir(env));
  const made = kept === null ? [] : [{ command: kept, origin: 'managed' as const }];
  const system = findOnPath('python3', env);
  const chosen = chosenPythons(dir, env);
  // What is on PATH has no more to do with this folder than with any other.
  return [
    ...chosen.filter(({ command }) => command !== system),
    ...made,
    ...chosen.filter(({ command }) => command === system),
  ];
}

function pinsTorch({ requirements, preRequirements }: Space): boolean {
  const listed = [requirements, preRequirements].flatMap((file) => file?.requirements ?? []);
  return listed.some(({ name, pin }) => name === 'torch' && pin !== null);
}

/** Why an interpreter can't run the Space, or null. */
function lacking(facts: PythonFacts, space: Space): string | null {
  if (!isRecentEnough(facts))
    return `it is Python ${facts.version}, and spaces needs 3.10 or newer`;
  const missing = missingPackages(facts, space);
  if (missing.length === 0) return null;
  return `Python ${facts.version} without ${missing.join(' and ')}`;
}

/**
 * A Space runs on the Gradio of its front matter on the platform; another major release is another
 * app. `--python` may try it all the same.
 */
function otherGradio({ packages }: PythonFacts, space: Space): string | null {
  const [wanted, found] = [space.frontMatter.sdkVersion, packages.gradio];
  if (wanted === null || found === null) return null;
  const major = (version: string) => version.split('.', 1)[0];
  return major(wanted) === major(found) ? null : `gradio ${found}, and the Space is for ${wanted}`;
}

function missingPackages({ packages }: PythonFacts, space: Space): readonly string[] {
  const needed = ['gradio', 'spaces', ...(needsTorch(space) ? ['torch'] : [])] as const;
  return needed.filter((name) => packages[name as keyof typeof packages] === null);
}

function environmentOf({ facts, origin }: FoundPython): PythonEnvironment {
  const { executable, version, packages } = facts;
  return { python: executable, version, origin, packages };
}

function nothingInstalled(reasons: readonly string[]): UserError {
  return new UserError('E_PYTHON_ENV', 'no Python here has what the Space needs', {
    why: [...reasons, '--no-install keeps zerogpu from making an environment.'].join('\n'),
    fix: 'zerogpu run   (without --no-install)',
    exitCode: EXIT.cannot,
  });
}

function contextOf(request: ResolveRequest): BuildContext {
  const { env, cacheDir, yes, confirm, report, signal } = request;
  return { env, cacheDir, yes, confirm, report, ...(signal ? { signal } : {}) };
}
