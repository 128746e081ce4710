import type { Clock, Timer } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import { descendantsOfWorkers } from '../../shared/process-marks.js';
import { isProcessAlive, killProcessTree } from '../../shared/process-table.js';

/** Workers are not our children, so the kernel does not notify us: we poll. */
const LOOK_EVERY_MS = 100;
/** After a kill somebody waits for the slice: look often until the memory is given back. */
const LOOK_AFTER_KILL_MS = 5;
/** A process that takes longer is in the kernel's hands: polling every few milliseconds would not help. */
const SOON_MS = 2_000;
/** After so long its slice stays out of use, and the log says why. */
const STUCK_MS = 10_000;

/** Tells when watched processes are gone, and kills them on demand. */
export interface ProcessWatch {
  watch(process: ProcessId): void;
  /** SIGKILL to the process and its descendants; `onDeath` follows when all of them are gone. */
  kill(process: ProcessId): void;
  readonly size: number;
  close(): void;
}

export interface ProcessHost {
  isAlive(process: ProcessId): boolean;
  killTree(process: ProcessId): boolean;
  /** What each of these has started and what runs still, daemons that have left its tree included. */
  descendants(of: readonly ProcessId[]): ReadonlyMap<ProcessId, readonly ProcessId[]>;
}

export const linuxProcesses: ProcessHost = {
  isAlive: isProcessAlive,
  killTree: killProcessTree,
  descendants: descendantsOfWorkers,
};

/**
 * @param onDeath called once per watched process, never from within `watch` or `kill`
 * @param onStuck called once for a process that is still there ten seconds after its SIGKILL
 */
export function createProcessWatch(
  clock: Clock,
  onDeath: (process: ProcessId) => void,
  host: ProcessHost = linuxProcesses,
  onStuck: (process: ProcessId) => void = () => {},
): ProcessWatch {
  const watched = new Map<string, ProcessId>();
  /** When each was killed, monotonic milliseconds; Infinity once it was reported as stuck. */
  const killed = new Map<string, number>();
  let timer: Timer | null = null;
  let closed = false;

  function look(): void {
    timer = null;
    const dead = [...watched.entries()].filter(([, process]) => !host.isAlive(process));
    const gone = dead.length === 0 ? [] : dead.filter(withoutDescendants(dead));
    for (const [key] of gone) {
      watched.delete(key);
      killed.delete(key);
    }
    for (const [, process] of gone) onDeath(process);
    reportStuck();
    arm();
  }
  /**
   * A worker's daemon holds the memory of its slice as the worker did: it is killed, and the worker counts
   * as gone when the daemon is.
   */
  function withoutDescendants(dead: readonly (readonly [string, ProcessId])[]) {
    const left = host.descendants(dead.map(([, process]) => process));
    return ([key, process]: readonly [string, ProcessId]): boolean => {
      const below = left.get(process) ?? [];
      if (below.length === 0) return true;
      if (!killed.has(key)) killed.set(key, clock.now().monotonicMs);
      for (const one of below) host.killTree(one);
      return false;
    };
  }
  function reportStuck(): void {
    const nowMs = clock.now().monotonicMs;
    for (const [key, atMs] of killed) {
      const process = watched.get(key);
      if (!process || nowMs - atMs < STUCK_MS) continue;
      killed.set(key, Number.POSITIVE_INFINITY);
      onStuck(process);
    }
  }
  /** Somebody waits for a process that should be gone any moment. */
  function isAwaited(): boolean {
    const nowMs = clock.now().monotonicMs;
    return [...killed.values()].some((atMs) => atMs <= nowMs && nowMs - atMs < SOON_MS);
  }
  function arm(): void {
    if (closed || timer || watched.size === 0) return;
    timer = clock.after(isAwaited() ? LOOK_AFTER_KILL_MS : LOOK_EVERY_MS, look);
  }
  return {
    watch(process) {
      watched.set(keyOf(process), process);
      arm();
    },
    kill(process) {
      watched.set(keyOf(process), process);
      const key = keyOf(process);
      if (!killed.has(key)) killed.set(key, clock.now().monotonicMs);
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
