import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  acceptorOf,
  hasConnectionFrom,
  listenerUid,
  openPortsBelow,
  portsAnsweredBelow,
  socketsIn,
} from '../../src/shared/tcp-table.js';

/** Port of the client's end of a connection that this process holds. */
async function connectHere(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return client.localPort ?? 0;
}

describe('a connection', () => {
  it('belongs to the process that holds its end, and to those above it', async () => {
    const port = await connectHere();
    expect(hasConnectionFrom(process.pid, port)).toBe(true);
    expect(hasConnectionFrom(process.ppid, port)).toBe(true);
  });

  it('belongs to no other process, and its port to no other connection', async () => {
    const port = await connectHere();
    expect(hasConnectionFrom(1_999_999_999, port)).toBe(false);
    expect(hasConnectionFrom(process.pid, 1)).toBe(false);
  });
});

/** A table as the kernel prints it: a listener on each of these addresses, with that user. */
const table = (...rows: readonly (readonly [address: string, port: number, uid: number])[]) =>
  rows
    .map(
      ([address, port, uid], index) =>
        `   ${index}: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A 00000000:00000000 00:00000000 00000000  ${uid}        0 ${100 + index} 1 0000000000000000 100 0 0 10 0`,
    )
    .join('\n');
const LOOPBACK = '0100007F';
const ANY = '00000000';
const ANY_6 = '0'.repeat(32);
const LOOPBACK_6 = `${'0'.repeat(24)}01000000`;

describe('a connection to 127.0.0.1', () => {
  it.each([
    [
      'to that address before every address',
      [
        [ANY_6, 1000],
        [ANY, 1001],
        [LOOPBACK, 1002],
      ],
      1002,
    ],
    [
      'to every address',
      [
        [ANY_6, 1000],
        [ANY, 1001],
      ],
      1001,
    ],
    [
      'to IPv6, which takes IPv4 as well',
      [
        [LOOPBACK_6, 1000],
        [ANY_6, 1001],
      ],
      1001,
    ],
    [
      'to none that listens elsewhere',
      [
        [LOOPBACK_6, 1000],
        ['0200007F', 1001],
      ],
      null,
    ],
  ] as const)('gets %s', (_, rows, uid) => {
    const listeners = socketsIn(table(...rows.map(([at, who]) => [at, 8000, who] as const)), '0A');
    expect(listeners).toHaveLength(rows.length);
    expect(acceptorOf(8000, listeners)?.uid ?? null).toBe(uid);
    expect(acceptorOf(8001, listeners)).toBeNull();
  });
});

const SERVER = `require('node:net').createServer().listen(...JSON.parse(process.argv[1]), function () { console.log(this.address().port); })`;

async function listening(...at: readonly [port: number, host: string]) {
  const child = spawn(process.execPath, ['-e', SERVER, JSON.stringify(at)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = await once(child.stdout, 'data');
  return { pid: child.pid ?? 0, port: Number(port) };
}

describe('a port', () => {
  it('is answered by the process that listens there, and by no other', async () => {
    const { pid, port } = await listening(0, '127.0.0.1');
    expect(portsAnsweredBelow(pid)).toEqual([port]);
    expect(portsAnsweredBelow(process.pid)).toContain(port);
    expect(listenerUid(port)).toBe(process.getuid?.());
    const other = await listening(0, '127.0.0.1');
    expect(portsAnsweredBelow(other.pid)).toEqual([other.port]);
  });

  it('is not answered by who listens beside it, at another address of the same number', async () => {
    const { port } = await listening(0, '127.0.0.1');
    const beside = await listening(port, '127.0.0.2');
    expect(portsAnsweredBelow(beside.pid)).toEqual([]);
    expect(openPortsBelow(beside.pid)).toEqual([]);
  });

  it('is open when other machines may reach it', async () => {
    const { pid, port } = await listening(0, '0.0.0.0');
    expect(portsAnsweredBelow(pid)).toEqual([port]);
    expect(openPortsBelow(pid)).toEqual([`0.0.0.0:${port}`]);
    expect(listenerUid(1)).toBeNull();
  });
});
