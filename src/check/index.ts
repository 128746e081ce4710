/** `zerogpu check`: reads the flags, checks each Space, writes the report, gives the exit code. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { readUserSettings } from '../config/user-settings.js';
import { loadProfile } from '../platform/index.js';
import { EXIT, UserError } from '../shared/errors.js';
import { choosePaint } from '../shared/paint.js';
import { checkSpace } from './check-space.js';
import type { RuleFailure } from './engine.js';
import { askPythonOf } from './exact-syntax.js';
import { fixSpace, showFixes } from './fix/index.js';
import { repositoryRoot } from './folders.js';
import { type CheckOptions, parseCheckOptions, type RawCheckOptions } from './options.js';
import type { CheckReport, SpaceReport } from './report.js';
import { reporters } from './reporters/index.js';
import { type CheckSettings, settle } from './settings.js';
import { spaceReport } from './space-report.js';
import { findSubjects, foldersOf, refuseOnHub, type Subject } from './subjects.js';
import { exitCodeOf } from './verdict.js';
import { watchFolders } from './watch.js';

/** What `check` may touch of its process. */
export interface CheckWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable;
  readonly interrupted: AbortSignal;
}

/** One Space with how it is to be checked. */
interface Job {
  readonly subject: Subject;
  readonly settings: CheckSettings;
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
  const subjects = await findSubjects(paths, world);
  const user = await readUserSettings(world.env);
  const jobs = await Promise.all(
    subjects.map(async (subject): Promise<Job> => {
      const settled = await settle(options, subject.files, subject.path, user.platform);
      subject.assertRead();
      const rules = settled.rules.filter(({ asksHub }) => subject.hub !== null || !asksHub);
      const settings = { ...settled, rules };
      // A wrong name is to be told before anything is done.
      loadProfile(settings.platform);
      return { subject, settings };
    }),
  );
  const inFolders = foldersOf(jobs);
  if (options.diff) return showFixes(inFolders, world);
  if (options.fix) await fixSpace(inFolders, world);
  if (!options.watch) return checkOnce(jobs, options, world, version);
  const folders = inFolders.map(({ folder }) => folder);
  return watchFolders(folders, world, () => checkOnce(jobs, options, world, version));
}

async function checkOnce(
  jobs: readonly Job[],
  options: CheckOptions,
  world: CheckWorld,
  version: string,
): Promise<number> {
  const startMs = performance.now();
  const spaces: SpaceReport[] = [];
  const failures: RuleFailure[] = [];
  for (const job of jobs) {
    const checked = await report(job, world);
    spaces.push(checked.space);
    failures.push(...checked.failures);
  }
  const done = {
    spaces,
    elapsedMs: performance.now() - startMs,
    exitCode: failures.length > 0 ? EXIT.bug : exitCodeOf(spaces.map(({ verdict }) => verdict)),
  };
  await write(done, options, world, version);
  for (const failure of failures) tellFailure(failure, world);
  return done.exitCode;
}

async function report(
  { subject, settings }: Job,
  { env }: CheckWorld,
): Promise<{ space: SpaceReport; failures: readonly RuleFailure[] }> {
  const { path, name, dir, files, hub } = subject;
  const checked = await checkSpace(name, files, { ...settings, hub, askPython: askPythonOf(env) });
  subject.assertRead();
  return { failures: checked.failures, space: spaceReport({ path, name, dir }, checked, settings) };
}

function tellFailure({ rule, error }: RuleFailure, { stderr }: CheckWorld): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`bug    rule ${rule} failed; the other rules were asked\n${stack}\n`);
}

async function write(
  done: CheckReport,
  options: CheckOptions,
  world: CheckWorld,
  version: string,
): Promise<void> {
  const isTerminal = world.stdout.isTTY === true && options.output === null;
  const inActions = world.env['GITHUB_ACTIONS'] === 'true' && !isTerminal;
  const format = options.format ?? (inActions && options.output === null ? 'github' : 'text');
  const [first] = done.spaces;
  const text = reporters[format](done, {
    paint: choosePaint(options.color, world.env, isTerminal),
    ascii: options.ascii,
    columns: Math.max(40, (isTerminal ? world.stdout.columns : undefined) ?? 80),
    version,
    repositoryRoot: repositoryRoot(first?.dir ?? world.cwd),
  });
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
