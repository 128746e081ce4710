/**
 * Files of a Space in the cache that the Python tools share: `blobs/` by content, `refs/` by branch,
 * `snapshots/` as links. Names and sizes come from a stranger's repository and are held to what they
 * said; contents are held to their digests.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  access,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { formatBytes } from '../shared/bytes.js';
import { makeFolder } from '../shared/make-folder.js';
import { badAnswer, errorOf, HubError, type Purpose, rateLimited, unreachable } from './errors.js';
import { waitAfterRefusal } from './pace.js';
import type { HubFile, SnapshotPlan } from './port.js';
import type { HubSettings } from './settings.js';
import { type Asked, NoAnswer, send } from './transport.js';

/** Files on their way at one time. */
const AT_ONCE = 6;

/** A Space's folder in the shared cache. */
export const repoFolder = (cacheDir: string, id: string) =>
  join(cacheDir, `spaces--${id.replaceAll('/', '--')}`);

/** Which files the cache lacks at this commit. */
export async function missingOf(
  settings: HubSettings,
  id: string,
  files: readonly HubFile[],
): Promise<readonly HubFile[]> {
  const blobs = join(repoFolder(settings.cacheDir, id), 'blobs');
  const there = await Promise.all(
    files.map(async ({ etag, bytes }) => {
      const found = await stat(join(blobs, etag)).catch(() => null);
      return found?.size === bytes;
    }),
  );
  return files.filter((_, index) => !there[index]);
}

