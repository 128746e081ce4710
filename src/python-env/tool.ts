import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { lifelineOf } from '../shared/lifeline.js';
import { runtimePythonDir } from '../shared/runtime-python.js';
import type { Environment } from './types.js';

/** How an installer's command ended. */
export interface ToolOutcome {
  readonly ok: boolean;
  /** stdout and stderr as they came, one after the other. */
  readonly output: string;
}

export interface ToolOptions {
  readonly env: Environment;
  /** Runs the supervisor, which ends the tool when zerogpu is gone: any Python 3.10 or newer. */
  readonly supervisorPython: string;
  readonly cwd: string;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** An installer's log is kept for its error; a build that prints a gigabyte is cut. */
const KEPT_LINES = 4_000;

/**
 * Runs an installer so that nothing of it outlives this process, whatever ends it.
 *
 * @throws the signal's reason when it is aborted
 */
export async function runTool(
  command: readonly [string, ...string[]],
  options: ToolOptions,
): Promise<ToolOutcome> {
  const supervisor = join(runtimePythonDir(), 'supervise.py');
  const child = execa(
    options.supervisorPython,
    ['-I', '-S', supervisor, '--lifeline-fd', '3', '--command', '--', ...command],
    {
      env: toolEnvironment(options.env),
      extendEnv: false,
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      all: true,
      buffer: false,
      reject: false,
      forceKillAfterDelay: false,
    },
  );
  // Through the supervisor: a signal to that alone would leave what an installer has started.
  const cancel = lifelineOf(child).cut;
  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted) cancel();
  const lines: string[] = [];
  const read = createInterface({ input: child.all, crlfDelay: Number.POSITIVE_INFINITY });
  read.on('line', (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    options.onLine?.(line);
  });
  const [result] = await Promise.all([child, new Promise((resolve) => read.on('close', resolve))]);
  options.signal?.removeEventListener('abort', cancel);
  options.signal?.throwIfAborted();
  return { ok: result.exitCode === 0, output: lines.join('\n') };
}

/** Settings that would send packages elsewhere, or let those of another environment count. */
const MISLEADING = [
  'PYTHONPATH',
  'PYTHONHOME',
  'PIP_TARGET',
  'PIP_PREFIX',
  'PIP_ROOT',
  'PIP_REQUIRE_VIRTUALENV',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
];

/** The user's environment (proxies, indexes, caches) with output that can be read by a program. */
export function toolEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !MISLEADING.includes(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    PIP_USER: '0',
    PIP_NO_INPUT: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_PROGRESS_BAR: 'off',
    PYTHONUNBUFFERED: '1',
    NO_COLOR: '1',
  };
}
