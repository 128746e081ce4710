/** Finds and downloads interpreters that environments are made from. */
import { execa } from 'execa';
import { findBasePython, findOnPath } from './interpreters.js';
import { type PythonFacts, probePython } from './probe.js';
import { minorOf } from './python-choice.js';
import type { BuildContext } from './types.js';

const FIND_TIMEOUT_MS = 10_000;
/** About 30 MB, and uv's own retries. */
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

/** The interpreters for a plan that are on this machine. */
export interface BasePythons {
  /** Of the wanted minors, the first that is here; null when none is. */
  readonly wanted: PythonFacts | null;
  /** Any other that will do. */
  readonly atHand: PythonFacts | null;
}

/** Looks for the wanted minors on PATH, then among uv's own, and for any other Python on PATH. */
export async function findBasePythons(
  wanted: readonly string[],
  belowMinor: number | null,
  { env, signal }: BuildContext,
): Promise<BasePythons> {
  const atHand = await findBasePython({ minor: null, belowMinor }, env, signal);
  const isWanted = atHand !== null && wanted.includes(minorOf(atHand.version));
  if (isWanted) return { wanted: await firstOf(wanted, atHand, env, signal), atHand };
  return { wanted: await firstOf(wanted, null, env, signal), atHand };
}

/** The first minor that is here; `known` is one of them that was found already. */
async function firstOf(
  wanted: readonly string[],
  known: PythonFacts | null,
  env: BuildContext['env'],
  signal: AbortSignal | undefined,
): Promise<PythonFacts | null> {
  for (const minor of wanted) {
    if (known && minorOf(known.version) === minor) return known;
    const command = findOnPath(`python${minor}`, env);
    const found = (command && (await asMinor(command, minor, env, signal))) ?? null;
    if (found) return found;
  }
  for (const minor of wanted) {
    const found = await uvPython(minor, env, signal);
    if (found) return found;
  }
  return null;
}

/** The Python of that minor that uv has downloaded before. */
async function uvPython(
  minor: string,
  env: BuildContext['env'],
  signal: AbortSignal | undefined,
): Promise<PythonFacts | null> {
  const uv = findOnPath('uv', env);
  if (uv === null) return null;
  const found = await execa(
    uv,
    ['python', 'find', '--managed-python', '--no-python-downloads', '--no-project', minor],
    {
      ...{ env: { ...env }, extendEnv: false, reject: false, stdin: 'ignore' },
      timeout: FIND_TIMEOUT_MS,
      ...(signal ? { cancelSignal: signal } : {}),
    },
  );
  signal?.throwIfAborted();
  const path = found.exitCode === 0 ? found.stdout.trim() : '';
  return path === '' ? null : asMinor(path, minor, env, signal);
}

/**
 * Downloads a Python with uv, into uv's own folder and not onto PATH.
 *
 * @returns null when that failed
 */
export async function downloadPython(
  minor: string,
  { env, signal }: BuildContext,
): Promise<PythonFacts | null> {
  const uv = findOnPath('uv', env);
  if (uv === null) return null;
  await execa(uv, ['python', 'install', minor], {
    // Without it, uv would put the interpreter into ~/.local/bin for everything else as well.
    env: { UV_HTTP_RETRIES: '1', ...env, UV_PYTHON_INSTALL_BIN: '0' },
    ...{ extendEnv: false, reject: false, stdin: 'ignore', timeout: DOWNLOAD_TIMEOUT_MS },
    ...(signal ? { cancelSignal: signal } : {}),
  });
  signal?.throwIfAborted();
  return uvPython(minor, env, signal);
}

async function asMinor(
  command: string,
  minor: string,
  env: BuildContext['env'],
  signal: AbortSignal | undefined,
): Promise<PythonFacts | null> {
  const probed = await probePython(command, env, signal);
  return probed.ok && minorOf(probed.facts.version) === minor ? probed.facts : null;
}
