import { readFileSync } from 'node:fs';

/**
 * Whether this process is in the foreground of its terminal: a job that a shell runs with `&` is stopped
 * by the kernel (SIGTTIN, SIGTTOU) as soon as it reads keys or changes the terminal's mode, and one that
 * has left the terminal (`setsid`) would change it under the feet of whoever has it now. True where the
 * host can't say (not Linux).
 */
export function isInForeground(): boolean {
  try {
    return isForegroundStat(readFileSync('/proc/self/stat', 'latin1'));
  } catch {
    return true;
  }
}

/** The same of the text of /proc/PID/stat: fields 5, 7 and 8 are group, terminal and its foreground group. */
export function isForegroundStat(stat: string): boolean {
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return terminal !== '0' && group === foreground;
}
