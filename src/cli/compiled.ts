/**
 * Loads the one file of `zerogpu check` with what V8 made of it before: compiling it takes as long as checking a
 * small Space. What is kept lies with the user's caches, as Python's __pycache__ does; it is used only when it is
 * whole, this user's own, and made from this build by this Node.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, promises, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { cacheDir } from '../shared/user-folders.js';
import { keepNewest, writeWhole } from '../shared/whole-files.js';
import type { World } from '../shared/world.js';

/** What the file of `check` exports. */
type Program = typeof import('./check-alone.js');

/** Functions are compiled when they are first called, so the first runs add to what is kept. */
const RUNS_THAT_ADD = 3;
/** Builds and Nodes whose compiled form is kept. */
const MOST_KEPT = 4;
/** Written by others it would be their code that runs. */
const WRITABLE_BY_OTHERS = 0o022;

interface Kept {
  readonly runs: number;
  readonly data: Buffer;
}

/**
 * Runs a command line whose first word is `check`.
 *
 * @param build which one this is: what another one has kept is not this one's
 * @returns the exit code; null where the build has made no such file
 */
export async function runCompiledCheck(
  argv: readonly string[],
  world: World,
  build: string,
): Promise<number | null> {
  const file = fileURLToPath(new URL('./check-alone.cjs', import.meta.url));
  const source = sourceOf(file);
  if (source === null) return null;
  const folder = join(cacheDir(world.env), 'compiled');
  const place = join(folder, digestOf(`${build} ${process.version} ${process.arch}`).slice(0, 24));
  const kept = readKept(place);
  setOneCompiler();
  const script = new Script(source, {
    filename: file,
    ...(kept ? { cachedData: kept.data } : {}),
  });
  const module = { exports: {} };
  const url = new URL('./check-alone.cjs', import.meta.url).href;
  script.runInThisContext()(module.exports, createRequire(url), module, dirname(file), file, url);
  const exitCode = await (module.exports as Program).main(argv, world);
  const runs = script.cachedDataRejected ? 0 : (kept?.runs ?? 0);
  if (runs < RUNS_THAT_ADD && exitCode <= 1) {
    setOneCompiler();
    await writeKept(folder, place, { runs: runs + 1, data: script.createCachedData() });
  }
  return exitCode;
}

/** V8 takes what it kept only under the flags that it was made with; the parser of Python sets this one. */
function setOneCompiler(): void {
  setFlagsFromString('--liftoff-only');
}

/** A function that takes what a module has, in ASCII: tsup.config.ts. Read at once: nothing else runs meanwhile. */
function sourceOf(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}

function readKept(place: string): Kept | null {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(place, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const { uid, mode } = fstatSync(descriptor);
    if (uid !== process.getuid?.() || (mode & WRITABLE_BY_OTHERS) !== 0) return null;
    const whole = readFileSync(descriptor);
    const end = whole.indexOf('\n');
    const [digest = '', runs = ''] = whole.toString('latin1', 0, end).split(' ');
    const data = whole.subarray(end + 1);
    return digest === digestOf(data) ? { runs: Number(runs), data } : null;
  } catch {
    return null;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** What can't be kept is compiled again the next time. */
async function writeKept(folder: string, place: string, { runs, data }: Kept): Promise<void> {
  try {
    await promises.mkdir(folder, { recursive: true, mode: 0o700 });
    const whole = Buffer.concat([Buffer.from(`${digestOf(data)} ${runs}\n`), data]);
    await writeWhole(place, whole);
    await keepNewest(folder, MOST_KEPT);
  } catch {
    // Compiled again, as said.
  }
}

function digestOf(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
