/** A process of the Space that pydevd has connected: the app, a worker, or another process that it has started. */
import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import * as z from 'zod';
import { type DapMessage, type DapPeer, dapPeer, type Fields } from './dap.js';

const systemInfo = z.object({
  process: z.object({ pid: z.int().positive(), ppid: z.int().nullish() }),
});

export interface Debuggee {
  readonly pid: number;
  readonly ppid: number | null;
  readonly peer: DapPeer;
  /** What its debugger can do, as DAP's `initialize` answers. */
  readonly capabilities: Fields;
  /** The session that has it; null for none. */
  listener: ((event: DapMessage) => void) | null;
  /** Called when it is gone. */
  onClosed: () => void;
}

/**
 * Asks a process that has connected who it is.
 *
 * @param token that it has to name: a process of the Space has it from the run
 * @returns null for one that does not name it, or leaves
 */
export async function greetDebuggee(socket: Socket, token: string): Promise<Debuggee | null> {
  const state: Pick<Debuggee, 'listener' | 'onClosed'> = { listener: null, onClosed: () => {} };
  let isOpen = true;
  const peer = dapPeer(socket, {
    message(message) {
      // A process may send events; what it asks for is not passed to a client, which would act on it.
      if (message.type === 'request')
        peer.refuse(message, 'requests of a debuggee are not passed on');
      else debuggee?.listener?.(message);
    },
    closed() {
      isOpen = false;
      debuggee?.onClosed();
    },
  });
  let debuggee: Debuggee | null = null;
  try {
    // Null: a process that connects asks for no token (`debugpy.connect`, debugpy 1.8.22).
    const { clientAccessToken } = await peer.request('pydevdAuthorize', {
      debugServerAccessToken: null,
    });
    if (!isSame(clientAccessToken, token)) throw new Error('not a process of the Space');
    const { process } = systemInfo.parse(await peer.request('pydevdSystemInfo'));
    const capabilities = await peer.request('initialize', { adapterID: 'debugpy' });
    if (!isOpen) return null;
    debuggee = Object.assign(state, {
      ...{ pid: process.pid, ppid: process.ppid ?? null, peer, capabilities },
    });
    return debuggee;
  } catch {
    socket.destroy();
    return null;
  }
}

/** It waits for a client after its start: none comes, so that it runs. One may attach later. */
export async function letRun({ peer }: Debuggee): Promise<void> {
  try {
    await peer.request('attach', {});
    await peer.request('configurationDone');
    await peer.request('disconnect');
  } catch {
    // It has ended meanwhile.
  }
}

function isSame(given: unknown, token: string): boolean {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
