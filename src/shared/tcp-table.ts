/** Who listens where, as /proc tells it (Linux). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { descendantsOf } from './process-table.js';

/** State 0A in /proc/net/tcp. */
const LISTEN = '0A';

interface Listener {
  readonly port: number;
  readonly inode: string;
}

function listeners(): readonly Listener[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => {
    const lines = readLines(table).slice(1);
    return lines.flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      if (fields[3] !== LISTEN) return [];
      const port = Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16);
      return [{ port, inode: fields[9] ?? '' }];
    });
  });
}

/** TCP ports on which a process or one of its descendants listens. */
export function listeningPortsBelow(pid: number): readonly number[] {
  const pids = [pid, ...descendantsOf(pid).map((process) => process.pid)];
  const inodes = new Set(pids.flatMap(socketInodesOf));
  const ports = listeners().filter(({ inode }) => inodes.has(inode));
  return [...new Set(ports.map(({ port }) => port))];
}

/** The process that listens on a port, or null when it can't be seen. */
export function holderOfPort(port: number): { readonly pid: number; readonly name: string } | null {
  const inodes = new Set(
    listeners()
      .filter((listener) => listener.port === port)
      .map(({ inode }) => inode),
  );
  if (inodes.size === 0) return null;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const pid = Number(entry);
    if (!socketInodesOf(pid).some((inode) => inodes.has(inode))) continue;
    return { pid, name: readLines(`/proc/${pid}/comm`)[0] ?? 'a process' };
  }
  return null;
}

function socketInodesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    // Another user's process, or gone.
    return [];
  }
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'latin1').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
