/** What of a Space could be looked at, what was assumed to do so, and what could not. */
import { frontMatterField, type SpaceModel } from '../space/index.js';
import type { PythonModel } from '../space/python/index.js';
import type { Finding, Resolution, Rule, RuleId } from './rule.js';
import type { SpacePython } from './space-python.js';

/** The parts of a Space that rules look at. */
type Area = 'metadata' | 'dependencies' | 'code' | 'hub';

export interface Coverage {
  readonly looked: ReadonlySet<Area>;
  readonly assumed: readonly string[];
  readonly unchecked: readonly string[];
}

/** Rules of code whose number says otherwise. */
const CODE_RULES = new Set<RuleId>(['ZG218']);

export function coverageOf(
  space: SpaceModel,
  python: PythonModel,
  spacePython: SpacePython,
  { isOnHub, resolution }: { readonly isOnHub: boolean; readonly resolution: Resolution | null },
): Coverage {
  const isDescribed = space.readme?.frontMatter.state === 'read';
  const { requirements, preRequirements, packagesTxt, pyproject } = space;
  const hasDependencies = [requirements, preRequirements, packagesTxt, pyproject].some(Boolean);
  const looked = new Set<Area>([
    ...(isDescribed ? (['metadata'] as const) : []),
    ...(hasDependencies ? (['dependencies'] as const) : []),
    ...(python.app ? (['code'] as const) : []),
    ...(isOnHub ? (['hub'] as const) : []),
  ]);
  return {
    looked,
    assumed: isDescribed ? assumedFile(space) : assumptions(space, python, spacePython),
    unchecked: [
      ...(isDescribed ? [] : [`metadata (${whyNoMetadata(space)})`]),
      ...(python.app ? [] : [`code (${whyNoCode(space)})`]),
      ...space.unreadable.map(({ file }) => `${file} (it can't be read)`),
      ...unreadFunctions(python),
      ...unresolved(resolution),
    ],
  };
}

/** What uv was asked about and could not say. */
function unresolved(resolution: Resolution | null): readonly string[] {
  if (resolution === null) return [];
  if (resolution.kind === 'unknown') return [`requirements as a whole (${resolution.why})`];
  const { left } = resolution;
  return left.length === 0 ? [] : [`${left.join(', ')} among the requirements as a whole`];
}

/** Functions that were left out before parsing: a syntax error in one of them is not seen. */
function unreadFunctions({ files }: PythonModel): readonly string[] {
  const count = files.filter((file) => file.isReachable && !file.isParsedWhole).length;
  if (count === 0) return [];
  const where = count === 1 ? 'a long library file' : `${count} long library files`;
  return [`syntax of functions in ${where} (no rule reads these functions)`];
}

function assumptions(
  { appFile }: SpaceModel,
  { app }: PythonModel,
  { minor }: SpacePython,
): readonly string[] {
  const start = app === null ? [] : [`the platform starts ${appFile.file}`];
  return [...start, `sdk is gradio`, `Python is ${minor}`];
}

function assumedFile({ appFile }: SpaceModel): readonly string[] {
  return appFile.isAssumed ? [`${appFile.file} is the app`] : [];
}

function whyNoMetadata({ readme }: SpaceModel): string {
  if (!readme) return 'there is no README.md';
  const isBroken = readme.frontMatter.state === 'broken';
  return isBroken ? "its front matter can't be read" : 'README.md has no front matter';
}

function whyNoCode(space: SpaceModel): string {
  const { file, exists, isAssumed } = space.appFile;
  if (!exists && !isAssumed) return `there is no ${file}`;
  const sdk = frontMatterField(space, 'sdk')?.text;
  return sdk && sdk !== 'gradio' ? `sdk is ${sdk}` : `${file} can't be read`;
}

/** Rules that looked at something and found nothing. */
export function countPassed(
  rules: readonly Pick<Rule, 'id'>[],
  findings: readonly Pick<Finding, 'rule'>[],
  { looked }: Coverage,
): number {
  const found = new Set(findings.map(({ rule }) => rule));
  return rules.filter(({ id }) => !found.has(id) && looked.has(areaOf(id))).length;
}

/** The part of a Space that a rule looks at. */
export function areaOf(id: RuleId): Area {
  if (CODE_RULES.has(id)) return 'code';
  if (id.startsWith('ZG1')) return 'metadata';
  if (id.startsWith('ZG2')) return 'dependencies';
  return id.startsWith('ZG5') ? 'hub' : 'code';
}
