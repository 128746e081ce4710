/** What a user wants checked: folders, and Spaces on the Hub. */
import { isHubName } from '../hub/names.js';
import { askingHub, namesakeLine, spaceWordIn } from '../hub/space-word.js';
import { EXIT, UserError } from '../shared/errors.js';
import { interruptible } from '../shared/interruption.js';
import type { World } from '../shared/world.js';
import {
  filesInFolder,
  filesInMemory,
  LARGEST_SOURCE_BYTES,
  type SpaceFiles,
} from '../space/index.js';
import { type FolderRecord, recordedFiles } from './cache/record.js';
import { findFolder, type SpaceFolder } from './folders.js';
import type { CheckOptions } from './options.js';
import type { HubSide } from './rule.js';

/** One Space to check. */
export interface Subject {
  /** As the user named it: `demos/hello`, `hf:ada/hello@v2`. */
  readonly path: string;
  /** For headings. */
  readonly name: string;
  /** Absolute; null on the Hub. */
  readonly dir: string | null;
  readonly files: SpaceFiles;
  readonly hub: HubSide | null;
  /** What was read of a folder so far; left out for what is not one. */
  readonly record?: () => FolderRecord;
  /** @throws what reading the files ended with */
  assertRead(): void;
}

type SubjectWorld = Pick<World, 'env' | 'cwd' | 'stderr' | 'interrupted'> &
  Partial<Pick<World, 'stdin'>> & {
    /** How a folder is read; as it is by default. */
    readonly filesIn?: (dir: string) => SpaceFiles;
  };

/**
 * @param paths folders, or `hf:OWNER/NAME`; the current folder when there are none
 * @throws UserError E_SPACE_NOT_FOUND, E_CHECK_UNREADABLE; E_USAGE and HubError for what is on the Hub
 */
export async function findSubjects(
  paths: readonly string[],
  world: SubjectWorld,
): Promise<readonly Subject[]> {
  const subjects: Subject[] = [];
  for (const path of paths.length === 0 ? ['.'] : paths) {
    const subject =
      path === STANDARD_INPUT
        ? await fromStandardInput(world)
        : await named(path, paths.length === 1, world);
    const isSame = ({ dir, path: other }: Subject) =>
      subject.dir === null ? other === path : dir === subject.dir;
    if (!subjects.some(isSame)) subjects.push(subject);
  }
  return subjects;
}

/** @param isOnly no other Space is named: a glob of folders needs no line for each */
async function named(path: string, isOnly: boolean, world: SubjectWorld): Promise<Subject> {
  const filesIn = world.filesIn ?? filesInFolder;
  // Who reads files in another way has folders alone.
  if (world.filesIn && !isHubName(path))
    return inFolder(await findFolder(path, world.cwd), filesIn);
  const word = spaceWordIn(world.cwd, path);
  if (word.kind === 'hub') {
    return interruptible(world.interrupted, () =>
      askingHub(path, word, () => onHub(word.name, world)),
    );
  }
  const line = isOnly ? namesakeLine(word) : null;
  if (line !== null) world.stderr.write(`${line}\n`);
  return inFolder(await findFolder(path, world.cwd), filesIn);
}

const STANDARD_INPUT = '-';

/** Whether a Space is one text from standard input: there is only code to look at. */
export function isStandardInput({ path }: Pick<Subject, 'path'>): boolean {
  return path === STANDARD_INPUT;
}

/** The text of an app file, as if it were all of the Space. */
async function fromStandardInput({ stdin, interrupted }: SubjectWorld): Promise<Subject> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin ?? []) {
    interrupted.throwIfAborted();
    chunks.push(Buffer.from(chunk as Uint8Array));
    bytes += chunks.at(-1)?.length ?? 0;
    if (bytes > LARGEST_SOURCE_BYTES) {
      throw new UserError('E_CHECK_UNREADABLE', 'standard input has more than 8 MB', {
        why: 'It is read as one Python file.',
        fix: 'zerogpu check - < app.py',
        exitCode: EXIT.cannot,
      });
    }
  }
  const files = filesInMemory({ 'app.py': Buffer.concat(chunks) });
  const name = 'standard input';
  return { path: STANDARD_INPUT, name, dir: null, files, hub: null, assertRead() {} };
}

function inFolder(folder: SpaceFolder, filesIn: (dir: string) => SpaceFiles): Subject {
  const files = recordedFiles(filesIn(folder.dir));
  return { ...folder, files, hub: null, record: files.record, assertRead() {} };
}

/** Loaded on demand: a check of a folder needs no network. */
async function onHub(path: string, world: SubjectWorld): Promise<Subject> {
  const { env, stderr, interrupted } = world;
  const [{ createHub, parseHubName, readHubSettings }, { filesOnHub, hubSideOf }] =
    await Promise.all([import('../hub/index.js'), import('./hub-space.js')]);
  const said = parseHubName(path);
  const settings = await readHubSettings(env);
  const hub = createHub({ settings, interrupted });
  const { id, revision } = await hub.named(said);
  const { files, plan, assertRead } = await filesOnHub(hub, id, revision, interrupted);
  const from = settings.offline ? 'the cache' : settings.endpoint;
  stderr.write(`reading ${id} at ${plan.sha.slice(0, 8)} from ${from}\n`);
  const side = settings.offline ? null : await hubSideOf(hub, id, revision);
  return { path, name: id, dir: null, files, hub: side, assertRead };
}

/**
 * Before anything is asked of the Hub: what can only be done to folders.
 *
 * @throws UserError E_USAGE
 */
export function refuseOnHub(
  paths: readonly string[],
  { fix, diff, watch, addIgnore }: Pick<CheckOptions, 'fix' | 'diff' | 'watch' | 'addIgnore'>,
): void {
  const path = paths.find((one) => isHubName(one) || one === STANDARD_INPUT);
  const flags = { '--fix': fix, '--diff': diff, '--watch': watch, '--add-ignore': addIgnore };
  const flag = Object.entries(flags).find(([, isSet]) => isSet)?.[0] ?? null;
  if (path === undefined || flag === null) return;
  if (path === STANDARD_INPUT) {
    throw new UserError('E_USAGE', `${flag} is for folders, and - is standard input`, {
      why: 'There is no file that could be changed or watched.',
      fix: `zerogpu check ${flag}   (in the folder of the Space)`,
    });
  }
  throw new UserError('E_USAGE', `${flag} is for folders, and ${path} is on the Hub`, {
    why: 'Nothing on the Hub is changed or watched.',
    fix: `zerogpu init --from ${path}   (a copy in a folder, to be checked with ${flag})`,
  });
}

/** The same jobs with the folder of each. */
export function foldersOf<Job extends { readonly subject: Subject }>(
  jobs: readonly Job[],
): readonly (Job & { readonly folder: SpaceFolder })[] {
  return jobs.flatMap((job) => {
    const { dir, path, name } = job.subject;
    return dir === null ? [] : [{ ...job, folder: { dir, path, name } }];
  });
}
