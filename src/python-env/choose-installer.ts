import { join } from 'node:path';
import { formatBytes } from '../shared/bytes.js';
import { EXIT, UserError } from '../shared/errors.js';
import { type BuildRequest, requestFor } from './build-request.js';
import { isUnreachable } from './failures.js';
import {
  type Installer,
  type InstallRequest,
  type InstallTarget,
  pipInstaller,
  uvInstaller,
} from './installers.js';
import { findOnPath } from './interpreters.js';
import { approximateCudaBytes, CUDA_PACKAGE, TYPICAL_CUDA_PACKAGES } from './known-versions.js';
import { runTool } from './tool.js';
import { pipReleases, uvCpuReleases } from './torch-builds.js';
import {
  type Consent,
  type TorchBuilds,
  type TorchOption,
  type TorchWish,
  torchOptions,
} from './torch-choice.js';
import type { BuildContext } from './types.js';

/** The installer to use, or why there is none. */
export type ChosenInstaller =
  | {
      readonly kind: 'chosen';
      readonly installer: Installer;
      readonly request: InstallRequest;
      /** Number of packages; null where the installer was not asked. */
      readonly packages: number | null;
      /** Why PyTorch is not the platform's newest release; null when it is. */
      readonly compromise: string | null;
    }
  /** What the first installer complained of. */
  | { readonly kind: 'failed'; readonly output: string }
  /** Every way to run the Space is gigabytes, and the user has not agreed to them. */
  | { readonly kind: 'too-large'; readonly bytes: number }
  /** This Python has no CPU build of PyTorch, and there is another Python to try. */
  | { readonly kind: 'no-build' };

/** How somebody can agree to a large download. */
export function consentOf({ yes, confirm }: BuildContext): Consent {
  if (yes) return 'yes';
  return confirm ? 'ask' : 'no';
}

/**
 * Chooses PyTorch's release and an installer that brings it without its gigabytes of CUDA libraries, which the
 * emulated GPU has no use for: uv can tell the builds apart, pip takes what the index holds. Nothing is
 * downloaded but metadata, and uv itself where pip would bring a CUDA build.
 *
 * @param isLast whether there is no other Python to try where this one has no CPU build
 */
export async function chooseInstaller(
  target: InstallTarget,
  build: BuildRequest,
  isLast: boolean,
  context: BuildContext,
): Promise<ChosenInstaller> {
  context.report({ phase: 'plan', message: 'Resolving packages…' });
  const tools = findTools(target, context);
  const { torch } = build.plan;
  if (torch === null) return asListed(tools, build, isLast, context);

  const builds = await findBuilds(torch, tools);
  const options = torchOptions(torch, builds, consentOf(context));
  // An index that does not say what it has: the installers find out.
  if (options.length === 0 && builds.cpu.length + builds.cuda.length === 0) {
    return asListed(tools, build, isLast, context);
  }
  if (!isLast && !options.some((option) => option.build === 'cpu')) return { kind: 'no-build' };
  const failures: ChosenInstaller[] = [];
  for (const option of options) {
    const chosen = await tryOption(option, tools, build, context);
    if (chosen.kind === 'chosen') return chosen;
    failures.push(chosen);
  }
  // A complaint about the Space's own lines says more than the size of the next way.
  return (
    failures.find(({ kind }) => kind === 'failed') ??
    failures[0] ?? { kind: 'failed', output: 'no release of PyTorch fits the Space' }
  );
}

/** The installers at hand. */
interface Tools {
  readonly target: InstallTarget;
  /** The program; null when it is not on PATH. */
  readonly uv: string | null;
  readonly pip: Installer;
  /** Fetches uv; null when that failed. */
  readonly bootstrap: () => Promise<string | null>;
}

function findTools(target: InstallTarget, context: BuildContext): Tools {
  let fetched: Promise<string | null> | null = null;
  return {
    target,
    uv: findOnPath('uv', context.env),
    pip: pipInstaller(target),
    bootstrap() {
      fetched ??= bootstrapUv(target, context);
      return fetched;
    },
  };
}

/** What each installer would find of PyTorch; uv's own index of CPU builds is asked first. */
async function findBuilds(wish: TorchWish, tools: Tools): Promise<TorchBuilds> {
  const { target } = tools;
  const byUv = async (uv: string | null) =>
    (uv === null ? null : await uvCpuReleases(uv, wish, target)) ?? [];
  const isListed = (release: string) => wish.listed.includes(release);
  const asBuilds = (releases: readonly string[]) =>
    releases.map((release) => ({ release, by: 'uv' as const }));

  const first = await byUv(tools.uv);
  if (first.some(isListed)) return { cpu: asBuilds(first), cuda: [] };
  const pip = (await pipReleases(target)) ?? { cpu: [], cuda: [] };
  const hasListed = pip.cpu.some(({ release }) => isListed(release));
  const late = tools.uv === null && !hasListed ? await byUv(await tools.bootstrap()) : [];
  return { cpu: [...asBuilds([...first, ...late]), ...pip.cpu], cuda: pip.cuda };
}

