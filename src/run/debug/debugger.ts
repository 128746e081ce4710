/** The debugger of a run (`--debug`): one port for clients, `breakpoint()` in the terminal, and deadlines that wait. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../shared/clock.js';
import { identifyProcess } from '../../shared/process-table.js';
import { converse, type Screen } from './converse.js';
import { isOwnUser } from './own-user.js';
import { placeText } from './place.js';
import { startDebugRelay } from './relay.js';
import { createStopRegister, type StopRegisterPorts } from './stop-register.js';
import { listenForStops, type StopPlace } from './terminal-stops.js';

export interface DebuggerParts {
  readonly port: { readonly number: number; readonly explicit: boolean };
  /** The folder of the run, which no other user can read. */
  readonly runDir: string;
  /** Our Python, which a debugger steps over. */
  readonly notMine: readonly string[];
  readonly tell: StopRegisterPorts['tell'];
  readonly say: (message: string) => void;
  readonly warn: (message: string) => void;
  /** Null where no person sits at the terminal. */
  readonly terminal: (Screen & { readonly lend: <T>(ask: () => Promise<T>) => Promise<T> }) | null;
}

export interface Debugger {
  /** `127.0.0.1:5678`. */
  readonly address: string;
  /** What the Space's Python reads (zerogpu_debug.py); written by `prepare`. */
  readonly settingsFile: string;
  /** @param packages the folder with debugpy, for `sys.path` */
  prepare(packages: string): Promise<void>;
  /** See StopRegister. */
  callBegan(): void;
  close(): void;
}

/** @throws UserError E_PORT_TAKEN */
export async function startDebugger(parts: DebuggerParts): Promise<Debugger> {
  const { runDir, say, warn, terminal } = parts;
  const stops = createStopRegister({
    ...{ clock: systemClock, identify: identifyProcess, tell: parts.tell, say, warn },
  });
  const relay = await startDebugRelay({
    ...{ port: parts.port, notMine: parts.notMine, mayConnect: isOwnUser, warn },
    onStopped: (process, place) => stops.stopped(process, place),
    onGoesOn: (pid) => stops.goesOn(pid),
  });
  const socketPath = join(runDir, 'stops.sock');
  const atTerminal = await listenForStops({
    socketPath,
    isDebugged: relay.isDebugged,
    converse: terminal && ((connection) => terminal.lend(() => converse(connection, terminal))),
    onStop: (place) =>
      stops.stopped(
        { pid: place.pid, isApp: relay.isApp(place.pid) },
        Promise.resolve(placeText(place.file, place.line, place.function)),
      ),
    onGoesOn: ({ pid }) => stops.goesOn(pid),
    onIgnored: (place) => warn(ignored(place, relay.address)),
  });
  const settingsFile = join(runDir, 'debug.json');
  return {
    address: relay.address,
    settingsFile,
    callBegan: stops.callBegan,
    prepare: (packages) =>
      writeFile(
        settingsFile,
        JSON.stringify({
          port: relay.debuggeePort,
          token: relay.token,
          stops: socketPath,
          packages,
        }),
        { mode: 0o600 },
      ),
    close() {
      atTerminal.close();
      relay.close();
    },
  };
}

function ignored({ file, line, function: name }: StopPlace, address: string): string {
  return `debug: breakpoint() at ${placeText(file, line, name)} does nothing: no client is attached at ${address}, and there is no terminal`;
}
