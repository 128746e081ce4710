/**
 * `breakpoint()` in a process of the Space (zerogpu_debug.py): the process says where it stops and is answered who is
 * there: `client`, `terminal` or `none`. With `terminal`, the rest of the connection is what pdb prints and reads.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import * as z from 'zod';

/** Where a process stops. */
export interface StopPlace {
  readonly pid: number;
  readonly file: string;
  readonly line: number;
  readonly function: string;
}

export interface TerminalStopsPorts {
  /** In a folder of this user alone. */
  readonly socketPath: string;
  /** Whether a client of the debugger has this process. */
  readonly isDebugged: (pid: number) => boolean;
  /** Lends the terminal to pdb until its connection ends; null without a terminal. */
  readonly converse: ((connection: Socket) => Promise<void>) | null;
  readonly onStop: (place: StopPlace) => void;
  readonly onGoesOn: (place: StopPlace) => void;
  /** Neither a client nor a terminal: the process goes on. */
  readonly onIgnored: (place: StopPlace) => void;
}

const placeSchema = z.object({
  pid: z.int().positive(),
  file: z.string(),
  line: z.int(),
  function: z.string(),
});
const LONGEST_LINE_BYTES = 16_384;

/** @returns the end of it */
export async function listenForStops(ports: TerminalStopsPorts): Promise<{ close(): void }> {
  const open = new Set<Socket>();
  /** One stop after the other: there is one terminal. */
  let last: Promise<void> = Promise.resolve();
  const server = createServer((connection) => {
    open.add(connection);
    connection.on('error', () => {});
    connection.once('close', () => open.delete(connection));
    void meet(connection);
  });

  async function meet(connection: Socket): Promise<void> {
    const place = await readPlace(connection);
    if (place === null) return void connection.destroy();
    if (ports.isDebugged(place.pid)) return void connection.end('client\n');
    const { converse } = ports;
    if (converse === null) {
      ports.onIgnored(place);
      return void connection.end('none\n');
    }
    ports.onStop(place);
    connection.once('close', () => ports.onGoesOn(place));
    last = last.then(async () => {
      if (connection.destroyed) return;
      connection.write('terminal\n');
      await converse(connection);
    });
  }

  await listenAt(ports.socketPath, (path) => {
    server.listen(path);
    return new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
  });
  return {
    close() {
      server.close();
      for (const connection of open) connection.destroy();
    },
  };
}

/** The kernel takes socket paths of 107 bytes; through the folder's descriptor any will do. */
async function listenAt(socketPath: string, listen: (path: string) => Promise<void>) {
  const folder = await open(dirname(socketPath), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await listen(`/proc/self/fd/${folder.fd}/${basename(socketPath)}`);
  } finally {
    await folder.close();
  }
}

/** The first line; null for one of another form. Nothing follows it before the answer. */
function readPlace(connection: Socket): Promise<StopPlace | null> {
  return new Promise((resolve) => {
    let text = '';
    const read = (bytes: Buffer) => {
      text += bytes.toString();
      if (!text.includes('\n') && text.length <= LONGEST_LINE_BYTES) return;
      connection.off('data', read);
      resolve(parse(text));
    };
    connection.on('data', read);
    connection.once('close', () => resolve(null));
  });
}

function parse(text: string): StopPlace | null {
  try {
    return placeSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
