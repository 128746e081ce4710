/**
 * The debug adapter of `run --debug`: clients connect at one port, whatever process of the Space they debug. The app
 * and its workers connect here by themselves (zerogpu_debug.py), so that none of them listens anywhere.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { listenOrExplain } from '../../shared/listen.js';
import { dapPeer, type Fields } from './dap.js';
import { type Debuggee, greetDebuggee, letRun } from './debuggee.js';
import { placeOf } from './place.js';
import { openSession, type Session } from './session.js';
import type { StopRegister } from './stop-register.js';

/** So long a process waits for the client that was shown it, milliseconds. */
const ATTACH_WITHIN_MS = 10_000;

export interface RelayPorts {
  /** Where clients connect; 0 for any free port. */
  readonly port: { readonly number: number; readonly explicit: boolean };
  /** See SessionPorts. */
  readonly notMine: readonly string[];
  readonly onStopped: StopRegister['stopped'];
  readonly onGoesOn: StopRegister['goesOn'];
  readonly warn: (message: string) => void;
  /** Whether the process at the other end may debug: it has the rights of this one (own-user.ts). */
  readonly mayConnect: (socket: Socket) => boolean;
  readonly attachWithinMs?: number;
}

export interface DebugRelay {
  /** `127.0.0.1:5678` for clients. */
  readonly address: string;
  /** Where processes of the Space connect. */
  readonly debuggeePort: number;
  /** What they name there. */
  readonly token: string;
  /** Whether a client has set its breakpoints in this process. */
  isDebugged(pid: number): boolean;
  isApp(pid: number): boolean;
  close(): void;
}

interface Known {
  readonly debuggee: Debuggee;
  /** Resolves when no other session uses it. */
  readonly idle: Promise<void>;
}

/** @throws UserError E_PORT_TAKEN */
export async function startDebugRelay(ports: RelayPorts): Promise<DebugRelay> {
  const token = randomBytes(32).toString('hex');
  const known = new Map<number, Known>();
  const sessions = new Set<Session>();
  const sockets = new Set<Socket>();
  const stopped = new Set<Debuggee>();
  const waitingForApp = new Set<(app: Debuggee | null) => void>();
  let app: Debuggee | null = null;
  let knowCapabilities: (capabilities: Fields) => void = () => {};
  const capabilities = new Promise<Fields>((resolve) => {
    knowCapabilities = resolve;
  });
  const clientPort = () => Number(address.split(':')[1]);

  async function acceptDebuggee(socket: Socket): Promise<void> {
    const debuggee = await greetDebuggee(socket, token);
    if (debuggee === null) return;
    debuggee.onClosed = () => forget(debuggee);
    knowCapabilities(debuggee.capabilities);
    // The app is the one that none of the others has started.
    if (app === null && !known.has(debuggee.ppid ?? 0)) {
      app = debuggee;
      const isAwaited = [...sessions].some((session) => session.debuggee === null);
      if (isAwaited) holdForClient(debuggee);
      else keep(debuggee, letRun(debuggee));
      for (const give of waitingForApp) give(debuggee);
      waitingForApp.clear();
      return;
    }
    const parent = sessionOf(debuggee.ppid) ?? sessionOf(app?.pid ?? null);
    if (!parent) return keep(debuggee, letRun(debuggee));
    holdForClient(debuggee);
    parent.tellOf(debuggee, clientPort());
  }

  /** It runs when a client has set its breakpoints, or when none attaches in time. */
  function holdForClient(debuggee: Debuggee): void {
    const ms = ports.attachWithinMs ?? ATTACH_WITHIN_MS;
    keep(debuggee, Promise.resolve());
    setTimeout(() => {
      if (debuggee.listener || known.get(debuggee.pid)?.debuggee !== debuggee) return;
      keep(debuggee, letRun(debuggee));
      ports.warn(
        `debug: no client has attached to process ${debuggee.pid} within ${ms / 1_000} s: it runs without breakpoints`,
      );
    }, ms).unref();
  }

  function keep(debuggee: Debuggee, idle: Promise<void>): void {
    known.set(debuggee.pid, { debuggee, idle });
  }

  function forget(debuggee: Debuggee): void {
    if (known.get(debuggee.pid)?.debuggee === debuggee) known.delete(debuggee.pid);
    if (app === debuggee) app = null;
    goesOn(debuggee);
    for (const session of sessions) if (session.debuggee === debuggee) session.debuggeeClosed();
  }

  function sessionOf(pid: number | null): Session | undefined {
    return [...sessions].find(({ debuggee, isStarted }) => isStarted && debuggee?.pid === pid);
  }

  function goesOn(debuggee: Debuggee): void {
    if (stopped.delete(debuggee)) ports.onGoesOn(debuggee.pid);
  }

  async function find(pid: number | null): Promise<Debuggee | null> {
    const found =
      pid !== null
        ? (known.get(pid)?.debuggee ?? null)
        : (app ?? (await new Promise<Debuggee | null>((give) => waitingForApp.add(give))));
    if (found) await known.get(found.pid)?.idle;
    return found;
  }

  function acceptClient(socket: Socket): void {
    const peer = dapPeer(socket, {
      message: (message) => session.take(message),
      closed: () => session.clientClosed(),
    });
    const session = openSession(peer, {
      capabilities: () => capabilities,
      find,
      onStopped(debuggee, threadId) {
        stopped.add(debuggee);
        const place = placeOf(debuggee.peer, threadId);
        ports.onStopped({ pid: debuggee.pid, isApp: debuggee === app }, place);
      },
      onGoesOn: goesOn,
      notMine: ports.notMine,
      onStarted(started, debuggee) {
        for (const { debuggee: other } of known.values()) {
          if (!other.listener && other.ppid === debuggee.pid) started.tellOf(other, clientPort());
        }
      },
      onEnd: (ended) => void sessions.delete(ended),
    });
    sessions.add(session);
  }

  function listener(what: string, accept: (socket: Socket) => void): Server {
    return createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => {});
      if (!ports.mayConnect(socket)) {
        ports.warn(`a connection to the ${what} was refused: it comes from another user`);
        return void socket.destroy();
      }
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      accept(socket);
    });
  }

  const inner = listener("debugger's inner port", (socket) => void acceptDebuggee(socket));
  const outer = listener('debug port', acceptClient);
  const { number, explicit } = ports.port;
  const { url } = await listenOrExplain(outer, { host: '127.0.0.1', port: number, explicit });
  const address = new URL(url).host;
  const debuggees = await listenOrExplain(inner, { host: '127.0.0.1', port: 0, explicit: true });
  return {
    address,
    debuggeePort: Number(new URL(debuggees.url).port),
    token,
    isApp: (pid) => app?.pid === pid,
    isDebugged: (pid) => sessionOf(pid) !== undefined,
    close() {
      inner.close();
      outer.close();
      for (const give of waitingForApp) give(null);
      for (const socket of sockets) socket.destroy();
    },
  };
}
