/**
 * What /proc says about processes (Linux). A pid is reused, so it does not identify a process for long: every look-up that leads
 * to a signal compares the start time as well.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import type { ProcessId } from './host.js';

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** Kernel state letter; `Z` and `X` are dead already. */
  readonly state: string;
  readonly startTime: number;
}

/** A line of /proc/PID/stat is some 300 characters; its numbers have bounds, its name has 64. */
const statBuffer = Buffer.alloc(2_048);

/** Reads one process, or null if there is none (or no /proc). */
export function readProcessStat(pid: number): ProcessStat | null {
  const text = readStatLine(pid);
  if (text === null) return null;
  // The command name may hold blanks and parentheses; fields are counted from the last ")".
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? 'X',
    parentPid: Number(fields[1]),
    startTime: Number(fields[19]),
  };
}

/** Half the time of `readFileSync`, and this is read for every call and every look at a worker. */
function readStatLine(pid: number): string | null {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
  } catch {
    return null;
  }
  try {
    const length = readSync(file, statBuffer, 0, statBuffer.length, 0);
    return statBuffer.toString('latin1', 0, length);
  } catch {
    // Gone between the two.
    return null;
  } finally {
    closeSync(file);
  }
}

/** Names the process that has this pid now, or null. */
export function identifyProcess(pid: number): ProcessId | null {
  const stat = readProcessStat(pid);
  return stat && isRunning(stat) ? { pid, startTime: stat.startTime } : null;
}

/** False once the process is gone, is a zombie, or the pid belongs to another one. */
export function isProcessAlive(process: ProcessId): boolean {
  const stat = readProcessStat(process.pid);
  return stat !== null && stat.startTime === process.startTime && isRunning(stat);
}

/** Whether `pid` is `ancestor` itself or one of its descendants. */
export function isDescendantOf(pid: number, ancestor: ProcessId): boolean {
  let current = readProcessStat(pid);
  // Bounded: a deeper process tree is made on purpose.
  for (let depth = 0; current && depth < 128; depth++) {
    if (current.pid === ancestor.pid) return current.startTime === ancestor.startTime;
    current = current.parentPid > 0 ? readProcessStat(current.parentPid) : null;
  }
  return false;
}

/** All descendants of a process, parents before their children. */
export function descendantsOf(pid: number): readonly ProcessStat[] {
  const children = new Map<number, ProcessStat[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readProcessStat(Number(entry));
    if (!stat) continue;
    const siblings = children.get(stat.parentPid);
    if (siblings) siblings.push(stat);
    else children.set(stat.parentPid, [stat]);
  }
  const found: ProcessStat[] = [];
  const open = [pid];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      open.push(child.pid);
    }
  }
  return found;
}

/**
 * SIGKILLs a process and everything below it; does nothing if the pid is somebody else's by now.
 *
 * @returns false when the process was gone already
 */
export function killProcessTree(target: ProcessId): boolean {
  if (!isProcessAlive(target)) return false;
  const below = stopTree(target);
  signal(target, 'SIGKILL');
  for (const child of below) signal(child, 'SIGKILL');
  return true;
}

/**
 * Stops a process and everything below it, so that nothing forks away while it is being counted.
 *
 * @returns what is below it
 */
function stopTree(target: ProcessId): readonly ProcessId[] {
  signal(target, 'SIGSTOP');
  const children = childrenOf(target.pid);
  // A kernel that does not name them: looked for among all processes, which takes milliseconds.
  if (children === null) return descendantsOf(target.pid);
  const below: ProcessId[] = [];
  for (const pid of children) {
    const child = readProcessStat(pid);
    if (child?.parentPid === target.pid) below.push(child, ...stopTree(child));
  }
  return below;
}

/**
 * Children as the kernel has them (proc_pid_task_children(5)): whole while the parent is stopped.
 * Null where it was built without CONFIG_PROC_CHILDREN, or when the process is gone.
 */
function childrenOf(pid: number): readonly number[] | null {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
        .split(' ')
        .filter((text) => text !== '')
        .map(Number),
    );
  } catch {
    return null;
  }
}

/** Never init, and never this process, which may itself be below one that has to go. */
function signal(target: ProcessId, name: NodeJS.Signals): void {
  if (target.pid <= 1 || target.pid === process.pid) return;
  if (readProcessStat(target.pid)?.startTime !== target.startTime) return;
  try {
    process.kill(target.pid, name);
  } catch {
    // Gone between the look and the signal: what was wanted.
  }
}

function isRunning(stat: ProcessStat): boolean {
  return stat.state !== 'Z' && stat.state !== 'X';
}
