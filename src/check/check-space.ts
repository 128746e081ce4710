import type { EstimatedFunction } from '../platform/estimated-function.js';
import { loadProfile, type PlatformProfile, profileNames } from '../platform/index.js';
import { cachedFiles } from '../space/files.js';
import {
  readSpaceModel,
  type SourceText,
  type SpaceFiles,
  type SpaceModel,
} from '../space/index.js';
import { type GpuFunction, type PythonModel, readPython } from '../space/python/index.js';
import { type Coverage, countPassed, coverageOf } from './coverage.js';
import { type RuleFailure, runRules } from './engine.js';
import { type AskPython, confirmSyntax } from './exact-syntax.js';
import { type ResolutionQuestion, resolutionQuestion } from './resolve/question.js';
import type { Finding, Hosting, HubSide, MeasuredSeconds, Resolution, Rule } from './rule.js';
import { rules as allRules } from './rules/index.js';
import { unusedIgnore } from './rules/zg100-unused-ignore.js';
import type { FileIgnore } from './settings.js';
import { pythonOf } from './space-python.js';
import { findIgnores, type IgnoreComment, suppress } from './suppress.js';
import { type ProfileVerdict, profileVerdict } from './verdict.js';
import { type DeclaredCall, type Visits, visitsOf } from './visits.js';

export interface CheckSpaceOptions {
  /** Name of the profile to hold the Space against. */
  readonly platform: string;
  readonly rules: readonly Rule[];
  readonly hosting: Hosting | null;
  readonly perFileIgnores?: readonly FileIgnore[];
  /** The findings that were not there before; left out without a baseline. */
  readonly newOf?: (
    findings: readonly Finding[],
    sources: ReadonlyMap<string, SourceText>,
  ) => readonly Finding[];
  /** What the Hub says of it; left out for a folder. */
  readonly hub?: HubSide | null;
  /** Asks uv about the requirements as a whole; left out without `--resolve`. */
  readonly resolve?: (question: ResolutionQuestion) => Promise<Resolution>;
  /** What a run on a real GPU measured of this Space; left out where none did. */
  readonly measured?: MeasuredSeconds | null;
  /** What an estimate says of the GPU functions; left out without `--estimate`. */
  readonly estimated?: readonly EstimatedFunction[] | null;
  /** Asks a Python of this machine about syntax; left out where there is none to ask. */
  readonly askPython?: AskPython;
  /** Awaited between reading, parsing and asking the rules; throws when the answer is of no more use. */
  readonly pause?: () => Promise<void>;
}

export interface CheckedSpace {
  /** Gravest first, then by file, line and rule. */
  readonly findings: readonly Finding[];
  readonly failures: readonly RuleFailure[];
  /** Findings that a comment suppressed. */
  readonly ignored: number;
  /** Text of every file that was read. */
  readonly sources: ReadonlyMap<string, SourceText>;
  /** Calls a day of each GPU function that the app can reach. */
  readonly visits: readonly Visits[];
  /** Rules that looked at something and found nothing. */
  readonly passed: number;
  readonly coverage: Coverage;
  /** What its Python does. */
  readonly python: PythonModel;
  /** What uv answered for the deciding profile; null when it was not asked. */
  readonly resolution: Resolution | null;
  /** What each profile makes of it, in their order. */
  readonly verdicts: readonly ProfileVerdict[];
}

/**
 * Reads one Space, asks the rules and heeds the comments that ask for silence.
 *
 * @param name for headings
 * @throws UserError E_PLATFORM_UNKNOWN
 */