/** What the cache has of a revision; null when it has none. Files that were never brought are not known. */
export async function planFromCache(
  settings: HubSettings,
  id: string,
  revision: string,
): Promise<SnapshotPlan | null> {
  const folder = repoFolder(settings.cacheDir, id);
  const ref = await readFile(join(folder, 'refs', revision), 'utf8').catch(() => revision);
  const sha = ref.trim();
  if (!/^[0-9a-f]{40}$/.test(sha)) return null;
  const root = join(folder, 'snapshots', sha);
  const names = await readdir(root, { recursive: true }).catch(() => null);
  if (names === null) return null;
  const files: HubFile[] = [];
  for (const path of names) {
    const found = await stat(join(root, path)).catch(() => null);
    if (found?.isFile()) files.push({ path, bytes: found.size, etag: '', large: false });
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { id, sha, revision, files, bytes, missing: [], missingBytes: 0 };
}

/** Where the files of a plan lie, or will. */
export const snapshotFolder = (settings: HubSettings, { id, sha }: SnapshotPlan) =>
  join(repoFolder(settings.cacheDir, id), 'snapshots', sha);

export interface Download {
  readonly settings: HubSettings;
  readonly plan: SnapshotPlan;
  readonly asked: (path: string) => Asked;
  readonly purpose: Purpose;
  readonly wallMs: () => number;
  readonly progress: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** @throws HubError, also for a cache that can't be written */
export async function bring(download: Download): Promise<string> {
  const { settings, plan } = download;
  const folder = repoFolder(settings.cacheDir, plan.id);
  const root = snapshotFolder(settings, plan);
  try {
    makeFolder(join(folder, 'blobs'));
    makeFolder(root);
    await assertRoom(folder, plan);
    await bringAll(download, join(folder, 'blobs'));
    // Offline has no digests, and its links are there.
    for (const file of plan.files) {
      if (file.etag !== '') await link(join(folder, 'blobs', file.etag), join(root, file.path));
    }
    if (plan.revision !== plan.sha) {
      const ref = join(folder, 'refs', plan.revision);
      makeFolder(dirname(ref));
      await writeFile(ref, plan.sha);
    }
    return root;
  } catch (error) {
    throw asHubError(error, download);
  }
}

/** Before an hour's download, not after it. */
async function assertRoom(folder: string, { missingBytes }: SnapshotPlan): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (missingBytes <= bavail * bsize) return;
  const free = formatBytes(bavail * bsize);
  throw Object.assign(new Error(`It needs ${formatBytes(missingBytes)}, and ${free} are free.`), {
    code: 'ENOROOM',
  });
}

/** Small files are many: waiting for each answer would take longer than their bytes. */
async function bringAll(download: Download, blobs: string): Promise<void> {
  const { plan, progress, signal } = download;
  const first = new AbortController();
  const stop = () => first.abort();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const files = [...new Map(plan.missing.map((file) => [file.etag, file])).values()];
  let arrived = 0;
  const tell = (bytes: number) => {
    arrived += bytes;
    progress(arrived);
  };
  async function work(): Promise<void> {
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      await bringFile({ ...download, signal: first.signal }, file, join(blobs, file.etag), tell);
    }
  }
  try {
    const workers = Array.from({ length: AT_ONCE }, () =>
      work().catch((error: unknown) => {
        // One that can't come ends the others, which then say no more than that.
        files.length = 0;
        if (!first.signal.aborted) {
          stop();
          throw error;
        }
      }),
    );
    const ends = await Promise.allSettled(workers);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    if (signal?.aborted) throw new NoAnswer('It was interrupted.', false);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function asHubError(error: unknown, { settings, purpose }: Download): HubError {
  if (error instanceof HubError) return error;
  if (error instanceof NoAnswer) {
    return error.again
      ? unreachable(purpose, settings.endpoint, error.message)
      : badAnswer(purpose, settings.endpoint, error.message);
  }
  const { code, message } = error as NodeJS.ErrnoException;
  return new HubError('E_HUB_CACHE', `${settings.cacheDir} can't take ${purpose.what}`, {
    why: code === 'ENOSPC' ? 'The disk is full.' : message,
    fix: 'make room there, or name another folder: HF_HUB_CACHE=FOLDER',
  });
}

/** Brings one file under another name; it gets its own when all of it is there and right. */
async function bringFile(
  { asked, plan, purpose, settings, wallMs, signal }: Download,
  file: HubFile,
  blob: string,
  tell: (bytes: number) => void,
): Promise<void> {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const request = asked(`/spaces/${plan.id}/resolve/${plan.sha}/${path}`);
  const answer = await send({ ...request, leavesHome: true, signal });
  const status = answer.statusCode ?? 0;
  if (status !== 200) {
    answer.destroy();
    if (status === 429) {
      const { seconds, told } = waitAfterRefusal(answer.headers, wallMs());
      throw rateLimited(purpose, seconds, told);
    }
    throw (
      errorOf(
        status,
        { ...purpose, what: file.path },
        settings.endpoint,
        settings.token !== null,
      ) ?? badAnswer(purpose, settings.endpoint, `${file.path} came with status ${status}.`)
    );
  }
  const digest = digestOf(file);
  const part = `${blob}.${randomBytes(4).toString('hex')}.incomplete`;
  const handle = await open(part, 'wx', 0o644);
  try {
    let bytes = 0;
    for await (const piece of answer as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > file.bytes) {
        answer.destroy();
        throw new NoAnswer(
          `${file.path} is larger than the ${file.bytes} bytes it is said to be.`,
          false,
        );
      }
      digest.update(piece);
      await handle.writeFile(piece);
      tell(piece.length);
    }
    if (bytes < file.bytes) throw new NoAnswer(`${file.path} was cut off.`, true);
    if (digest.digest('hex') !== file.etag) {
      throw new NoAnswer(`${file.path} is not what its digest says.`, false);
    }
    await handle.close();
    await rename(part, blob);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(part, { force: true });
    if (signal?.aborted) throw new NoAnswer('It was interrupted.', false);
    const broken = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'];
    if (broken.includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw new NoAnswer(`${file.path} was cut off.`, true);
    }
    throw error;
  }
}

/** Git names a file's object by its size and content; a large file is named by its sha256. */
function digestOf({ large, bytes }: HubFile) {
  return large ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`);
}

/**
 * A relative link, as the Python tools make it, so that the cache can be moved. It gets its name when it
 * is there, since others may be linking the same file.
 */
async function link(blob: string, pointer: string): Promise<void> {
  const works = await access(pointer).then(
    () => true,
    () => false,
  );
  if (works) return;
  makeFolder(dirname(pointer));
  const part = `${pointer}.${randomBytes(4).toString('hex')}.incomplete`;
  await symlink(relative(dirname(pointer), blob), part);
  try {
    await rename(part, pointer);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