async function tryOption(
  option: TorchOption,
  tools: Tools,
  build: BuildRequest,
  context: BuildContext,
): Promise<ChosenInstaller> {
  const request = await requestFor(build, option.release);
  const compromise = option.why;
  if (option.build === 'cuda') {
    const bytes = approximateCudaBytes(TYPICAL_CUDA_PACKAGES);
    const what = `PyTorch ${option.release} has no CPU build here: about ${formatBytes(bytes)} of CUDA libraries to download`;
    if (!(await agrees(what, context))) return { kind: 'too-large', bytes };
    const installer = await cudaInstaller(tools, request, context);
    return { kind: 'chosen', installer, request, packages: null, compromise };
  }
  const uv = option.by === 'uv' ? (tools.uv ?? (await tools.bootstrap())) : null;
  const installer = uv === null ? tools.pip : uvInstaller(uv, tools.target, true);
  const planned = await installer.plan(request);
  if (planned.ok) {
    return { kind: 'chosen', installer, request, packages: planned.names.length, compromise };
  }
  if (uv === null) return { kind: 'failed', output: planned.output };
  // Another package of the Space may exclude exactly this release. Not with pip, which downloads what it tries.
  const range = await requestFor(build, option.release, '<=');
  const looser = await installer.plan(range);
  if (!looser.ok) return { kind: 'failed', output: planned.output };
  const why = `the Space's requirements exclude ${option.release}`;
  const packages = looser.names.length;
  return { kind: 'chosen', installer, request: range, packages, compromise: why };
}

/**
 * uv downloads a CUDA build as well, and reads metadata without the wheel. Where pip has an index of its own
 * (PIP_INDEX_URL, pip.conf), uv may reach none.
 */
async function cudaInstaller(
  { uv, target, pip }: Tools,
  request: InstallRequest,
  { report }: BuildContext,
): Promise<Installer> {
  if (uv === null) return pip;
  const installer = uvInstaller(uv, target, false);
  const planned = await installer.plan(request);
  if (planned.ok || !isUnreachable(planned.output)) return installer;
  report({ phase: 'plan', message: "uv can't reach its package index: pip installs instead" });
  return pip;
}

/** The Space's requirements decide on PyTorch, or it has none. */
async function asListed(
  tools: Tools,
  build: BuildRequest,
  isLast: boolean,
  context: BuildContext,
): Promise<ChosenInstaller> {
  const request = await requestFor(build, null);
  const compromise = null;
  const { uv, pip, target } = tools;
  const candidates: readonly (() => Promise<Installer | null>)[] =
    uv === null
      ? [
          async () => ((await pipBringsCuda(build, target)) ? null : pip),
          async () => {
            const fetched = await tools.bootstrap();
            return fetched === null ? null : uvInstaller(fetched, target, true);
          },
        ]
      : [
          async () => uvInstaller(uv, target, true),
          async () => ((await pipBringsCuda(build, target)) ? uvInstaller(uv, target, false) : pip),
        ];

  let large: { readonly installer: Installer; readonly names: readonly string[] } | null = null;
  let failure: string | null = null;
  for (const candidate of candidates) {
    const installer = await candidate();
    if (installer === null) continue;
    const planned = await installer.plan(request);
    if (!planned.ok) {
      failure ??= planned.output;
      // Requirements that cannot be resolved do not justify fetching another installer.
      if (uv === null) break;
      continue;
    }
    const { names } = planned;
    const packages = names.length;
    if (!names.some((name) => CUDA_PACKAGE.test(name))) {
      return { kind: 'chosen', installer, request, packages, compromise };
    }
    large ??= { installer, names };
  }
  if (large === null) return { kind: 'failed', output: failure ?? 'no installer was found' };

  const cuda = large.names.filter((name) => CUDA_PACKAGE.test(name));
  if (!isLast) return { kind: 'no-build' };
  const bytes = approximateCudaBytes(cuda);
  const what = `Only a CUDA build of PyTorch was found: about ${formatBytes(bytes)} to download`;
  if (!(await agrees(what, context))) return { kind: 'too-large', bytes };
  const { installer, names } = large;
  return { kind: 'chosen', installer, request, packages: names.length, compromise };
}

/** Whether the release that the Space pins is on pip's index with CUDA libraries only. */
async function pipBringsCuda({ plan }: BuildRequest, target: InstallTarget): Promise<boolean> {
  if (plan.pinnedTorch === null) return false;
  const builds = await pipReleases(target);
  return builds?.cuda.includes(plan.pinnedTorch) ?? false;
}

/** Says what is large, and asks where somebody can be asked. */
async function agrees(what: string, context: BuildContext): Promise<boolean> {
  const { yes, confirm, report } = context;
  if (yes) {
    report({ phase: 'plan', message: `${what}.` });
    return true;
  }
  return confirm ? confirm(`${what}. Download it?`) : false;
}

/** uv from the package index, kept in a folder of its own below the cache. */
async function bootstrapUv(target: InstallTarget, context: BuildContext): Promise<string | null> {
  const dir = join(context.cacheDir, 'tools', 'uv');
  const python = join(target.dir, 'bin', 'python');
  context.report({
    phase: 'plan',
    message: 'pip would bring CUDA libraries; fetching uv, which can take the CPU build (20 MB)…',
  });
  const outcome = await runTool(
    [python, '-m', 'pip', 'install', '--upgrade', '--target', dir, 'uv'],
    target.tool,
  );
  return outcome.ok ? join(dir, 'bin', 'uv') : null;
}

/**
 * @param isPinned whether the Space's own line names the release
 * @returns the error for a Space whose large download the user has not agreed to
 */
export function tooLarge(bytes: number, isPinned = false): UserError {
  const size = formatBytes(bytes);
  return new UserError('E_PYTHON_INSTALL', `this Space's packages are about ${size} to download`, {
    why: 'Only a CUDA build of PyTorch could be found; the emulated GPU needs none of it.',
    fix: [
      'zerogpu run --yes   (download it all the same)',
      ...(isPinned
        ? ['or: zerogpu run --torch nearest   (on the nearest PyTorch that has a CPU build)']
        : []),
      'or: zerogpu run --python PATH   (an environment with a CPU build of torch)',
    ],
    exitCode: EXIT.cannot,
  });
}
