import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from '../shared/find-program.js';
import { isRecentEnough, type ProbeResult, type PythonFacts, probePython } from './probe.js';
import type { Environment, PythonOrigin } from './types.js';

/** An interpreter that answered, and where it was found. */
export interface FoundPython {
  readonly facts: PythonFacts;
  readonly origin: PythonOrigin;
}

/** What base interpreter an environment may be made from. */
export interface PythonWish {
  /** `3.10` where the Space asks for one. */
  readonly minor: string | null;
  /** First Python 3 minor that is too new; null for none. */
  readonly belowMinor: number | null;
}

/** Newest first below the default `python3`: each is looked for by name on PATH. */
const MINORS = [13, 12, 11, 10, 14] as const;

export { findOnPath };

/** The Python of a virtual environment's folder, if it is one. */
export function pythonOf(environmentDir: string): string | null {
  const path = join(environmentDir, 'bin', 'python');
  return existsSync(path) ? path : null;
}

/** An interpreter to look at, and what makes it a candidate. */
export interface Candidate {
  readonly command: string;
  readonly origin: PythonOrigin;
}

/**
 * The interpreters that the user has chosen without naming them here, best first: the Space's own
 * `.venv`, the activated environment, and what `python3` is.
 */
export function chosenPythons(spaceDir: string, env: Environment): readonly Candidate[] {
  const own = pythonOf(join(spaceDir, '.venv'));
  return [
    ...(own === null ? [] : [{ command: own, origin: 'space-venv' as const }]),
    ...activePythons(env),
  ];
}

/** The activated environment's interpreter, and what `python3` is. */
export function activePythons(env: Environment): readonly Candidate[] {
  const found = [
    ...['VIRTUAL_ENV', 'CONDA_PREFIX'].map((name) => (env[name] ? pythonOf(env[name]) : null)),
    findOnPath('python3', env),
  ];
  return found.flatMap((command) => (command === null ? [] : [{ command, origin: 'active' }]));
}

/**
 * Finds an interpreter to make an environment from. The Space's own minor version is preferred; any
 * other that its packages run on will do, since a laptop seldom has three of them.
 *
 * @returns null when there is none
 */
export async function findBasePython(
  wish: PythonWish,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<PythonFacts | null> {
  const names = [
    ...(wish.minor ? [`python${wish.minor}`] : []),
    'python3',
    ...MINORS.map((minor) => `python3.${minor}`),
    'python',
  ];
  for (const name of names) {
    const command = findOnPath(name, env);
    if (command === null) continue;
    const probed: ProbeResult = await probePython(command, env, signal);
    if (probed.ok && suits(probed.facts, wish)) return probed.facts;
  }
  return null;
}

function suits(facts: PythonFacts, { belowMinor }: PythonWish): boolean {
  return isRecentEnough(facts) && (belowMinor === null || facts.minor < belowMinor);
}