export async function checkSpace(
  name: string,
  spaceFiles: SpaceFiles,
  options: CheckSpaceOptions,
): Promise<CheckedSpace> {
  const { platform, rules, hosting, hub = null, measured = null, estimated = null } = options;
  const { askPython, pause } = options;
  const files = cachedFiles(spaceFiles);
  const profile = loadProfile(platform);
  const space = await readSpaceModel(name, files);
  await pause?.();
  const parsed = await readPython(files, space.appFile.file, space.listing);
  const spacePython = pythonOf(space, profile);
  const python = askPython ? await confirmSyntax(parsed, spacePython.minor, askPython) : parsed;
  const profiles = profileNames.map(loadProfile);
  const resolutions = await resolveUnder(profiles, space, options);
  await pause?.();
  const results = runRules(rules, {
    space,
    python,
    profile,
    profiles,
    hosting,
    hub,
    resolutions,
    measured,
    estimated: estimated === null ? null : { platform: profile.name, functions: estimated },
  });
  const sources = files.textsSoFar();
  const comments = [...sources].flatMap(([file, source]) => findIgnores(file, source));
  const silence = (all: readonly Finding[]) =>
    suppress(all.filter(isHeard(options)), comments, nameOf);
  const onlyNew = (all: readonly Finding[]) => options.newOf?.(all, sources) ?? all;
  const { findings, unused } = silence(results.findings);
  const hints = rules.includes(unusedIgnore) ? unused.filter(isAskedFor(rules)).map(toHint) : [];
  const reported = onlyNew([...findings, ...hints]);
  const resolution = resolutions.get(profile.name) ?? null;
  const coverage = coverageOf(space, python, spacePython, { isOnHub: hub !== null, resolution });
  const foundUnder = ({ name: other }: PlatformProfile): readonly Finding[] => {
    if (other === profile.name) return reported;
    return onlyNew(silence(results.elsewhere.get(other) ?? []).findings);
  };
  return {
    findings: reported,
    failures: results.failures,
    passed: countPassed(rules, reported, coverage),
    coverage,
    python,
    resolution,
    verdicts: profiles.map((one) => profileVerdict(one, foundUnder(one))),
    ignored: results.findings.length + hints.length - reported.length,
    sources,
    visits: visitsOf(declaredCalls(python, profile), profile),
  };
}

/** What uv answers for each profile; profiles with the same Python share an answer. */
async function resolveUnder(
  profiles: readonly PlatformProfile[],
  space: SpaceModel,
  { resolve }: Pick<CheckSpaceOptions, 'resolve'>,
): Promise<ReadonlyMap<string, Resolution>> {
  if (!resolve || space.requirements === null) return new Map();
  const answers = new Map<string, Promise<Resolution>>();
  const found = new Map<string, Resolution>();
  for (const profile of profiles) {
    const python = pythonOf(space, profile).full;
    const answer = answers.get(python) ?? resolve(resolutionQuestion(space, python));
    answers.set(python, answer);
    found.set(profile.name, await answer);
  }
  return found;
}

/** What zerogpu.json does not silence. */
function isHeard({ perFileIgnores = [] }: CheckSpaceOptions) {
  return ({ file, rule }: Finding): boolean =>
    !perFileIgnores.some(
      ({ files, rules }) => files.test(file) && rules.some(({ id }) => id === rule),
    );
}

function declaredCalls(python: PythonModel, profile: PlatformProfile): readonly DeclaredCall[] {
  return visitorsFunctions(python).map((fn) => declaredCallOf(fn, profile));
}

/** GPU functions that a visitor's call can reach: not those that only run at start-up. */
export function visitorsFunctions({
  gpuFunctions,
  onlyAtStart,
}: Pick<PythonModel, 'gpuFunctions' | 'onlyAtStart'>): readonly GpuFunction[] {
  return gpuFunctions.filter(
    ({ isReachable, function: fn }) => isReachable && !(fn && onlyAtStart.has(fn)),
  );
}

/** What one call of the function asks for. */
export function declaredCallOf(
  { name, duration, size }: Pick<GpuFunction, 'name' | 'duration' | 'size'>,
  { defaultDurationSeconds }: Pick<PlatformProfile, 'defaultDurationSeconds'>,
): DeclaredCall {
  const isDefault = duration.kind === 'default';
  const declared = duration.kind === 'seconds' ? duration.seconds : null;
  return {
    name,
    seconds: isDefault ? defaultDurationSeconds : declared,
    isDefault,
    size: size?.value === 'xlarge' ? 'xlarge' : 'large',
  };
}

function nameOf(id: string): string {
  return allRules.find((rule) => rule.id === id)?.name ?? id;
}

/** A rule that was not asked found nothing here, and may find something tomorrow. */
function isAskedFor(asked: readonly Rule[]) {
  return ({ rules: words }: IgnoreComment): boolean =>
    words.every((word) => {
      const named = (rule: Rule) => rule.id === word.toUpperCase() || rule.name === word;
      return asked.some(named) || !allRules.some(named);
    });
}

function toHint({ file, range, rules }: IgnoreComment): Finding {
  const { id, severity } = unusedIgnore;
  const about = { rule: id, severity, file, range, data: { rules } };
  return { ...about, fix: null, isUnreached: false, alsoFineOn: [] };
}
