/**
 * A Space on the Hub as a folder that can be run. The shared cache holds links to files that other
 * programs rely on, and a Space may write into its folder: so it gets one of its own.
 */
import { copyFile, lstat, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import {
  bringSpace,
  type Consent,
  createHub,
  type HubAddress,
  type HubFile,
  type HubName,
  readHubSettings,
} from '../../hub/index.js';
import { withLock } from '../../python-env/lock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { interruptible } from '../../shared/interruption.js';
import { makeFolder } from '../../shared/make-folder.js';
import { cacheDir } from '../../shared/user-folders.js';

/** What was put into the folder last time, beside it: the app's own files are not of the Space. */
const placedSchema = z.object({ sha: z.string(), files: z.array(z.string()) });

export interface HubSpaceRequest {
  readonly name: HubName | HubAddress;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly consent: Consent;
  /** One line of talk. */
  readonly say: (line: string) => void;
  readonly interrupted: AbortSignal;
}

/**
 * Brings a Space and puts its files into a folder of the cache, one for each Space and revision: what
 * the Space has written there stays, and its files are as they are on the Hub.
 *
 * @returns the folder, and the Space's `owner/name`
 * @throws HubError; UserError E_HUB_CACHE; the signal's reason when it was interrupted
 */
export async function placeHubSpace(
  request: HubSpaceRequest,
): Promise<{ readonly dir: string; readonly id: string }> {
  const { env, consent, say, interrupted } = request;
  const hub = createHub({ settings: await readHubSettings(env), interrupted });
  return interruptible(interrupted, async () => {
    const name = await hub.named(request.name);
    const plan = await hub.planSnapshot(name.id, name.revision);
    const root = await bringSpace(hub, name, plan, consent, say, interrupted);
    const dir = folderOf(cacheDir(env), name);
    await asCacheErrors(dir, () =>
      withLock(
        `${dir}.lock`,
        {
          onWait: () => say('another run of it is being started; this one waits'),
          signal: interrupted,
        },
        () => place(plan.sha, plan.files, root, dir),
      ),
    );
    say('its code runs as you: with your files and your environment');
    return { dir, id: name.id };
  });
}

/** `spaces/ada/hello`, `spaces/ada/hello@v2`: its last part is how the run calls the Space. */
export function folderOf(cache: string, { id, revision }: HubName): string {
  // A revision may hold slashes, which would put one Space's folder inside another's.
  const at = revision === null ? '' : `@${revision.replaceAll('/', '--')}`;
  return join(cache, 'spaces', `${id}${at}`);
}

async function asCacheErrors(dir: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError('E_HUB_CACHE', `the files of the Space can't be put into ${dir}`, {
      why: code === 'ENOSPC' ? 'The disk is full.' : message,
      fix: 'make room there, or name another folder: XDG_CACHE_HOME=FOLDER',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

async function place(
  sha: string,
  files: readonly HubFile[],
  root: string,
  dir: string,
): Promise<void> {
  const memory = `${dir}.zerogpu.json`;
  makeFolder(dir, 0o700);
  const before = await readPlaced(memory);
  const paths = files.map(({ path }) => path);
  const now = new Set(paths);
  // Both lists until it is done: an interrupted run must not forget what is in the folder.
  const both = [...new Set([...(before?.files ?? []), ...paths])];
  await writeFile(memory, JSON.stringify({ sha, files: both }), { mode: 0o600 });
  for (const path of before?.files ?? []) {
    if (!now.has(path)) await rm(join(dir, path), { force: true });
  }
  for (const file of files) await placeFile(file, join(root, file.path), dir);
  await writeFile(memory, JSON.stringify({ sha, files: paths }), { mode: 0o600 });
}

async function readPlaced(memory: string) {
  try {
    return placedSchema.parse(JSON.parse(await readFile(memory, 'utf8')));
  } catch {
    return null;
  }
}

/** Copied, since it may be written to; weights are linked, since copies of gigabytes are slow and nothing writes to them. */
async function placeFile({ path, large }: HubFile, from: string, dir: string): Promise<void> {
  const to = join(dir, path);
  await makeFolders(dir, dirname(path));
  const part = `${to}.zerogpu-part`;
  await rm(part, { force: true });
  if (large) await symlink(from, part);
  else await copyFile(from, part);
  if ((await lstat(to).catch(() => null))?.isDirectory()) await rm(to, { recursive: true });
  // A running app keeps reading the file that it has open.
  await rename(part, to);
}

/** Folders and nothing else: a link that the app left there would lead the copy elsewhere. */
async function makeFolders(dir: string, path: string): Promise<void> {
  if (path === '.') return;
  let at = dir;
  for (const part of path.split('/')) {
    at = join(at, part);
    const found = await lstat(at).catch(() => null);
    if (found && !found.isDirectory()) await rm(at, { force: true });
    makeFolder(at);
  }
}
