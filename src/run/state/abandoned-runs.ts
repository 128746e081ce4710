/**
 * What runs leave that were killed: folders, whose packed tensors are gigabytes, and processes, where the
 * supervisors were killed as well. The next run removes both.
 */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { isThisPlace, processPlaceFields, thisPlace } from '../../shared/process-place.js';
import { identifyProcess, isProcessAlive } from '../../shared/process-table.js';
import { sweepProcesses } from './sweep.js';

const OWNER_FILE = 'owner.json';
/**
 * A folder without an owner belongs to an older zerogpu, one of another machine or container to a run that
 * can't be looked up here: either may run still, but not for so long.
 */
const OLD_MS = 7 * 86_400_000;
const RUN_ID = /^[0-9a-f]{16}$/;

const ownerSchema = z.object({
  pid: z.int().positive(),
  startTime: z.number(),
  ...processPlaceFields,
  /** Missing in a folder of an older zerogpu. */
  runId: z.string().optional(),
  /** May lie elsewhere: on a disk that takes direct I/O. */
  offloadDir: z.string(),
});

/** Writes into a run's folder whose it is, to distinguish it from one that was left behind. */
export async function writeOwner(dir: string, offloadDir: string, runId: string): Promise<void> {
  const self = identifyProcess(process.pid);
  if (!self) return;
  const owner: z.infer<typeof ownerSchema> = { ...self, ...thisPlace(), offloadDir, runId };
  await writeFile(join(dir, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
}

/**
 * Removes what runs have left behind whose process is gone. What can't be read or removed stays.
 *
 * @param runs the folder that holds the folders of all runs
 * @param nowMs what the age of a folder is counted from
 */
export async function removeAbandoned(runs: string, nowMs: number): Promise<void> {
  const names = await readdir(runs).catch(() => []);
  const folders = names.filter((name) => name.startsWith('run-')).map((name) => join(runs, name));
  await Promise.all(folders.map((dir) => removeIfAbandoned(dir, nowMs).catch(() => {})));
}

async function removeIfAbandoned(dir: string, nowMs: number): Promise<void> {
  const text = await readFile(join(dir, OWNER_FILE), 'utf8').catch(() => null);
  const owner = text === null ? null : ownerSchema.safeParse(parsed(text)).data;
  const isOld = async () => nowMs - (await stat(dir)).mtimeMs >= OLD_MS;
  if (owner && isThisPlace(owner)) {
    if (isProcessAlive(owner)) return;
    if (RUN_ID.test(owner.runId ?? '')) await sweepProcesses(owner.runId ?? '');
  } else if (!(await isOld())) return;
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
