import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { normalizeName } from '../space/index.js';
import { TORCH_BACKEND } from './known-versions.js';
import { runTool, type ToolOptions, type ToolOutcome } from './tool.js';
import type { Environment } from './types.js';

/** One resolution: everything in it is chosen together. */
export interface InstallRequest {
  /** Requirements files, absolute. */
  readonly files: readonly string[];
  readonly requirements: readonly string[];
  /** A constraints file, absolute, or null. */
  readonly constraintsFile: string | null;
}

export type PlannedPackages =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly output: string };

/** Something that fills a virtual environment. */
export interface Installer {
  readonly name: string;
  /** What `install` would bring, by normalized name, without downloading it where that is possible. */
  plan(request: InstallRequest): Promise<PlannedPackages>;
  install(request: InstallRequest, onLine: (line: string) => void): Promise<ToolOutcome>;
}

/** The environment to fill, and how its tools are run. */
export interface InstallTarget {
  /** The virtual environment. */
  readonly dir: string;
  readonly tool: ToolOptions;
}

/** The interpreter of a virtual environment. */
export const venvPython = (dir: string) => join(dir, 'bin', 'python');

function requestArguments(request: InstallRequest): readonly string[] {
  return [
    ...request.requirements,
    ...request.files.flatMap((file) => ['-r', file]),
    ...(request.constraintsFile ? ['-c', request.constraintsFile] : []),
  ];
}

/**
 * uv.
 *
 * @param uv the program
 * @param cpu whether PyTorch comes from its CPU builds, which are not on the package index itself
 */
export function uvInstaller(uv: string, target: InstallTarget, cpu: boolean): Installer {
  const command = (request: InstallRequest, ...flags: string[]): [string, ...string[]] => [
    uv,
    'pip',
    'install',
    '--python',
    venvPython(target.dir),
    // As pip does: the best version over all indexes that a requirements.txt names.
    '--index-strategy',
    'unsafe-best-match',
    ...(cpu ? ['--torch-backend', TORCH_BACKEND] : []),
    ...flags,
    ...requestArguments(request),
  ];
  return {
    name: 'uv',
    async plan(request) {
      // An index that cannot be reached fails at once: there are other ways to install.
      const env: Environment = { UV_HTTP_RETRIES: '1', ...target.tool.env };
      const outcome = await runTool(command(request, '--dry-run'), { ...target.tool, env });
      if (!outcome.ok) return { ok: false, output: outcome.output };
      const names = [...outcome.output.matchAll(/^ \+ ([A-Za-z0-9._-]+)==/gm)];
      return { ok: true, names: names.map(([, name = '']) => normalizeName(name)) };
    },
    install: (request, onLine) => runTool(command(request), { ...target.tool, onLine }),
  };
}

const reportSchema = z.object({
  install: z.array(z.object({ metadata: z.object({ name: z.string() }) })),
});

/** The pip of the environment itself. */
export function pipInstaller(target: InstallTarget): Installer {
  const command = (request: InstallRequest, ...flags: string[]): [string, ...string[]] => [
    venvPython(target.dir),
    '-m',
    'pip',
    'install',
    ...flags,
    ...requestArguments(request),
  ];
  return {
    name: 'pip',
    async plan(request) {
      const report = join(target.dir, 'zerogpu-plan.json');
      const outcome = await runTool(command(request, '--dry-run', '--report', report), target.tool);
      if (!outcome.ok) return { ok: false, output: outcome.output };
      const parsed = reportSchema.parse(JSON.parse(await readFile(report, 'utf8')));
      await rm(report, { force: true });
      return { ok: true, names: parsed.install.map((item) => normalizeName(item.metadata.name)) };
    },
    install: (request, onLine) => runTool(command(request), { ...target.tool, onLine }),
  };
}
