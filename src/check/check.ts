/** `zerogpu check`: reads the flags, checks each Space, writes the report, gives the exit code. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readUserSettings } from '../config/user-settings.js';
import type { EstimatedFunction } from '../platform/estimated-function.js';
import { loadProfile } from '../platform/index.js';
import { isAgent } from '../shared/agent.js';
import { EXIT, UserError } from '../shared/errors.js';
import type { World } from '../shared/world.js';
import type { SpaceFiles } from '../space/index.js';
import type { Baseline } from './baseline.js';
import { rememberReport } from './cache/answer.js';
import { BUILD } from './cache/build.js';
import { type CheckSpaceOptions, checkSpace } from './check-space.js';
import { areaOf } from './coverage.js';
import type { RuleFailure } from './engine.js';
import type { AskPython } from './exact-syntax.js';
import { addIgnores } from './fix/add-ignore.js';
import { fixSpace, showFixes } from './fix/index.js';
import { type Look, writtenReport } from './look.js';
import { measuredOf } from './measured-of.js';
import { type CheckOptions, parseCheckOptions, type RawCheckOptions } from './options.js';
import type { CheckReport, SpaceReport } from './report.js';
import type { Resolution, Rule } from './rule.js';
import { type CheckSettings, resolveSettings } from './settings.js';
import { spaceReport } from './space-report.js';
import { findSubjects, foldersOf, isStandardInput, refuseOnHub, type Subject } from './subjects.js';
import { exitCodeOf } from './verdict.js';
import { watchFolders } from './watch.js';

/** What `check` may touch of its process. */
export type CheckWorld = Pick<World, 'argv' | 'env' | 'cwd' | 'stdout' | 'stderr' | 'interrupted'> &
  Partial<Pick<World, 'stdin'>> & {
    /** Which build of zerogpu answers; the bundle's own by default. */
    readonly build?: string;
    /** How a folder is read; as it is by default. */
    readonly filesIn?: (dir: string) => SpaceFiles;
    /** Runs a Space without its weights; needed for `--estimate` alone. */
    readonly estimate?: (space: string, platform: string) => Promise<EstimatedSpace>;
  };

/** What an estimate of a Space says, for the rules. */
export interface EstimatedSpace {
  readonly functions: readonly EstimatedFunction[];
  /** Endpoints that could not be estimated, and why. */
  readonly failures: readonly string[];
}

/** One Space with how it is to be checked. */
interface Job {
  readonly subject: Subject;
  readonly settings: CheckSettings;
  /** Whether everything that was asked for could be looked at. */
  readonly isWhole: boolean;
}

/**
 * Runs one `zerogpu check`.
 *
 * @param paths folders of Spaces, or `hf:OWNER/NAME`; the current folder when there are none
 * @param version of zerogpu, for reports that name their tool
 * @returns the exit code: 0 clean, 1 findings that fail, 70 when a rule failed (a bug)
 * @throws UserError for wrong use (2), and for what can't be checked or written (3)
 */
export async function check(
  paths: readonly string[],
  raw: RawCheckOptions,
  world: CheckWorld,
  version: string,
): Promise<number> {
  const options = parseCheckOptions(raw);
  refuseOnHub(paths, options);
  const resolve = options.resolve ? await resolverOf(world) : undefined;
  const subjects = await findSubjects(paths, world);
  const user = await readUserSettings(world.env);
  let jobs: readonly Job[] = await Promise.all(
    subjects.map(async (subject): Promise<Job> => {
      const resolved = await resolveSettings(options, subject.files, subject.path, user.platform);
      subject.assertRead();
      const isAsked = ({ id, asksHub, asksResolver, asksEstimate }: Rule) => {
        if (isStandardInput(subject)) return areaOf(id) === 'code' && !asksEstimate;
        const isFolder = subject.hub === null;
        if ((isFolder && asksHub) || (!options.resolve && asksResolver)) return false;
        return options.estimate || !asksEstimate;
      };
      const rules = resolved.rules.filter(isAsked);
      const measured = await measuredOf(subject.dir, world.env);
      const settings = { ...resolved, rules, measured };
      // A wrong name is reported before anything is done.
      loadProfile(settings.platform);
      return { subject, settings, isWhole: true };
    }),
  );
  if (options.estimate) jobs = await estimated(jobs, world);
  const inFolders = foldersOf(jobs);
  const fixJobs = inFolders.map((job) => ({ ...job, withUnsafe: options.unsafeFixes }));
  if (options.diff) return showFixes(fixJobs, world);
  if (options.fix) await fixSpace(fixJobs, world);
  if (options.addIgnore) await addIgnores(inFolders, world);
  if (!options.watch) return checkOnce(jobs, options, world, version, resolve);
  const folders = inFolders.map(({ folder }) => folder);
  return watchFolders(folders, world, () => checkOnce(jobs, options, world, version, resolve));
}

