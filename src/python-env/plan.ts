import { createHash } from 'node:crypto';
import type { Requirement, Space } from '../space/index.js';
import {
  DEFAULT_TORCH,
  GRADIO_ERAS,
  GRADIO_EXTRAS,
  type GradioEra,
  TORCH_COMPANIONS,
  TORCH_USERS,
} from './known-versions.js';

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
  /** First Python 3 minor that is too new for the packages; null for none. */
  readonly belowPythonMinor: number | null;
}

/** Raised when the way of building changes so much that old environments should not be used. */
const LAYOUT = 1;

/** What the platform's build of this Space would install, with a PyTorch that can be emulated. */
export function planForSpace(space: Space, defaultTorch: string = DEFAULT_TORCH): InstallPlan {
  const listed = [
    ...(space.requirements?.requirements ?? []),
    ...(space.preRequirements?.requirements ?? []),
  ];
  const version = gradioVersion(space, listed);
  const era = version === null ? undefined : eraOf(version);
  const files = [space.preRequirements, space.requirements].flatMap((file) => file ?? []);
  return {
    name: space.name,
    preRequirementFiles: space.preRequirements ? [space.preRequirements.path] : [],
    requirementFiles: space.requirements ? [space.requirements.path] : [],
    requirements: [
      gradioRequirement(space, version),
      'spaces',
      ...torchRequirement(space, listed, defaultTorch),
    ],
    constraints: [
      ...(era?.constraints ?? []).filter((constraint) => !pins(listed, nameOf(constraint))),
      ...torchConstraint(listed, defaultTorch),
    ],
    fileContents: files.map(({ content }) => content),
    pythonMinor: /^3\.\d+/.exec(space.frontMatter.pythonVersion ?? '')?.[0] ?? null,
    belowPythonMinor: era?.belowPythonMinor ?? null,
  };
}

/** The name of the plan's folder below the cache: readable, and different for every content. */
export function environmentId(plan: InstallPlan, pythonVersion: string): string {
  const { name, requirementFiles: _a, preRequirementFiles: _b, ...content } = plan;
  const hash = createHash('sha256')
    .update(JSON.stringify([LAYOUT, pythonVersion, process.arch, content]))
    .digest('hex');
  const slug = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[.-]+/g, '');
  return `${slug.slice(0, 40) || 'space'}-${hash.slice(0, 12)}`;
}

/** Whether the Space, by its requirements or its own imports, uses PyTorch. */
export function needsTorch(space: Space): boolean {
  const names = (space.requirements?.requirements ?? []).map(({ name }) => name ?? '');
  const imports = space.imports.map((name) => name.replaceAll('_', '-'));
  return [...names, ...imports].some((name) => TORCH_USERS.has(name));
}

/** `sdk_version`, else an exact pin in requirements.txt. */
function gradioVersion(space: Space, listed: readonly Requirement[]): string | null {
  return space.frontMatter.sdkVersion ?? find(listed, 'gradio')?.pin ?? null;
}

function gradioRequirement(space: Space, version: string | null): string {
  const extras = GRADIO_EXTRAS.filter(
    ({ since }) => version === null || !isBelow(majorMinor(version), since),
  ).map(({ extra }) => extra);
  const name = extras.length > 0 ? `gradio[${extras.join(',')}]` : 'gradio';
  return space.frontMatter.sdkVersion ? `${name}==${space.frontMatter.sdkVersion}` : name;
}

function torchRequirement(
  space: Space,
  listed: readonly Requirement[],
  defaultTorch: string,
): readonly string[] {
  if (!needsTorch(space) || find(listed, 'torch')) return [];
  const companion = listed.some(
    ({ name, pin }) => pin !== null && TORCH_COMPANIONS.has(name ?? ''),
  );
  return [companion ? 'torch' : `torch==${defaultTorch}`];
}

/** A PyTorch that is listed without a version is kept from being newer than what is tested. */
function torchConstraint(listed: readonly Requirement[], defaultTorch: string): readonly string[] {
  const torch = find(listed, 'torch');
  return torch && torch.specifier === '' && torch.url === null ? [`torch<=${defaultTorch}`] : [];
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
