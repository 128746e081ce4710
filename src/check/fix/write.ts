import { randomUUID } from 'node:crypto';
import { access, constants, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SourceText } from '../../space/index.js';
import type { FixedFile } from './apply.js';

/** Why a file was left as it is. */
export interface NotWritten {
  readonly file: string;
  readonly why: string;
}

/**
 * Writes fixed files: each whole or not at all, with the encoding, byte order mark and permissions
 * that it had. A link, or a file that has changed since it was read, is left alone.
 *
 * @param dir absolute
 */
export async function writeFixes(
  dir: string,
  files: readonly FixedFile[],
): Promise<readonly NotWritten[]> {
  const left: NotWritten[] = [];
  for (const fixed of files) {
    const why = await writeOne(join(dir, fixed.file), fixed);
    if (why !== null) left.push({ file: fixed.file, why });
  }
  return left;
}

async function writeOne(path: string, { before, after }: FixedFile): Promise<string | null> {
  const draft = join(dirname(path), `.zerogpu-${randomUUID()}`);
  try {
    const found = await lstat(path);
    if (!found.isFile()) return 'it is a link';
    await access(path, constants.W_OK);
    if (!(await readFile(path)).equals(encode(before, before.text)))
      return 'it has changed meanwhile';
    await writeFile(draft, encode(before, after), { mode: found.mode, flag: 'wx' });
    await rename(draft, path);
    return null;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Text as bytes of the encoding that the file was read in. */
export function encode({ encoding, hasMark }: SourceText, text: string): Buffer {
  const marked = hasMark ? `\ufeff${text}` : text;
  if (encoding === 'utf-8') return Buffer.from(marked, 'utf8');
  const bytes = Buffer.from(marked, 'utf16le');
  return encoding === 'utf-16be' ? bytes.swap16() : bytes;
}
