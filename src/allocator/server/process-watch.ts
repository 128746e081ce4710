import type { Clock, Timer } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import { isProcessAlive, killProcessTree } from '../../shared/process-table.js';

/** Workers are no children of ours, so the kernel tells us nothing: we look. */
const LOOK_EVERY_MS = 100;
/** After a kill somebody waits for the slice: look often until the memory is given back. */
const LOOK_AFTER_KILL_MS = 5;

/** Tells when watched processes are gone, and kills them on demand. */
export interface ProcessWatch {
  watch(process: ProcessId): void;
  /** SIGKILL to the process and its descendants; `onDeath` follows when it is gone. */
  kill(process: ProcessId): void;
  readonly size: number;
  close(): void;
}

export interface ProcessHost {
  isAlive(process: ProcessId): boolean;
  killTree(process: ProcessId): boolean;
}

export const linuxProcesses: ProcessHost = {
  isAlive: isProcessAlive,
  killTree: killProcessTree,
};

/**
 * @param onDeath called once per watched process, never from within `watch` or `kill`
 */
export function createProcessWatch(
  clock: Clock,
  onDeath: (process: ProcessId) => void,
  host: ProcessHost = linuxProcesses,
): ProcessWatch {
  const watched = new Map<string, ProcessId>();
  const killed = new Set<string>();
  let timer: Timer | null = null;
  let closed = false;

  function look(): void {
    timer = null;
    const gone = [...watched.entries()].filter(([, process]) => !host.isAlive(process));
    for (const [key] of gone) {
      watched.delete(key);
      killed.delete(key);
    }
    for (const [, process] of gone) onDeath(process);
    arm();
  }
  function arm(): void {
    if (closed || timer || watched.size === 0) return;
    timer = clock.after(killed.size > 0 ? LOOK_AFTER_KILL_MS : LOOK_EVERY_MS, look);
  }
  return {
    watch(process) {
      watched.set(keyOf(process), process);
      arm();
    },
    kill(process) {
      watched.set(keyOf(process), process);
      killed.add(keyOf(process));
      host.killTree(process);
      timer?.cancel();
      timer = null;
      arm();
    },
    get size() {
      return watched.size;
    },
    close() {
      closed = true;
      timer?.cancel();
      watched.clear();
    },
  };
}

function keyOf(process: ProcessId): string {
  return `${process.pid}:${process.startTime}`;
}
