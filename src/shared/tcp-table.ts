/** Who listens and who is connected where, as /proc has it (Linux). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { descendantsOf } from './process-table.js';

/** State 0A in /proc/net/tcp. */
const LISTEN = '0A';

/** State 01 in /proc/net/tcp. */
const ESTABLISHED = '01';

interface Socket {
  /** Of this end. */
  readonly port: number;
  readonly inode: string;
}

function sockets(state: string): readonly Socket[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => {
    const lines = readLines(table).slice(1);
    return lines.flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      if (fields[3] !== state) return [];
      const port = Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16);
      return [{ port, inode: fields[9] ?? '' }];
    });
  });
}

const listeners = () => sockets(LISTEN);

/** Whether a process or one of its descendants holds a connection whose own end has this port. */
export function hasConnectionFrom(pid: number, port: number): boolean {
  const inodes = sockets(ESTABLISHED).filter((socket) => socket.port === port);
  const pids = [pid, ...descendantsOf(pid).map((process) => process.pid)];
  const held = new Set(pids.flatMap(socketInodesOf));
  return inodes.some(({ inode }) => held.has(inode));
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
