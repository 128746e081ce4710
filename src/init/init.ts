/** `zerogpu init`: collects the answers, plans the files, writes them, says what comes next. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { EXIT, UserError } from '../shared/errors.js';
import { packageRoot } from '../shared/package-root.js';
import type { World } from '../shared/world.js';
import { filesInFolder, readSpaceModel, type SpaceModel } from '../space/index.js';
import { type Answers, DEFAULT_TEMPLATE } from './answers.js';
import { Cancelled, collectAnswers, type Terminal } from './ask.js';
import { addRepository, isInsideRepository } from './git.js';
import { advice, filesForExisting, frontMatter } from './here.js';
import { readTemplates, type SpaceFile, type Template } from './manifest.js';
import { type InitOptions, parseInitOptions, type RawInitOptions } from './options.js';
import { type Existing, planFiles } from './plan.js';
import { renderSpace } from './render.js';
import { conflictError, listTemplates, needsTemplate, nextCommands, planLines } from './words.js';
import { presentFiles, writeFiles } from './write.js';

/** What `init` may touch of its process. */
export type InitWorld = Pick<
  World,
  'env' | 'cwd' | 'stdin' | 'inForeground' | 'stdout' | 'stderr' | 'interrupted'
>;

/**
 * Runs one `zerogpu init`.
 *
 * @param said the folder as the user wrote it
 * @param version of zerogpu, for the workflow that is written
 * @param usersPlatform the platform of the user's settings: the one that is offered first
 * @returns the exit code: 0, or 130 when the person cancelled
 * @throws UserError E_USAGE, E_INIT_EXISTS, E_INIT_WRITE, E_SPACE_NOT_FOUND; HubError with `--from`
 */
export async function init(
  said: string | undefined,
  raw: RawInitOptions,
  world: InitWorld,
  version: string,
  usersPlatform: string | null = null,
): Promise<number> {
  const options = parseInitOptions(raw);
  if (options.from !== null) {
    // Loaded on demand: a template needs no network.
    const { initFromHub } = await import('./from-hub.js');
    return initFromHub(said, options.from, options, world);
  }
  const dir = said ?? '.';
  const templates = await readTemplates(join(packageRoot(), 'templates'));
  if (options.list) {
    world.stdout.write(listTemplates(templates, options.json));
    return EXIT.ok;
  }
  const target = resolve(world.cwd, dir);
  const existing = options.here ? await readExisting(target, dir) : null;
  let answers: Answers;
  try {
    answers = await answersFor(options, templates, target, world, usersPlatform);
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    world.stderr.write('Cancelled: nothing was written.\n');
    return EXIT.sigint;
  }
  const rendered = renderSpace(answers, version);
  const files = existing ? filesForExisting(rendered, existing.appFile.file, answers) : rendered;
  const plan = planFiles(files, await presentFiles(target, files), whatIfThere(options));
  if (plan.conflicts.length > 0) throw conflictError(plan.conflicts, dir);
  const shown = relative(world.cwd, target) || '.';
  world.stderr.write(planLines(plan, shown, options.dryRun));
  if (!options.dryRun) {
    await writeFiles(target, plan.files);
    if (answers.git) await addRepository(target, world.stderr);
  }
  if (existing) await advise(existing, target, rendered, world.stderr);
  if (!options.dryRun) {
    if (answers.template.needs && !existing) {
      world.stderr.write(`It needs ${answers.template.needs}.\n`);
    }
    world.stdout.write(nextCommands(shown, existing ? [] : answers.template.run, !existing));
  }
  return EXIT.ok;
}

async function answersFor(
  options: InitOptions,
  templates: readonly Template[],
  target: string,
  world: InitWorld,
  usersPlatform: string | null,
): Promise<Answers> {
  const terminal = terminalOf(options, world);
  if (terminal === null && !options.yes && options.template === undefined && !options.here) {
    throw needsTemplate(templates);
  }
  return collectAnswers({
    // What is added to an app of somebody's own has nothing to do with a template, and its licence is
    // for its owner to choose.
    options: options.here
      ? { ...options, template: DEFAULT_TEMPLATE, license: options.license ?? 'none' }
      : options,
    templates,
    folder: basename(target),
    usersPlatform,
    gitByDefault: !options.here && !(await isInsideRepository(target)),
    terminal: options.here ? null : terminal,
  });
}

/** No questions where no person can answer: no terminal, `--yes`, CI. */
function terminalOf(
  { yes }: InitOptions,
  { env, stdin, stderr, inForeground }: InitWorld,
): Terminal | null {
  const isTerminal = stdin.isTTY === true && stderr.isTTY === true && (inForeground?.() ?? true);
  return isTerminal && !yes && !env['CI'] ? { input: stdin, output: stderr } : null;
}

function whatIfThere({ here, force }: InitOptions): Existing {
  if (here) return 'keep';
  return force ? 'overwrite' : 'refuse';
}

/** @throws UserError E_SPACE_NOT_FOUND, E_SPACE_APP_FILE */
async function readExisting(target: string, dir: string): Promise<SpaceModel> {
  const found = await stat(target).catch(() => null);
  if (!found?.isDirectory()) {
    throw new UserError('E_SPACE_NOT_FOUND', `there is no folder "${dir}" to add to`, {
      why: '--here adds what is missing beside an app that exists.',
      fix: `zerogpu init ${dir}   (without --here: makes a new one)`,
    });
  }
  const space = await readSpaceModel(dir, filesInFolder(target));
  const python = pythonFiles(space);
  if (space.appFile.exists) return space;
  const [only] = python;
  if (python.length === 1 && only && !space.appFile.declared) {
    return { ...space, appFile: { ...space.appFile, file: only, exists: true } };
  }
  throw new UserError('E_SPACE_APP_FILE', `there is no ${space.appFile.file} in "${dir}"`, {
    why:
      python.length === 0
        ? 'The folder holds no Python file, so there is no app to add to.'
        : `Which of these starts the app? ${python.join(', ')}`,
    fix:
      python.length === 0
        ? `zerogpu init ${dir}   (without --here: from a template)`
        : 'name it app.py, or set app_file in the front matter of README.md',
  });
}

/** Python files of the folder itself. */
function pythonFiles(space: SpaceModel): readonly string[] {
  return space.listing.entries
    .filter(({ path, kind }) => kind === 'file' && /^[^/]+\.py$/.test(path))
    .map(({ path }) => path);
}

async function advise(
  space: SpaceModel,
  target: string,
  rendered: readonly SpaceFile[],
  stderr: Writable,
): Promise<void> {
  const files = space.listing.entries.filter(
    ({ kind, path }) => kind === 'file' && /\.py$/.test(path),
  );
  const texts = files.map(({ path }) => readFile(join(target, path), 'utf8').catch(() => ''));
  const readme = rendered.find(({ path }) => path === 'README.md')?.content ?? '';
  const block = frontMatter(readme, space.appFile.file);
  for (const paragraph of advice(space, await Promise.all(texts), block)) {
    stderr.write(`\n${paragraph}\n`);
  }
}
