import { createHash } from 'node:crypto';
import { platformGradio, type Requirement, type Space } from '../space/index.js';
import { DEFAULT_TORCH, GRADIO_ERAS, type GradioEra, TORCH_COMPANIONS } from './known-versions.js';
import { type RewrittenFile, withoutTorch } from './nearest-torch.js';
import { needsTorch } from './needs-torch.js';
import { minorOf } from './python-choice.js';
import { nearestWish, type TorchWish, torchWish } from './torch-choice.js';
import type { PlatformVersions } from './types.js';

/** What goes into an environment. Pure data: the same plan is the same environment. */
export interface InstallPlan {
  /** Shown to people, and the readable part of the folder's name. */
  readonly name: string;
  /** Installed first and alone, as the platform does: absolute paths. */
  readonly preRequirementFiles: readonly string[];
  /** Resolved together with `requirements`: absolute paths. */
  readonly requirementFiles: readonly string[];
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  /** Content of the files, so that a change of one is another environment. */
  readonly fileContents: readonly string[];
  /** `3.10` where the Space asks for one. */
  readonly pythonMinor: string | null;
  /** Minors that the Space asks for, else those of the platform, best first; none where any will do. */
  readonly wantedPythons: readonly string[];
  /** First Python 3 minor that is too new for the packages; null for none. */
  readonly belowPythonMinor: number | null;
  /** The release of PyTorch that the Space leaves open; `requirements` or `constraints` has the newest. */
  readonly torch: TorchWish | null;
  /** The exact release that the Space's own line names, `2.8.0`; null otherwise. */
  readonly pinnedTorch: string | null;
  /** What is installed instead of the Space's own files (`--torch nearest`). */
  readonly rewritten?: readonly RewrittenFile[];
  /** The Space's folder; null for a named environment. */
  readonly space: string | null;
}

/** Raised when the way of building changes so much that old environments should not be used. */
const LAYOUT = 1;

/**
 * What the platform's build of this Space would install: the newest PyTorch that it has, where the Space leaves
 * the release open.
 *
 * @param nearestTorch takes the nearest PyTorch that runs here where the one that the Space pins does not
 */
export function planForSpace(
  space: Space,
  platform: PlatformVersions,
  nearestTorch = false,
): InstallPlan {
  const listed = [
    ...(space.requirements?.requirements ?? []),
    ...(space.preRequirements?.requirements ?? []),
  ];
  const version = gradioVersion(space, listed);
  const era = version === null ? undefined : eraOf(version);
  const files = [space.preRequirements, space.requirements].flatMap((file) => file ?? []);
  const own = find(listed, 'torch');
  const hasCompanion = listed.some(
    ({ name, pin }) => pin !== null && TORCH_COMPANIONS.has(name ?? ''),
  );
  const nearest = nearestTorch ? nearestWish(own) : null;
  const open = needsTorch(space) && !hasCompanion ? torchWish(own, platform.torch) : null;
  const torch = nearest ?? open;
  const rewritten = nearest ? files.map(withoutTorch) : [];
  const pythonMinor = /^3\.\d+/.exec(space.frontMatter.pythonVersion ?? '')?.[0] ?? null;
  return {
    name: space.name,
    preRequirementFiles: space.preRequirements ? [space.preRequirements.path] : [],
    requirementFiles: space.requirements ? [space.requirements.path] : [],
    requirements: [
      platformGradio(version, space.frontMatter.sdkVersion !== null),
      'spaces',
      ...(torch?.as === 'requirement' ? [`torch==${torch.listed[0]}`] : []),
      ...(torch === null && own === undefined && needsTorch(space) ? ['torch'] : []),
    ],
    constraints: [
      ...(era?.constraints ?? []).filter((constraint) => !pins(listed, nameOf(constraint))),
      ...(torch?.as === 'constraint' ? [`torch==${torch.listed[0]}`] : []),
    ],
    fileContents: (nearest ? rewritten : files).map(({ content }) => content),
    rewritten,
    pythonMinor,
    wantedPythons: pythonMinor ? [pythonMinor] : platform.python.map(minorOf),
    belowPythonMinor: era?.belowPythonMinor ?? null,
    torch,
    pinnedTorch: nearest ? null : (own?.pin ?? null),
    space: space.dir,
  };
}

/** The name of the plan's folder below the cache: readable, and different for every content. */
export function environmentId(plan: InstallPlan, pythonVersion: string): string {
  const { name, requirements, constraints, fileContents, pythonMinor, belowPythonMinor } = plan;
  // In this order: environments of before are found by it.
  const content = { requirements, constraints, fileContents, pythonMinor, belowPythonMinor };
  const hash = createHash('sha256')
    .update(JSON.stringify([LAYOUT, pythonVersion, process.arch, content]))
    .digest('hex');
  const slug = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[.-]+/g, '');
  return `${slug.slice(0, 40) || 'space'}-${hash.slice(0, 12)}`;
}

/**
 * The plan as zerogpu made it before it knew the platform's releases: PyTorch was the newest that is tested.
 *
 * @returns null where it is the same plan
 */
export function planOfBefore(plan: InstallPlan): InstallPlan | null {
  if (plan.torch === null || plan.torch.specifier !== '') return null;
  const operator = plan.torch.as === 'requirement' ? '==' : '<=';
  const swap = (line: string) =>
    line.startsWith('torch==') ? `torch${operator}${DEFAULT_TORCH}` : line;
  const before = {
    ...plan,
    requirements: plan.requirements.map(swap),
    constraints: plan.constraints.map(swap),
  };
  return environmentId(before, '') === environmentId(plan, '') ? null : before;
}

/** `sdk_version`, else an exact pin in requirements.txt. */
function gradioVersion(space: Space, listed: readonly Requirement[]): string | null {
  return space.frontMatter.sdkVersion ?? find(listed, 'gradio')?.pin ?? null;
}

function eraOf(version: string): GradioEra | undefined {
  return GRADIO_ERAS.find(({ below }) => isBelow(majorMinor(version), below));
}

function majorMinor(version: string): readonly [number, number] {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return [major, minor];
}

function isBelow(
  [major, minor]: readonly [number, number],
  [otherMajor, otherMinor]: readonly [number, number],
): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

function find(listed: readonly Requirement[], name: string): Requirement | undefined {
  return listed.find((requirement) => requirement.name === name);
}

function pins(listed: readonly Requirement[], name: string): boolean {
  const found = find(listed, name);
  return found !== undefined && (found.specifier !== '' || found.url !== null);
}

function nameOf(constraint: string): string {
  return (/^[A-Za-z0-9._-]+/.exec(constraint)?.[0] ?? '').toLowerCase().replaceAll('_', '-');
}
