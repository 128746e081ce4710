/** Reads a log from its end, and continues reading while a run writes it. */
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { EARLIER } from './run-logs.js';

/** The last lines of a log. @param count how many; `Infinity` for all */
export function lastLines(path: string, count: number): readonly string[] {
  const earlier = path + EARLIER;
  const text = [earlier, path]
    .filter((part) => existsSync(part))
    .map((part) => readFileSync(part, 'utf8'))
    .join('');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return count === 0 ? [] : lines.slice(-count);
}

export interface LogReader {
  /** What was written since the last time, whole lines only. */
  next(): string;
}

/** @param from where to start, bytes; the end of the file when left out */
export function followLog(path: string, from?: number): LogReader {
  let at = from ?? sizeOf(path);
  let file = inodeOf(path);
  let rest: Buffer = Buffer.alloc(0);
  const readOn = (part: string): Buffer => {
    const bytes = read(part, at, Math.max(0, sizeOf(part) - at));
    at += bytes.length;
    return bytes;
  };
  return {
    next() {
      const parts = [rest];
      const now = inodeOf(path);
      if (now !== file) {
        // The log went on in a new file; the end of the old one may not have been read.
        if (inodeOf(path + EARLIER) === file) parts.push(readOn(path + EARLIER));
        [file, at] = [now, 0];
      }
      parts.push(readOn(path));
      const all = Buffer.concat(parts);
      const end = all.lastIndexOf(10) + 1;
      rest = all.subarray(end);
      return all.toString('utf8', 0, end);
    },
  };
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function read(path: string, from: number, length: number): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, from));
    } finally {
      closeSync(file);
    }
  } catch {
    return Buffer.alloc(0);
  }
}
