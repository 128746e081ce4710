/** Asks installers which builds of PyTorch they would get, without downloading any. */

import { type InstallTarget, venvPython } from './installers.js';
import { CUDA_TAG, DEFAULT_TORCH, OLDEST_TORCH, TORCH_BACKEND } from './known-versions.js';
import { runTool } from './tool.js';
import type { TorchBuilds, TorchWish } from './torch-choice.js';
import type { Environment } from './types.js';

/** An index that can't be reached; every further question would fail the same way. */
const UNREACHABLE = /error sending request|dns error|Failed to fetch|timed out|client error/i;

/**
 * Releases that uv can get as CPU builds: the newest listed one that has any, else the nearest newer or older.
 *
 * @returns null when the index of these builds can't be reached
 */
export async function uvCpuReleases(
  uv: string,
  wish: TorchWish,
  target: InstallTarget,
): Promise<readonly string[] | null> {
  const narrowed = (range: string) => [range, wish.specifier].filter(Boolean).join(',');
  const [newest = DEFAULT_TORCH] = wish.listed;
  const questions: readonly (readonly string[])[] = [
    ...wish.listed.map((release) => [`torch==${release}`]),
    [`torch${narrowed(`>${newest},<=${DEFAULT_TORCH}`)}`, '--resolution', 'lowest-direct'],
    [`torch${narrowed(`>=${OLDEST_TORCH},<${newest}`)}`],
  ];
  for (const question of questions) {
    const answer = await uvAnswer(uv, question, target);
    if (answer === 'unreachable') return null;
    if (answer !== null) return [answer];
  }
  return [];
}

async function uvAnswer(
  uv: string,
  question: readonly string[],
  { dir, tool }: InstallTarget,
): Promise<string | 'unreachable' | null> {
  const env: Environment = { UV_HTTP_RETRIES: '1', ...tool.env };
  const outcome = await runTool(
    [
      ...([uv, 'pip', 'install', '--python', venvPython(dir), '--dry-run', '--no-deps'] as const),
      ...['--torch-backend', TORCH_BACKEND, ...question],
    ],
    { ...tool, env },
  );
  if (outcome.ok) return /^ \+ torch==([\d.]+)/m.exec(outcome.output)?.[1] ?? null;
  return UNREACHABLE.test(outcome.output) ? 'unreachable' : null;
}

/**
 * The releases of pip's index, told apart by their names alone: pip itself would download a wheel of a gigabyte
 * to find out what it needs, where the index has no metadata files.
 *
 * @returns null when this pip can't list them
 */
export async function pipReleases({ dir, tool }: InstallTarget): Promise<TorchBuilds | null> {
  const outcome = await runTool(
    [venvPython(dir), '-m', 'pip', 'index', 'versions', 'torch', '--disable-pip-version-check'],
    tool,
  );
  return outcome.ok ? readPipReleases(outcome.output, process.arch) : null;
}

/** Reads the list that `pip index versions torch` prints; null when there is none in it. */
export function readPipReleases(output: string, architecture: string): TorchBuilds | null {
  const line = /^Available versions: (.+)$/m.exec(output)?.[1];
  if (line === undefined) return null;
  const versions = line.split(',').map((version) => version.trim());
  // On x86-64 a release without a local version is a CUDA build, and has been since 1.x.
  const isCuda = (version: string) =>
    CUDA_TAG.test(version) || (architecture === 'x64' && !version.includes('+'));
  const release = (version: string) => version.split('+', 1)[0] ?? version;
  const cpu = versions.filter((version) => !isCuda(version)).map(release);
  return {
    cpu: [...new Set(cpu)].map((one) => ({ release: one, by: 'pip' as const })),
    cuda: [...new Set(versions.filter(isCuda).map(release))].filter((one) => !cpu.includes(one)),
  };
}
