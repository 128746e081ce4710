/**
 * The VRAM meter's files: one per worker process, written by emulated_cuda/meter.py through a shared
 * mapping, read here. Four little-endian 64-bit numbers; a process that has never allocated device
 * memory has no file, which is how the allocator knows that the GPU was not used.
 */
import { closeSync, existsSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerMemory } from '../port.js';

const VERSION = 1n;
const FIELD_BYTES = 8;
const FIELDS = { version: 0, allocated: 1, processPeak: 2, callPeak: 3 } as const;
const FILE_BYTES = FIELD_BYTES * 4;

/** Reads a worker's meter; null if it has none. */
export function readMeter(dir: string, pid: number): WorkerMemory | null {
  return withFile(dir, pid, 'r', (fd) => {
    const bytes = Buffer.alloc(FILE_BYTES);
    if (readSync(fd, bytes, 0, FILE_BYTES, 0) < FILE_BYTES) return null;
    const field = (index: number) => bytes.readBigUInt64LE(index * FIELD_BYTES);
    if (field(FIELDS.version) !== VERSION) return null;
    return {
      allocatedBytes: Number(field(FIELDS.allocated)),
      callPeakBytes: Number(field(FIELDS.callPeak)),
    };
  });
}

/** Resets a call's peak to what is allocated now. */
export function resetCallPeak(dir: string, pid: number): void {
  const memory = readMeter(dir, pid);
  if (!memory) return;
  const bytes = Buffer.alloc(FIELD_BYTES);
  bytes.writeBigUInt64LE(BigInt(memory.allocatedBytes));
  withFile(dir, pid, 'r+', (fd) =>
    writeSync(fd, bytes, 0, FIELD_BYTES, FIELDS.callPeak * FIELD_BYTES),
  );
}

export function removeMeter(dir: string, pid: number): void {
  rmSync(join(dir, String(pid)), { force: true });
}

function withFile<T>(
  dir: string,
  pid: number,
  flags: 'r' | 'r+',
  use: (fd: number) => T,
): T | null {
  const path = join(dir, String(pid));
  // Asked first: most workers have none at their first call, and an error costs more than a look.
  if (!existsSync(path)) return null;
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch {
    return null;
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
