/** A client of the debugger, as an editor is one: a session for the app, one for each worker, breakpoints, stops. */
import { connect } from 'node:net';
import { type DapMessage, type DapPeer, dapPeer, type Fields } from '../../../src/run/debug/dap.js';

export interface DapClient {
  request: DapPeer['request'];
  /** The next event of that name that was not taken yet. */
  event(name: string, withinMs?: number): Promise<Fields>;
  /** Attaches, sets breakpoints by file, and lets the process run. */
  attach(args: Fields, breakpoints: Readonly<Record<string, readonly number[]>>): Promise<void>;
  /** What the other side has asked for (`startDebugging`). */
  readonly asked: readonly DapMessage[];
  close(): void;
}

export function dapClient(port: number, can: Fields = {}): DapClient {
  const socket = connect(port, '127.0.0.1');
  const events: DapMessage[] = [];
  const asked: DapMessage[] = [];
  const looks = new Set<() => void>();
  const peer = dapPeer(socket, {
    message(message) {
      (message.type === 'event' ? events : asked).push(message);
      if (message.type === 'request') peer.respond(message);
      for (const look of looks) look();
    },
    closed() {
      for (const look of looks) look();
    },
  });
  const event = (name: string, withinMs = 20_000) =>
    new Promise<Fields>((resolve, reject) => {
      const end = () => {
        looks.delete(look);
        clearTimeout(timer);
      };
      const look = () => {
        const at = events.findIndex((one) => one.event === name);
        if (at >= 0) {
          end();
          resolve(events.splice(at, 1)[0]?.body ?? {});
        } else if (socket.destroyed) {
          end();
          reject(new Error(`the session ended before ${name}`));
        }
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`no ${name}, but ${events.map((one) => one.event).join(', ')}`));
      }, withinMs);
      looks.add(look);
      look();
    });
  return {
    request: peer.request,
    event,
    asked,
    async attach(args, breakpoints) {
      await peer.request('initialize', { adapterID: 'debugpy', pathFormat: 'path', ...can });
      const attached = peer.request('attach', args);
      // A refusal comes instead of it.
      await Promise.race([event('initialized'), attached]);
      for (const [path, lines] of Object.entries(breakpoints)) {
        await peer.request('setBreakpoints', {
          source: { path },
          breakpoints: lines.map((line) => ({ line })),
        });
      }
      await peer.request('configurationDone');
      await attached;
    },
    close: () => void socket.destroy(),
  };
}

/** A stop in any session of an editor. */
export interface EditorStop {
  readonly session: DapClient;
  readonly threadId: unknown;
}

export interface Editor {
  /** The next stop in the app or a worker. */
  stop(withinMs?: number): Promise<EditorStop>;
  close(): void;
}

/** Attaches as an editor does: every process that it is shown gets the same breakpoints. */
export async function openEditor(
  port: number,
  breakpoints: Readonly<Record<string, readonly number[]>>,
): Promise<Editor> {
  const sessions = new Set<DapClient>();
  const stops: EditorStop[] = [];
  const looks = new Set<() => void>();
  let isClosed = false;
  async function open(args: Fields): Promise<void> {
    const session = dapClient(port);
    sessions.add(session);
    await session.attach(args, breakpoints);
    void follow(session);
    void followWorkers(session);
  }
  async function follow(session: DapClient): Promise<void> {
    while (!isClosed) {
      const { threadId } = await session
        .event('stopped', 600_000)
        .catch(() => ({ threadId: null }));
      if (threadId === null) return;
      stops.push({ session, threadId });
      for (const look of looks) look();
    }
  }
  async function followWorkers(session: DapClient): Promise<void> {
    while (!isClosed) {
      const told = await session.event('debugpyAttach', 600_000).catch(() => null);
      if (told === null) return;
      // A worker that has ended meanwhile has no session.
      open(told).catch(() => {});
    }
  }
  await open({ connect: { host: '127.0.0.1', port }, justMyCode: true });
  return {
    stop: (withinMs = 20_000) =>
      new Promise<EditorStop>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('nothing stops')), withinMs);
        const look = () => {
          const stop = stops.shift();
          if (!stop) return;
          looks.delete(look);
          clearTimeout(timer);
          resolve(stop);
        };
        looks.add(look);
        look();
      }),
    close() {
      isClosed = true;
      for (const session of sessions) session.close();
    },
  };
}
