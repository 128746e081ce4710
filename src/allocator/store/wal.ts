/**
 * Looks at a write-ahead log before SQLite opens it. SQLite itself reads up to the first frame that
 * is not whole and silently drops the rest: right for the torn end of a write that was never
 * acknowledged, wrong for damage in the middle, behind which acknowledged commits would vanish.
 *
 * The form of the file: sqlite.org/fileformat2.html#walformat.
 */

import { endianness } from 'node:os';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

export type WalVerdict =
  | { readonly kind: 'whole' }
  /** Bytes from `offset` belong to a commit that never returned. */
  | { readonly kind: 'torn'; readonly offset: number }
  /** The frame at `offset` is damaged, and commits that returned lie behind it. */
  | { readonly kind: 'damaged'; readonly offset: number };

/** Judges the content of a `-wal` file. O(bytes). */
export function inspectWal(wal: Buffer): WalVerdict {
  if (wal.length === 0) return { kind: 'whole' };
  if (wal.length < HEADER_BYTES) return { kind: 'torn', offset: 0 };
  const magic = wal.readUInt32BE(0);
  if (magic !== MAGIC_LITTLE_ENDIAN && magic !== MAGIC_BIG_ENDIAN) {
    return { kind: 'damaged', offset: 0 };
  }
  const sum = createSum(wal, magic === MAGIC_BIG_ENDIAN);
  sum.add(0, 24);
  if (!sum.matches(24)) return { kind: 'damaged', offset: 24 };
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  /** End of the last commit whose frames are all whole. */
  let committed = HEADER_BYTES;
  let offset = HEADER_BYTES;
  for (; offset + frameBytes <= wal.length; offset += frameBytes) {
    if (!hasSaltOfHeader(wal, offset)) break;
    sum.add(offset, 8);
    sum.add(offset + FRAME_HEADER_BYTES, frameBytes - FRAME_HEADER_BYTES);
    if (!sum.matches(offset + 16)) {
      // One commit behind it may be its own, torn by the disk's order of writing; two can't be.
      const behind = commitsFrom(wal, offset, frameBytes);
      return behind > 1 ? { kind: 'damaged', offset } : { kind: 'torn', offset: committed };
    }
    if (isCommit(wal, offset)) committed = offset + frameBytes;
  }
  // What follows with another salt is left over from before the log last restarted.
  const hasTail = offset > committed || endsWithinFrame(wal, offset);
  return hasTail ? { kind: 'torn', offset: committed } : { kind: 'whole' };
}

function commitsFrom(wal: Buffer, from: number, frameBytes: number): number {
  let commits = 0;
  for (let offset = from; offset + frameBytes <= wal.length; offset += frameBytes) {
    if (hasSaltOfHeader(wal, offset) && isCommit(wal, offset)) commits += 1;
  }
  return commits;
}

function endsWithinFrame(wal: Buffer, offset: number): boolean {
  const rest = wal.length - offset;
  return rest > 0 && rest < 24 ? true : rest >= 24 && hasSaltOfHeader(wal, offset);
}

function hasSaltOfHeader(wal: Buffer, frame: number): boolean {
  return wal.compare(wal, 16, 24, frame + 8, frame + 16) === 0;
}

/** The last frame of a commit carries the size of the database; the others carry 0. */
function isCommit(wal: Buffer, frame: number): boolean {
  return wal.readUInt32BE(frame + 4) !== 0;
}

/** SQLite's running checksum over 8-byte steps, in the byte order that the magic number names. */
function createSum(wal: Buffer, bigEndian: boolean) {
  let first = 0;
  let second = 0;
  const words = wordsOf(wal, bigEndian);
  return {
    add(from: number, bytes: number): void {
      for (let at = from / 4; at < (from + bytes) / 4; at += 2) {
        first = (first + (words[at] ?? 0) + second) >>> 0;
        second = (second + (words[at + 1] ?? 0) + first) >>> 0;
      }
    },
    matches(at: number): boolean {
      return wal.readUInt32BE(at) === first && wal.readUInt32BE(at + 4) === second;
    },
  };
}

/** The whole words of a log, read in that order: every start waits for this. */
function wordsOf(wal: Buffer, bigEndian: boolean): Uint32Array {
  const words = new Uint32Array(Math.floor(wal.length / 4));
  const bytes = Buffer.from(words.buffer);
  wal.copy(bytes);
  if (bigEndian !== (endianness() === 'BE')) bytes.swap32();
  return words;
}