async function checkOnce(
  jobs: readonly Job[],
  options: CheckOptions,
  world: CheckWorld,
  version: string,
  resolve: CheckSpaceOptions['resolve'],
): Promise<number> {
  const startMs = performance.now();
  const spaces: SpaceReport[] = [];
  const resolutions: (Resolution | null)[] = [];
  const failures: RuleFailure[] = [];
  let isAsked = false;
  const askPython: AskPython = async (files, minor) => {
    isAsked = true;
    const { askPythonOf } = await import('./ask-python.js');
    return askPythonOf(world.env)(files, minor);
  };
  const { baseline: file } = options;
  const baseline = file === null ? null : await readAccepted(file, world.cwd);
  for (const job of jobs) {
    const checked = await report(job, { askPython, ...(resolve ? { resolve } : {}) }, baseline);
    spaces.push(checked.space);
    resolutions.push(checked.resolution);
    reportResolved(checked.resolution, job.subject, world);
    failures.push(...checked.failures);
  }
  const done = {
    spaces,
    elapsedMs: performance.now() - startMs,
    exitCode:
      failures.length > 0
        ? EXIT.bug
        : withUnknown(
            exitCodeOf(spaces.map(({ verdict }) => verdict)),
            resolutions.some((one) => one?.kind === 'unknown') || jobs.some((job) => !job.isWhole),
          ),
  };
  if (file !== null && baseline === null && failures.length === 0) {
    const { writeBaseline } = await import('./baseline.js');
    const count = await writeBaseline(file, world.cwd, spaces);
    const what = count === 1 ? '1 finding is' : `${count} findings are`;
    world.stderr.write(`${file}: ${what} accepted from now on\n`);
    return EXIT.ok;
  }
  const look = lookOf(options, world);
  await write(done, look, options, world, version);
  for (const failure of failures) reportFailure(failure, world);
  const records = jobs.flatMap(({ subject }) => subject.record?.() ?? []);
  // Answers of others, such as a Python, may be different tomorrow.
  const isAlone =
    !isAsked && !resolve && !options.estimate && file === null && options.output === null;
  const isKept = failures.length === 0 && isAlone && look.format !== 'sarif';
  if (isKept) await rememberReport(world, world.build ?? BUILD, done, records, look);
  return done.exitCode;
}

/**
 * Asks the uv that is at hand; questions of Spaces that are alike are asked once.
 *
 * @throws UserError E_CHECK_RESOLVE without uv
 */
async function resolverOf({
  env,
  interrupted,
}: CheckWorld): Promise<NonNullable<CheckSpaceOptions['resolve']>> {
  const { askUv, findUv } = await import('./resolve/ask-uv.js');
  const uv = findUv(env);
  return (question) => askUv(uv, question, { env, interrupted });
}

/** Requirements that resolve are reported beside the findings. */
function reportResolved(resolution: Resolution | null, { path }: Subject, { stderr }: CheckWorld) {
  if (resolution?.kind !== 'resolved') return;
  stderr.write(
    `${path}: uv finds versions for all requirements, ${resolution.packages} packages\n`,
  );
}

/** What uv or an estimate could not say was not checked, though it was asked for. */
const withUnknown = (exitCode: number, isUnknown: boolean): number =>
  isUnknown && exitCode === EXIT.ok ? EXIT.cannot : exitCode;

/** One after the other: each starts a Space. */
async function estimated(jobs: readonly Job[], world: CheckWorld): Promise<readonly Job[]> {
  const done: Job[] = [];
  for (const job of jobs) {
    const { subject, settings } = job;
    const space = subject.dir ?? subject.path;
    if (isStandardInput(subject) || !world.estimate) {
      done.push(job);
      continue;
    }
    const { functions, failures } = await world.estimate(space, settings.platform);
    for (const failure of failures)
      world.stderr.write(`${subject.path}: no estimate: ${failure}\n`);
    done.push({
      subject,
      settings: { ...settings, estimated: functions },
      isWhole: failures.length === 0,
    });
  }
  return done;
}

/** Loaded on demand, as the Python is: the schema library costs more than the rest of a check. */
async function readAccepted(file: string, cwd: string): Promise<Baseline | null> {
  const { readBaseline } = await import('./baseline.js');
  return readBaseline(file, cwd);
}

function lookOf(
  { format, output, color, ascii, statistics }: CheckOptions,
  world: CheckWorld,
): Look {
  const isTerminal = world.stdout.isTTY === true && output === null;
  const inActions = world.env['GITHUB_ACTIONS'] === 'true' && !isTerminal;
  const forOthers = isAgent(world.env) ? 'agent' : inActions ? 'github' : 'text';
  const usual = output === null ? forOthers : 'text';
  return { format: format ?? (statistics ? 'text' : usual), color, ascii, statistics };
}

async function report(
  { subject, settings }: Job,
  asked: Pick<CheckSpaceOptions, 'askPython' | 'resolve'>,
  baseline: Baseline | null,
): Promise<{
  space: SpaceReport;
  failures: readonly RuleFailure[];
  resolution: Resolution | null;
}> {
  const { path, name, dir, files, hub } = subject;
  const accepted: Pick<CheckSpaceOptions, 'newOf'> = baseline
    ? { newOf: (findings, sources) => baseline.newOf({ path }, findings, sources) }
    : {};
  const checked = await checkSpace(name, files, { ...settings, ...accepted, ...asked, hub });
  subject.assertRead();
  const space = spaceReport({ path, name, dir }, checked, settings);
  return { failures: checked.failures, resolution: checked.resolution, space };
}

function reportFailure({ rule, error }: RuleFailure, { stderr }: CheckWorld): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`bug    rule ${rule} failed; the other rules were asked\n${stack}\n`);
}

async function write(
  done: CheckReport,
  look: Look,
  options: CheckOptions,
  world: CheckWorld,
  version: string,
): Promise<void> {
  const text = writtenReport(done, look, world, version, options.output !== null);
  if (options.output === null) {
    world.stdout.write(text);
    return;
  }
  try {
    await writeFile(resolve(world.cwd, options.output), text);
  } catch (error) {
    throw new UserError('E_CHECK_OUTPUT', `the report can't be written to ${options.output}`, {
      why: error instanceof Error ? error.message : String(error),
      fix: '--output FILE   (in a folder that can be written to)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}
