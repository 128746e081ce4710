/**
 * The files of a Space as an editor shows them: open documents first, then the disk. What has not
 * changed on disk is the same object at each check, so that nothing of it is read or parsed again.
 */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../shared/clock.js';
import {
  type FileReading,
  filesInFolder,
  isSkippedPath,
  LARGEST_SOURCE_BYTES,
  type SpaceEntry,
  type SpaceFiles,
  type SpaceListing,
} from '../space/index.js';
import type { Documents } from './documents.js';
import { pathWithin } from './places.js';

/** A file that was written so short a time ago may be written again within the same tick of its clock. */
const SETTLED_MS = 100;

interface Remembered {
  readonly stamp: string;
  readonly reading: FileReading;
}

/** @param folder absolute */
export function editedFiles(folder: string, documents: Documents): SpaceFiles {
  const disk = filesInFolder(folder);
  const remembered = new Map<string, Remembered>();
  async function fromDisk(path: string): Promise<FileReading> {
    const stamp = await stampOf(join(folder, path));
    const known = remembered.get(path);
    if (stamp !== null && known?.stamp === stamp) return known.reading;
    const reading = await disk.read(path);
    if (stamp === null || reading.kind !== 'text') remembered.delete(path);
    else remembered.set(path, { stamp, reading });
    return reading;
  }
  return {
    async list() {
      return withOpen(await disk.list(), openPaths(folder, documents));
    },
    async read(path) {
      const open = documents.at(join(folder, path));
      if (!open) return fromDisk(path);
      remembered.delete(path);
      const sizeBytes = Buffer.byteLength(open.source.text, 'utf8');
      const isLarge = sizeBytes > LARGEST_SOURCE_BYTES;
      if (isLarge) return { kind: 'unreadable', reason: 'too-large', sizeBytes };
      return { kind: 'text', source: open.source };
    },
  };
}

/** All that tells one state of a file from the next; null for what may not be remembered. */
async function stampOf(path: string): Promise<string | null> {
  try {
    const { mtimeMs, mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true });
    const ageMs = systemClock.now().wallMs - Number(mtimeMs);
    return ageMs > SETTLED_MS ? `${mtimeNs} ${ctimeNs} ${size} ${ino}` : null;
  } catch {
    return null;
  }
}

/** Of open documents that were never saved: the listing says which others are part of the Space. */
function openPaths(folder: string, documents: Documents): readonly string[] {
  return [...documents.all()].flatMap(({ path }) => {
    const within = pathWithin(folder, path);
    return within === null || isSkippedPath(within) || existsSync(path) ? [] : [within];
  });
}

/** With files that are not on disk yet, where the listing would have them. */
function withOpen(listing: SpaceListing, open: readonly string[]): SpaceListing {
  const kinds = new Map(listing.entries.map(({ path, kind }) => [path, kind]));
  const before = kinds.size;
  for (const path of open) {
    const parts = path.split('/');
    for (let end = 1; end < parts.length; end += 1) {
      const parent = parts.slice(0, end).join('/');
      if (!kinds.has(parent)) kinds.set(parent, 'folder');
    }
    if (!kinds.has(path)) kinds.set(path, 'file');
  }
  if (kinds.size === before) return listing;
  const entries = [...kinds].map(([path, kind]): SpaceEntry => ({ path, kind }));
  return { ...listing, entries: entries.sort(byPlace) };
}

/** Breadth first, each folder sorted by name. */
function byPlace(a: SpaceEntry, b: SpaceEntry): number {
  const [left, right] = [a.path.split('/'), b.path.split('/')];
  if (left.length !== right.length) return left.length - right.length;
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : (left[at] ?? '') < (right[at] ?? '') ? -1 : 1;
}
