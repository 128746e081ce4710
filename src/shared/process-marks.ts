/**
 * The mark of a run on its processes (Linux). It is a resource limit that the kernel keeps but has not
 * enforced since 2.4.25 (RLIMIT_LOCKS, getrlimit(2)): a process inherits it through fork, exec, setsid and
 * an emptied environment, and /proc/PID/limits shows it. So a process is found whose parents are gone.
 *
 * supervise.py sets it on the app; zerogpu_workers.py lowers it in each worker to one that names it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessId } from './host.js';
import { identifyProcess } from './process-table.js';

/** 15 bits that say that it is ours, 26 of the run, 22 of the worker's pid: pids are below 2^22. */
const OURS = 0x5a47n << 48n;
const OURS_BITS = 0x7fffn << 48n;
const WORKER_BITS = (1n << 22n) - 1n;
const RUN_BITS = (1n << 26n) - 1n;

/** The mark of a run's processes that are not below a worker. */
export function runMark(runId: string): bigint {
  return OURS | (runBits(runId) << 22n) | WORKER_BITS;
}

/** The living processes of a run, whoever their parents are by now; never this process itself. */
export function processesOfRun(runId: string): readonly ProcessId[] {
  const wanted = runMark(runId) >> 22n;
  return markedProcesses()
    .filter(({ mark }) => mark >> 22n === wanted)
    .map(({ process }) => process);
}

/** What still runs of what workers have started, themselves left out. */
export function descendantsOfWorkers(
  workers: readonly ProcessId[],
): ReadonlyMap<ProcessId, readonly ProcessId[]> {
  const found = workers.length === 0 ? [] : markedProcesses();
  return new Map(
    workers.map((worker) => {
      const own = found.filter(
        ({ process, mark }) =>
          (mark & WORKER_BITS) === BigInt(worker.pid) &&
          process.pid !== worker.pid &&
          // An older one was started by another worker that had this pid before.
          process.startTime >= worker.startTime,
      );
      return [worker, own.map(({ process }) => process)];
    }),
  );
}

interface MarkedProcess {
  readonly process: ProcessId;
  readonly mark: bigint;
}

function markedProcesses(): readonly MarkedProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      // Most processes have none: only those with one are identified.
      const mark = markOf(Number(entry));
      const marked = mark === null ? null : identifyProcess(Number(entry));
      // Read again: the pid may have changed hands between the two.
      return marked && mark !== null && markOf(marked.pid) === mark
        ? [{ process: marked, mark }]
        : [];
    });
}

/** The mark of a process; null when it has none or is gone. */
function markOf(pid: number): bigint | null {
  let limits: string;
  try {
    limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
  } catch {
    return null;
  }
  const [, hard] = /^Max file locks +\S+ +(\d+)/m.exec(limits) ?? [];
  const mark = hard === undefined ? null : BigInt(hard);
  return mark !== null && (mark & OURS_BITS) === OURS && mark >> 63n === 0n ? mark : null;
}

/** Of a run's random id, 16 hexadecimal digits. */
function runBits(runId: string): bigint {
  return BigInt(`0x${runId}`) & RUN_BITS;
}
