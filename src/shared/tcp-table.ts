/** Who listens and who is connected where, as /proc has it (Linux). */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { descendantsOf } from './process-table.js';

/** State 0A in /proc/net/tcp. */
const LISTEN = '0A';

/** State 01 in /proc/net/tcp. */
const ESTABLISHED = '01';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;

/** Listeners come first in a table: so many bytes hold a hundred of them. */
const HEAD_BYTES = 16_384;

export interface Socket {
  /** Of this end, as the kernel prints it: hexadecimal, each 32 bits in the byte order of the host. */
  readonly address: string;
  /** Of this end. */
  readonly port: number;
  /** Of the other end; 0 for a listener. */
  readonly peerPort: number;
  readonly uid: number;
  readonly inode: string;
}

/** The sockets of a table that are in a state. */
export function socketsIn(table: string, state: string): readonly Socket[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [address = '', port = ''] = fields[1]?.split(':') ?? [];
    if (fields[3] !== state || fields.length < 10) return [];
    const uid = Number(fields[7]);
    const peerPort = Number.parseInt(fields[2]?.split(':')[1] ?? '', 16);
    return [{ address, port: Number.parseInt(port, 16), peerPort, uid, inode: fields[9] ?? '' }];
  });
}

function sockets(state: string): readonly Socket[] {
  return TABLES.flatMap((table) => socketsIn(readLines(table).join('\n'), state));
}

/**
 * Local addresses whose listener gets a connection to 127.0.0.1, best first: that address, every IPv4
 * address, and the same two in IPv6, whose sockets take IPv4 as well.
 */
const ACCEPTS_LOOPBACK = [
  '0100007F',
  '00000000',
  '0000000000000000FFFF00000100007F',
  '00000000000000000000000000000000',
];

/** Who gets a connection to 127.0.0.1 at this port; null when no process listens. */
export function acceptorOf(port: number, among: readonly Socket[]): Socket | null {
  const there = among.filter((socket) => socket.port === port);
  for (const address of ACCEPTS_LOOPBACK) {
    const found = there.find((socket) => socket.address === address);
    if (found) return found;
  }
  return null;
}

/**
 * Whose process gets a connection to 127.0.0.1 at this port: a user id, or null when that can't be seen.
 * Cheap: only the head of the tables is read.
 */
export function listenerUid(port: number): number | null {
  const heads = TABLES.flatMap((table) => socketsIn(readHead(table), LISTEN));
  return acceptorOf(port, heads)?.uid ?? null;
}

/**
 * Whose process is at the other end of a connection on this machine: a user id, or null when that can't be seen.
 *
 * @param ownPort of our end
 * @param peerPort of the other end
 */
export function uidOfPeer(ownPort: number, peerPort: number): number | null {
  const ends = sockets(ESTABLISHED);
  return ends.find((end) => end.port === peerPort && end.peerPort === ownPort)?.uid ?? null;
}

function readHead(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(HEAD_BYTES);
      const length = readSync(file, buffer, 0, HEAD_BYTES, 0);
      return buffer.toString('latin1', 0, length);
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

const listeners = () => sockets(LISTEN);

/** Whether a process or one of its descendants holds a connection whose own end has this port. */
export function hasConnectionFrom(pid: number, port: number): boolean {
  const inodes = sockets(ESTABLISHED).filter((socket) => socket.port === port);
  const pids = [pid, ...descendantsOf(pid).map((process) => process.pid)];
  const held = new Set(pids.flatMap(socketInodesOf));
  return inodes.some(({ inode }) => held.has(inode));
}

/**
 * TCP ports of 127.0.0.1 that a process or one of its descendants answers. A port is not among them when
 * another process gets the connections, whoever listens there as well.
 */
export function portsAnsweredBelow(pid: number): readonly number[] {
  const all = listeners();
  const own = ownListeners(pid, all);
  const ports = new Set(own.map(({ port }) => port));
  return [...ports].filter((port) => {
    const acceptor = acceptorOf(port, all);
    return own.some((socket) => socket === acceptor);
  });
}

/** `address:port` of the listeners of a process and its descendants that this machine alone can't reach. */
export function openPortsBelow(pid: number): readonly string[] {
  const open = ownListeners(pid, listeners()).filter(({ address }) => !isLoopback(address));
  return [...new Set(open.map(({ address, port }) => `${readable(address)}:${port}`))];
}

function ownListeners(pid: number, all: readonly Socket[]): readonly Socket[] {
  const pids = [pid, ...descendantsOf(pid).map((process) => process.pid)];
  const inodes = new Set(pids.flatMap(socketInodesOf));
  return all.filter(({ inode }) => inodes.has(inode));
}

/** 127.0.0.0/8, also as an IPv6 address, and ::1. */
function isLoopback(address: string): boolean {
  return (
    /^(0000000000000000FFFF0000)?[0-9A-F]{6}7F$/.test(address) ||
    address === '00000000000000000000000001000000'
  );
}

function readable(address: string): string {
  if (/^0+$/.test(address)) return address.length === 8 ? '0.0.0.0' : '[::]';
  if (address.length > 8) return '[IPv6]';
  const bytes = address.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
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
