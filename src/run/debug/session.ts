/** A client's session with one process of the Space, as a debug adapter conducts it. */
import type { DapMessage, DapPeer, Fields } from './dap.js';
import type { Debuggee } from './debuggee.js';

/** What a session asks of the relay. */
export interface SessionPorts {
  /** What any process of this run can do; waits for the first one. */
  readonly capabilities: () => Promise<Fields>;
  /** The process of that pid, else the app; null when the process is gone. Waits for an app that starts. */
  readonly find: (pid: number | null) => Promise<Debuggee | null>;
  /** The client has set its breakpoints in this process, which runs from now on. */
  readonly onStarted: (session: Session, debuggee: Debuggee) => void;
  readonly onStopped: (debuggee: Debuggee, threadId: unknown) => void;
  readonly onGoesOn: (debuggee: Debuggee) => void;
  readonly onEnd: (session: Session) => void;
  /** Folders of code that is not the author's: it is stepped over. */
  readonly notMine: readonly string[];
}

export interface Session {
  /** The process; null before `attach`. */
  readonly debuggee: Debuggee | null;
  /** Whether its client has set its breakpoints. */
  readonly isStarted: boolean;
  /** Shows the client another process, which it attaches to in a session of its own. */
  tellOf(other: Debuggee, port: number): void;
  take(message: DapMessage): void;
  /** The process has gone. */
  debuggeeClosed(): void;
  /** The client has gone. */
  clientClosed(): void;
}

/** Arguments of a session that its sub-sessions do not have. */
const OWN_ARGUMENTS = new Set([
  ...['processId', 'listen', 'host', 'port', 'args', 'processName', 'pythonArgs', 'restart'],
  ...['preLaunchTask', 'postDebugTask', 'request', '__sessionId', '__configurationTarget'],
]);

/** pydevd answers these for the whole process. */
const FOR_ALL_THREADS = new Set(['continue', 'pause']);
/** After these the process runs. */
const GOES_ON = new Set(['continue', 'next', 'stepIn', 'stepOut', 'goto']);

export function openSession(client: DapPeer, ports: SessionPorts): Session {
  let debuggee: Debuggee | null = null;
  let asked: Fields = {};
  let attach: DapMessage | null = null;
  let isStarted = false;
  let isOver = false;
  let early: DapMessage[] = [];

  const session: Session = {
    get debuggee() {
      return debuggee;
    },
    get isStarted() {
      return isStarted && !isOver;
    },
    tellOf(other, port) {
      const rest = Object.entries(attach?.arguments ?? {}).filter(
        ([key]) => !OWN_ARGUMENTS.has(key),
      );
      const configuration = {
        ...Object.fromEntries(rest),
        name: `Worker ${other.pid}`,
        subProcessId: other.pid,
        connect: { host: '127.0.0.1', port },
      };
      if (asked['supportsStartDebuggingRequest'] === true) {
        client.request('startDebugging', { request: 'attach', configuration }).catch(() => {});
      } else {
        const body = { ...configuration, request: 'attach' };
        client.send({ type: 'event', event: 'debugpyAttach', body });
      }
    },
    take(message) {
      if (message.type !== 'request') return;
      answer(message).catch((error: unknown) => {
        client.refuse(message, error instanceof Error ? error.message : String(error));
      });
    },
    debuggeeClosed() {
      if (isOver) return;
      if (attach && !isStarted) client.respond(attach);
      client.send({ type: 'event', event: 'terminated' });
      end(false);
    },
    clientClosed: () => end(true),
  };

  async function answer(message: DapMessage): Promise<void> {
    switch (message.command) {
      case 'initialize':
        asked = message.arguments ?? {};
        return client.respond(message, await ports.capabilities());
      case 'launch':
        throw new Error('zerogpu run has started the app: use "request": "attach"');
      case 'attach':
        return begin(message);
      case 'configurationDone':
        return configured(message);
      case 'disconnect':
      case 'terminate':
        // The process belongs to the run: it is left, and runs on.
        await leave();
        client.respond(message);
        return end(false);
      default:
        return pass(message);
    }
  }

  async function begin(message: DapMessage): Promise<void> {
    if (attach) throw new Error('this session is attached already');
    attach = message;
    const pid = message.arguments?.['subProcessId'];
    const found = await ports.find(typeof pid === 'number' ? pid : null);
    if (isOver) return;
    if (found === null) {
      // A worker may be gone by now: the client is not to show an error for it.
      client.respond(message);
      client.send({ type: 'event', event: 'terminated' });
      return end(false);
    }
    if (found.listener) throw new Error(`process ${found.pid} is being debugged already`);
    debuggee = found;
    found.listener = onEvent;
    await found.peer.request('initialize', asked);
    await found.peer.request('attach', {
      ...message.arguments,
      rules: [
        ...rulesOf(message),
        ...ports.notMine.map((path) => ({ path: `${path}/**`, include: false })),
      ],
    });
    client.send({ type: 'event', event: 'initialized' });
  }

  async function configured(message: DapMessage): Promise<void> {
    if (!debuggee || !attach || isStarted) throw new Error('attach comes first');
    client.respond(message, await debuggee.peer.request('configurationDone', message.arguments));
    isStarted = true;
    client.respond(attach);
    for (const event of early.splice(0)) client.send(event);
    ports.onStarted(session, debuggee);
  }

  async function pass(message: DapMessage): Promise<void> {
    if (!debuggee) throw new Error(`${message.command} before attach`);
    const { command = '' } = message;
    const args = FOR_ALL_THREADS.has(command)
      ? { ...message.arguments, threadId: '*' }
      : message.arguments;
    const body = await debuggee.peer.request(command, args);
    if (GOES_ON.has(command)) ports.onGoesOn(debuggee);
    client.respond(message, body);
  }

  function onEvent(event: DapMessage): void {
    if (!debuggee) return;
    if (event.event === 'stopped') ports.onStopped(debuggee, event.body?.['threadId']);
    if (event.event === 'continued') ports.onGoesOn(debuggee);
    // The session says itself when it is over.
    if (event.event === 'terminated' || event.event === 'initialized') return;
    if (isStarted) client.send(event);
    else early.push(event);
  }

  async function leave(): Promise<void> {
    if (!debuggee || debuggee.listener !== onEvent) return;
    debuggee.listener = null;
    ports.onGoesOn(debuggee);
    await debuggee.peer.request('disconnect').catch(() => {});
  }

  function end(isGone: boolean): void {
    if (isOver) return;
    isOver = true;
    early = [];
    if (isGone) void leave();
    else client.close();
    ports.onEnd(session);
  }

  return session;
}

function rulesOf(attach: DapMessage): readonly unknown[] {
  const rules = attach.arguments?.['rules'];
  return Array.isArray(rules) ? rules : [];
}
