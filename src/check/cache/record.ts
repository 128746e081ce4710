/** What was read of a Space to come to an answer, so that it can be read again and compared. */
import type { FileReading, SpaceFiles, SpaceListing } from '../../space/files.js';
import { digestOf } from './key.js';

/** Digests of all that was asked of a Space's folder. */
export interface FolderRecord {
  /** Null when it was not listed. */
  readonly listing: string | null;
  /** By path, in no order. */
  readonly reads: readonly (readonly [path: string, digest: string])[];
}

export interface RecordedFiles extends SpaceFiles {
  record(): FolderRecord;
}

/** Reads through to other files and remembers what came of it. */
export function recordedFiles(files: SpaceFiles): RecordedFiles {
  const reads = new Map<string, string>();
  let listing: string | null = null;
  return {
    async list() {
      const found = await files.list();
      listing = listingDigest(found);
      return found;
    },
    async read(path) {
      const reading = await files.read(path);
      const digest = readingDigest(reading);
      const before = reads.get(path) ?? digest;
      // Changed between two readings: no later state of the file is the one that was checked.
      reads.set(path, before === digest ? digest : 'changed');
      return reading;
    },
    record: () => ({ listing, reads: [...reads] }),
  };
}

export function listingDigest({ entries, isComplete }: SpaceListing): string {
  const names = entries.map(({ path, kind }) => `${kind} ${path}`);
  return digestOf(`${isComplete}\n${names.join('\n')}`);
}

/** All that a check can see of a reading: text with its encoding, or why there is none. */
export function readingDigest(reading: FileReading): string {
  if (reading.kind !== 'text') return JSON.stringify(reading);
  const { text, encoding, hasMark, isExact } = reading.source;
  return digestOf(`${encoding} ${hasMark} ${isExact}\n${text}`);
}
