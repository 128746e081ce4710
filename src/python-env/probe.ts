import { execa } from 'execa';
import * as z from 'zod';
import { OLDEST_PYTHON } from './known-versions.js';
import { ASKED_PACKAGES, type Environment, type PackageVersions } from './types.js';

/** A shim that compiles its cache may take seconds; one that hangs is not an interpreter. */
const PROBE_TIMEOUT_MS = 30_000;

/** Runs on Python 2 as well, to tell its version; imports none of the packages. */
const PROBE = `
import json, sys
def version(name):
    try:
        from importlib import metadata
        return metadata.version(name)
    except Exception:
        return None
print("zerogpu:" + json.dumps({
    "executable": sys.executable,
    "version": list(sys.version_info[:3]),
    "prefix": sys.prefix,
    "packages": dict((name, version(name)) for name in sys.argv[1:]),
}))
`;

const versionText = z.string().nullable();
const answerSchema = z.object({
  executable: z.string().startsWith('/'),
  version: z.tuple([z.int(), z.int(), z.int()]),
  prefix: z.string(),
  packages: z.object(
    Object.fromEntries(ASKED_PACKAGES.map((name) => [name, versionText])) as Record<
      keyof PackageVersions,
      typeof versionText
    >,
  ),
});

/** What an interpreter reports about itself. */
export interface PythonFacts {
  readonly executable: string;
  readonly version: string;
  readonly major: number;
  readonly minor: number;
  readonly prefix: string;
  readonly packages: PackageVersions;
}

/** The answer, or why there is none. */
export type ProbeResult =
  | { readonly ok: true; readonly facts: PythonFacts }
  | { readonly ok: false; readonly reason: string };

/**
 * Asks an interpreter for its version and packages, in one short process.
 *
 * @param command a path, or a name on PATH
 */
export async function probePython(
  command: string,
  env: Environment,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const result = await execa(command, ['-c', PROBE, ...ASKED_PACKAGES], {
    env: { ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
    ...(signal ? { cancelSignal: signal } : {}),
  });
  signal?.throwIfAborted();
  if (result.exitCode === undefined) {
    if (result.timedOut) return { ok: false, reason: 'does not answer' };
    return { ok: false, reason: result.code === 'EACCES' ? 'not executable' : 'not found' };
  }
  // The last such line: a sitecustomize of the user's may print before it.
  const line = result.stdout.split('\n').findLast((text) => text.startsWith('zerogpu:'));
  const answer = answerSchema.safeParse(parseJson(line?.slice('zerogpu:'.length) ?? ''));
  if (!answer.success) return { ok: false, reason: firstLine(result.stderr) };
  const { version, executable, prefix, packages } = answer.data;
  const [major, minor] = version;
  return {
    ok: true,
    facts: { executable, version: version.join('.'), major, minor, prefix, packages },
  };
}

/**
 * The installed versions of packages, by name; null for one that is not installed. Empty when the interpreter
 * can't be asked.
 */
export async function installedVersions(
  python: string,
  names: readonly string[],
  env: Environment,
): Promise<Readonly<Record<string, string | null>>> {
  if (names.length === 0) return {};
  const result = await execa(python, ['-c', PROBE, ...names], {
    env: { ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
  });
  const line = result.stdout?.split('\n').findLast((text) => text.startsWith('zerogpu:'));
  const answer = z
    .object({ packages: z.record(z.string(), versionText) })
    .safeParse(parseJson(line?.slice('zerogpu:'.length) ?? ''));
  return answer.success ? answer.data.packages : {};
}

/** Whether the `spaces` package can run on it. */
export function isRecentEnough({ major, minor }: Pick<PythonFacts, 'major' | 'minor'>): boolean {
  return major === OLDEST_PYTHON.major && minor >= OLDEST_PYTHON.minor;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function firstLine(stderr: string): string {
  const line = stderr.split('\n').find((text) => text.trim() !== '');
  return line ? `does not run (${line.trim().slice(0, 80)})` : 'is not a Python interpreter';
}
