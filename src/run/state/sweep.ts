import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import { processesOfRun } from '../../shared/process-marks.js';
import {
  identifyProcess,
  isDescendantOf,
  isProcessAlive,
  killProcessTree,
} from '../../shared/process-table.js';

/** What a process in uninterruptible sleep may take before it is left to the kernel. */
const GIVE_UP_MS = 2_000;
const POLL_MS = 10;

/**
 * Kills every process that carries this run's mark, whoever its parent is by now. It is the last net:
 * for what the supervisors left because they were killed themselves.
 *
 * @param runId the value of ZEROGPU_RUN_ID; never empty
 * @param spared left alone, with everything below: the standby of the next start
 * @returns the processes that were killed
 */
export async function sweepProcesses(
  runId: string,
  spared: ProcessId | null = null,
): Promise<readonly ProcessId[]> {
  if (runId === '') throw new RangeError('a run without an id would sweep every other one');
  const killed = new Map<number, ProcessId>();
  const giveUpMs = systemClock.now().monotonicMs + GIVE_UP_MS;
  // Again until a round finds none: one that was forked between look and signal is found then.
  for (;;) {
    const found = markedProcesses(runId).filter(
      ({ pid }) => spared === null || !isDescendantOf(pid, spared),
    );
    for (const process of found) {
      if (killProcessTree(process)) killed.set(process.pid, process);
    }
    if (found.length === 0 || systemClock.now().monotonicMs > giveUpMs) break;
    await sleep(POLL_MS);
  }
  return [...killed.values()];
}

/** The living processes of one run; never this process itself. */
export function markedProcesses(runId: string): readonly ProcessId[] {
  const found = new Map(
    [...processesOfRun(runId), ...withRunIdInEnvironment(runId)].map((one) => [one.pid, one]),
  );
  return [...found.values()];
}

/** By the environment at exec: on a kernel or in a container where the limit could not be set. */
function withRunIdInEnvironment(runId: string): readonly ProcessId[] {
  const mark = Buffer.from(`ZEROGPU_RUN_ID=${runId}\0`);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      // Identified first: should the pid change hands in between, the start time won't match.
      const identity = identifyProcess(Number(entry));
      return identity && hasMark(identity, mark) ? [identity] : [];
    });
}

function hasMark(candidate: ProcessId, mark: Buffer): boolean {
  try {
    const environment = readFileSync(`/proc/${candidate.pid}/environ`);
    const at = environment.indexOf(mark);
    const isWholeEntry = at === 0 || environment[at - 1] === 0;
    return at >= 0 && isWholeEntry && isProcessAlive(candidate);
  } catch {
    // Gone, or another user's: not ours either way.
    return false;
  }
}
