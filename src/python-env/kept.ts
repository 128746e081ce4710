/** The environments that zerogpu keeps in its cache: listed, found by their Space, and removed. */
import { lstat, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pythonOf } from './interpreters.js';
import { isHeld } from './lock.js';
import { environmentsDir, readMarker } from './marker.js';

/** One environment of the cache. */
export interface KeptEnvironment {
  /** Of its folder: what `zerogpu env rm` takes. */
  readonly name: string;
  readonly dir: string;
  /** The Space that it was made for; null for one of an older zerogpu, or of a script. */
  readonly space: string | null;
  /** `3.11.7`; null where it can't be read. */
  readonly python: string | null;
  /** `2.13.0+cpu`; null without PyTorch. */
  readonly torch: string | null;
  /** On disk. Files that an installer shares with its own cache count in full. */
  readonly bytes: number;
  /** Milliseconds since 1970; null for half an environment. */
  readonly lastUsedMs: number | null;
  /** `incomplete`: its build was interrupted; nothing uses it. */
  readonly state: 'ready' | 'in use' | 'being made' | 'incomplete';
}

/** What the folder of an environment is called: nothing else is listed or removed. */
const NAME = /^[A-Za-z0-9._-]+-[0-9a-f]{12}$/;

/** All environments, by name. */
export async function keptEnvironments(cacheDir: string): Promise<readonly KeptEnvironment[]> {
  const root = environmentsDir(cacheDir);
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && NAME.test(entry.name));
  const inUse = await foldersInUse(root);
  const found: KeptEnvironment[] = [];
  // One after the other: each is tens of thousands of files.
  for (const { name } of names.sort((a, b) => a.name.localeCompare(b.name))) {
    found.push(await describe(join(root, name), name, inUse.has(name)));
  }
  return found;
}

async function describe(dir: string, name: string, isUsed: boolean): Promise<KeptEnvironment> {
  const [marker, isMade, python, torch, bytes] = await Promise.all([
    readMarker(dir),
    isHeld(`${dir}.lock`),
    pythonVersion(dir),
    torchVersion(dir),
    sizeOf(dir),
  ]);
  const idle = marker ? ('ready' as const) : ('incomplete' as const);
  return {
    ...{ name, dir, python, torch, bytes },
    space: marker?.space ?? null,
    lastUsedMs: marker?.lastUsedMs ?? null,
    state: isMade ? 'being made' : isUsed ? 'in use' : idle,
  };
}

/**
 * The interpreter of the environment that was used last for the Space in a folder, among those with PyTorch.
 *
 * @returns null when `zerogpu run` has made none for it
 */
export async function keptPythonFor(spaceDir: string, cacheDir: string): Promise<string | null> {
  const root = environmentsDir(cacheDir);
  const wanted = await realpath(spaceDir).catch(() => spaceDir);
  const found: { readonly python: string; readonly lastUsedMs: number }[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    const dir = join(root, name);
    const marker = NAME.test(name) ? await readMarker(dir) : null;
    if (!marker?.space || ![spaceDir, wanted].includes(marker.space)) continue;
    const python = (await torchVersion(dir)) === null ? null : pythonOf(dir);
    if (python !== null) found.push({ python, lastUsedMs: marker.lastUsedMs });
  }
  return found.sort((a, b) => b.lastUsedMs - a.lastUsedMs)[0]?.python ?? null;
}

/** An environment that runs do not find any more: it can be brought back, or removed. */
export interface SetAside {
  readonly name: string;
  restore(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Moves an environment out of the way of runs, in one step: one that starts meanwhile finds none, instead of
 * half of one.
 *
 * @returns null for one that is in use or being made: it stays
 */
export async function setAside(name: string, cacheDir: string): Promise<SetAside | null> {
  const root = environmentsDir(cacheDir);
  const dir = join(root, name);
  const isBusy = (await isHeld(`${dir}.lock`)) || (await foldersInUse(root)).has(name);
  if (!NAME.test(name) || isBusy) return null;
  const aside = join(root, `.removed-${process.pid}-${name}`);
  await rename(dir, aside);
  return {
    name,
    async restore() {
      await rm(dir, { recursive: true, force: true });
      await rename(aside, dir);
    },
    async remove() {
      await rm(aside, { recursive: true, force: true, maxRetries: 3 });
      await rm(`${dir}.log`, { force: true });
    },
  };
}

/** Names of the environments that a process of this user runs from, or has libraries of in its memory. */
async function foldersInUse(root: string): Promise<ReadonlySet<string>> {
  const real = await realpath(root).catch(() => root);
  const roots = [...new Set([`${root}/`, `${real}/`])];
  const used = new Set<string>();
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const texts = await Promise.all(
      ['cmdline', 'maps'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    for (const text of texts) {
      for (const start of roots) addNames(text, start, used);
    }
  }
  return used;
}

function addNames(text: string, root: string, used: Set<string>): void {
  for (let at = text.indexOf(root); at >= 0; at = text.indexOf(root, at + 1)) {
    const name = text.slice(at + root.length, at + root.length + 255).split(/[/\0\n]/, 1)[0] ?? '';
    if (NAME.test(name)) used.add(name);
  }
}

async function pythonVersion(dir: string): Promise<string | null> {
  const text = await readFile(join(dir, 'pyvenv.cfg'), 'utf8').catch(() => '');
  return /^version(?:_info)? *= *(\d+\.\d+\.\d+)/m.exec(text)?.[1] ?? null;
}

async function torchVersion(dir: string): Promise<string | null> {
  for (const lib of await readdir(join(dir, 'lib')).catch(() => [])) {
    const names = await readdir(join(dir, 'lib', lib, 'site-packages')).catch(() => []);
    const version = names.flatMap((name) => /^torch-(.+)\.dist-info$/.exec(name)?.[1] ?? [])[0];
    if (version) return version;
  }
  return null;
}

/** Blocks on disk, each file with several names inside the folder once. */
async function sizeOf(dir: string): Promise<number> {
  const seen = new Set<number>();
  let bytes = 0;
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const stats = await Promise.all(
      entries.map((entry) => lstat(join(folder, entry.name)).catch(() => null)),
    );
    for (const [index, entry] of entries.entries()) {
      const stat = stats[index];
      if (!stat || (stat.nlink > 1 && !entry.isDirectory() && seen.has(stat.ino))) continue;
      seen.add(stat.ino);
      bytes += stat.blocks * 512;
      if (entry.isDirectory()) await walk(join(folder, entry.name));
    }
  };
  await walk(dir);
  return bytes;
}
