/** A process that pydevd has connected, as the relay sees it. */
import { connect } from 'node:net';
import { type DapMessage, type DapPeer, dapPeer, type Fields } from '../../../src/run/debug/dap.js';

export interface FakeDebuggee {
  /** Commands that it was sent, in order. */
  readonly heard: readonly string[];
  readonly arguments: (command: string) => DapMessage['arguments'];
  readonly peer: DapPeer;
  readonly isOpen: () => boolean;
  /** Runs: a client, or the relay, has let it. */
  readonly runs: Promise<void>;
  close(): void;
}

export function fakeDebuggee(
  port: number,
  {
    pid,
    ppid = 1,
    token,
  }: { readonly pid: number; readonly ppid?: number; readonly token: string },
): FakeDebuggee {
  const socket = connect(port, '127.0.0.1');
  const heard: DapMessage[] = [];
  let isOpen = true;
  let run = () => {};
  const runs = new Promise<void>((resolve) => {
    run = resolve;
  });
  const bodies: Readonly<Record<string, Fields>> = {
    pydevdAuthorize: { clientAccessToken: token },
    pydevdSystemInfo: { process: { pid, ppid } },
    initialize: { supportsConfigurationDoneRequest: true },
    stackTrace: { stackFrames: [{ name: 'double', line: 10, source: { path: '/s/app.py' } }] },
  };
  const peer = dapPeer(socket, {
    message(message) {
      if (message.type !== 'request') return;
      heard.push(message);
      peer.respond(message, bodies[message.command ?? ''] ?? {});
      if (message.command === 'configurationDone') run();
    },
    closed() {
      isOpen = false;
    },
  });
  return {
    get heard() {
      return heard.map(({ command = '' }) => command);
    },
    arguments: (command) => heard.findLast((one) => one.command === command)?.arguments,
    peer,
    isOpen: () => isOpen,
    runs,
    close: () => void socket.destroy(),
  };
}
