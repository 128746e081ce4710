import { constants } from 'node:fs';
import { access, chmod, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import { makeFolder } from '../../shared/make-folder.js';
import { spaceFolderName } from '../../shared/space-folder.js';
import { whyUnwritable } from '../../shared/unwritable.js';
import { removeAbandoned, writeOwner } from './abandoned-runs.js';

/** The files of one run; removed when it ends. */
export interface RunFolder {
  readonly dir: string;
  /** What the Space's package reads as its cgroup: how the allocator knows who asks. */
  readonly cgroupFile: string;
  readonly cgroupPath: string;
  /** Where the package packs the tensors moved to cuda at start-up; wiped by it at launch. */
  readonly offloadDir: string;
  /** Where the app answers what its functions are called (zerogpu_tasks.py). */
  readonly tasksSocket: string;
  remove(): Promise<void>;
}

/** The ledger of one Space's runs: its name for people, its whole path to tell it from others. */
export function spaceLedgerDir(state: string, spaceDir: string): string {
  return join(state, 'ledgers', spaceFolderName(spaceDir));
}

/** The ledger of `zerogpu serve`. */
export function sharedLedgerDir(state: string): string {
  return join(state, 'ledgers', 'serve');
}

/**
 * Makes the folder of a run, and removes what killed runs have left.
 *
 * @param nowMs what the age of such folders is counted from
 * @throws UserError E_STATE_DIR when no folder can be written, or none takes direct I/O
 */
export async function createRunFolder(
  state: string,
  runId: string,
  nowMs: number = systemClock.now().wallMs,
): Promise<RunFolder> {
  await removeAbandoned(join(state, 'runs'), nowMs);
  const dir = await makePrivateDir(join(state, 'runs'), state);
  const offloadDir = await firstWithDirectIo([join(dir, 'tensors'), tmpdir()], state);
  await writeOwner(dir, offloadDir, runId);
  const cgroupPath = `/zerogpu/${runId}`;
  const cgroupFile = join(dir, 'cgroup');
  // Both forms that the package knows: the v1 line for old releases, the v2 line for new ones.
  await writeFile(cgroupFile, `4:devices:${cgroupPath}\n0::${cgroupPath}\n`, { mode: 0o600 });
  return {
    dir,
    cgroupFile,
    cgroupPath,
    offloadDir,
    tasksSocket: join(dir, 'tasks.sock'),
    async remove() {
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
      await rm(offloadDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function makePrivateDir(parent: string, state: string): Promise<string> {
  try {
    makeFolder(parent, 0o700);
    await access(parent, constants.W_OK);
    const dir = await mkdtemp(join(parent, 'run-'));
    await chmod(dir, 0o700);
    return dir;
  } catch (error) {
    throw new UserError('E_STATE_DIR', `the state folder ${state} can't be used`, {
      why: whyUnwritable(parent) ?? (error instanceof Error ? error.message : String(error)),
      fix: 'zerogpu run --state-dir DIR   (a folder that you may write to)',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

/** The package opens its pack files with O_DIRECT, which some tmpfs and network mounts refuse. */
async function firstWithDirectIo(dirs: readonly string[], state: string): Promise<string> {
  for (const candidate of dirs) {
    try {
      makeFolder(candidate, 0o700);
      const dir = await mkdtemp(join(candidate, 'zerogpu-'));
      const probe = await open(
        join(dir, '.probe'),
        constants.O_CREAT | constants.O_RDWR | constants.O_DIRECT,
        0o600,
      );
      await probe.close();
      await rm(join(dir, '.probe'));
      return dir;
    } catch {
      // Not this one.
    }
  }
  throw new UserError('E_STATE_DIR', `no folder takes direct I/O: not ${state}, not ${tmpdir()}`, {
    why: 'The spaces package keeps tensors in files opened with O_DIRECT; tmpfs often refuses that.',
    fix: 'zerogpu run --state-dir DIR   (a folder on a disk)',
    exitCode: EXIT.cannot,
  });
}
