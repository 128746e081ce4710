/** Answers on disk: one file each, owner only, few of them, none trusted that is not whole. */
import { mkdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../../shared/user-folders.js';
import { keepNewest, writeWhole } from '../../shared/whole-files.js';
import { digestOf, type Environment } from './key.js';

/** A person checks a few Spaces over and over; the answers longest unused go. */
const MOST_ANSWERS = 64;
/** An answer with more findings than this is not worth its place. */
const MOST_BYTES = 512 * 1024;

/** `$XDG_CACHE_HOME/zerogpu/check`, else below `~/.cache`. */
export function answersDir(env: Environment): string {
  return join(cacheDir(env), 'check');
}

/** @returns null where nothing is kept under that key, or nothing whole */
export async function readAnswer(env: Environment, key: string): Promise<unknown> {
  const file = join(answersDir(env), `${key}.json`);
  try {
    const text = await readFile(file, 'utf8');
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    return text.slice(0, end) === digestOf(body) ? JSON.parse(body) : null;
  } catch {
    return null;
  }
}

/** Marks an answer as used. A failure changes nothing but which answer goes first. */
export async function touchAnswer(env: Environment, key: string, at: Date): Promise<void> {
  await utimes(join(answersDir(env), `${key}.json`), at, at).catch(() => undefined);
}

/** Keeps an answer. What can't be kept is computed again the next time. */
export async function writeAnswer(env: Environment, key: string, answer: object): Promise<void> {
  const body = JSON.stringify(answer);
  if (body.length > MOST_BYTES) return;
  const dir = answersDir(env);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeWhole(join(dir, `${key}.json`), `${digestOf(body)}\n${body}`);
    await keepNewest(dir, MOST_ANSWERS);
  } catch {
    // Computed again, as said.
  }
}
