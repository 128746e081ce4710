/**
 * Compares the names of `--env-file` with the Space's code and with the Space on the Hub. Values are not looked at.
 * The parser of Python and the client of the Hub are loaded on demand: most runs have no such file.
 */
import { relative, sep } from 'node:path';
import { filesInFolder, type Space } from '../../space/index.js';
import type { PythonFile, PythonModel } from '../../space/python/index.js';
import { compareVariables, type ReadVariable, type VariableReport } from './compare.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface VariableQuestion {
  readonly space: Space;
  /** What `--env-file` gives. */
  readonly given: Readonly<Record<string, string>>;
  /** The environment that the app gets. */
  readonly appEnv: Environment;
  /** `owner/name` of a Space on the Hub; null for a folder. */
  readonly hubSpace: string | null;
  /** Environment of zerogpu itself: which Hub, with which token. */
  readonly env: Environment;
  readonly interrupted: AbortSignal;
}

type Reader = typeof import('../../space/python/index.js');

/** Names that a run completes and does not replace. */
const COMPLETED = new Set(['PATH', 'PYTHONPATH']);

/** @throws the signal's reason when it is interrupted; nothing else: what can't be read is left out */
export async function reportVariables(question: VariableQuestion): Promise<VariableReport> {
  const { space, given, appEnv } = question;
  const python = await import('../../space/python/index.js');
  const [files, hub] = await Promise.all([pythonOf(space, python), hubSide(question)]);
  const set = new Set(files.flatMap(python.variablesSet));
  return compareVariables({
    given: Object.keys(given),
    present: new Set([...Object.keys(appEnv), ...set]),
    reads: readsIn(files, python),
    isMentioned: (name) => files.some(({ text }) => text.includes(name)),
    hub,
    overruled: Object.keys(given).filter(
      (name) => appEnv[name] !== given[name] && !COMPLETED.has(name),
    ),
  });
}

async function pythonOf(
  { dir, appFile }: Space,
  { readPython }: Reader,
): Promise<readonly PythonFile[]> {
  const files = filesInFolder(dir);
  const path = relative(dir, appFile).split(sep).join('/');
  const { files: found }: PythonModel = await readPython(files, path, await files.list());
  return found.filter(({ isReachable }) => isReachable);
}

/** The first read of each name. */
function readsIn(
  files: readonly PythonFile[],
  { rangeOf, variablesRequired }: Reader,
): readonly ReadVariable[] {
  const first = new Map<string, ReadVariable>();
  for (const file of files) {
    for (const { node, name } of variablesRequired(file)) {
      if (first.has(name)) continue;
      first.set(name, { name, file: file.path, line: rangeOf(file, node).line });
    }
  }
  return [...first.values()];
}

/** A Hub that does not answer keeps no Space from running: then its names are not known. */
async function hubSide({ hubSpace, env, interrupted }: VariableQuestion) {
  if (hubSpace === null) return null;
  try {
    const { createHub, readHubSettings } = await import('../../hub/index.js');
    const hub = createHub({ settings: await readHubSettings(env), interrupted });
    return { id: hubSpace, names: await hub.settingNames(hubSpace) };
  } catch {
    interrupted.throwIfAborted();
    return { id: hubSpace, names: null };
  }
}
