/**
 * Folders of runs that were killed: nobody was left to take them away, and packed tensors are gigabytes.
 * The next run does it.
 */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { systemClock } from '../shared/clock.js';
import { identifyProcess, isProcessAlive } from '../shared/process-table.js';

const OWNER_FILE = 'owner.json';
/** A folder without an owner is one of an older zerogpu, which may run still; not for so long. */
const OLD_MS = 7 * 86_400_000;

const ownerSchema = z.object({
  pid: z.int().positive(),
  startTime: z.number(),
  /** A home may be shared by machines: a process of another one can't be looked for here. */
  host: z.string(),
  /** May lie elsewhere: on a disk that takes direct I/O. */
  offloadDir: z.string(),
});

/** Says in a run's folder whose it is, so that it can be told from one that was left behind. */
export async function writeOwner(dir: string, offloadDir: string): Promise<void> {
  const self = identifyProcess(process.pid);
  if (!self) return;
  const owner = { pid: self.pid, startTime: self.startTime, host: hostname(), offloadDir };
  await writeFile(join(dir, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
}

/**
 * Removes what runs have left behind whose process is gone. What can't be read or removed stays.
 *
 * @param runs the folder that holds the folders of all runs
 */
export async function removeAbandoned(runs: string): Promise<void> {
  const names = await readdir(runs).catch(() => []);
  const folders = names.filter((name) => name.startsWith('run-')).map((name) => join(runs, name));
  await Promise.all(folders.map((dir) => removeIfAbandoned(dir).catch(() => {})));
}

async function removeIfAbandoned(dir: string): Promise<void> {
  const text = await readFile(join(dir, OWNER_FILE), 'utf8').catch(() => null);
  const owner = text === null ? null : ownerSchema.safeParse(parsed(text)).data;
  if (owner && (owner.host !== hostname() || isProcessAlive(owner))) return;
  if (!owner && systemClock.now().wallMs - (await stat(dir)).mtimeMs < OLD_MS) return;
  if (owner && basename(owner.offloadDir).startsWith('zerogpu-')) {
    await rm(owner.offloadDir, { recursive: true, force: true });
  }
  await rm(dir, { recursive: true, force: true });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
