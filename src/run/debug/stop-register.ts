/** Which processes are stopped now, by a client of the debugger or in the terminal: for the allocator and the log. */
import type { Clock, Timer } from '../../shared/clock.js';
import { formatSeconds } from '../../shared/duration.js';
import type { ProcessId } from '../../shared/host.js';

/** A step stops again at once: it is one stop in the log. */
const STEP_MS = 500;

export interface StoppedProcess {
  readonly pid: number;
  /** The app itself: no call of the Space can end meanwhile. */
  readonly isApp: boolean;
}

export interface StopRegisterPorts {
  readonly clock: Clock;
  readonly identify: (pid: number) => ProcessId | null;
  /** All that is stopped now, whenever it changes: deadlines and charges of these calls wait. */
  readonly tell: (stopped: 'all' | readonly ProcessId[]) => Promise<void>;
  readonly say: (message: string) => void;
  readonly warn: (message: string) => void;
}

export interface StopRegister {
  /** @param place `app.py:14 (double)`, or null where it is not known */
  stopped(process: StoppedProcess, place: Promise<string | null>): void;
  goesOn(pid: number): void;
  /** A call has begun: it may be one of a process that is stopped already. */
  callBegan(): void;
}

interface Stop extends StoppedProcess {
  readonly sinceMs: number;
  /** Milliseconds of the stops before it that are one with it in the log. */
  readonly beforeMs: number;
}

export function createStopRegister(ports: StopRegisterPorts): StopRegister {
  const { clock } = ports;
  const now = new Map<number, Stop>();
  const stepping = new Map<number, { readonly ms: number; readonly timer: Timer }>();
  const nowMs = () => clock.now().monotonicMs;

  function tell(): void {
    const stops = [...now.values()];
    const stopped = stops.some(({ isApp }) => isApp)
      ? ('all' as const)
      : stops.flatMap(({ pid }) => ports.identify(pid) ?? []);
    ports.tell(stopped).catch((error: unknown) => {
      ports.warn(
        `the allocator does not know of the stop: ${error instanceof Error ? error.message : error}`,
      );
    });
  }
  const nameOf = ({ pid, isApp }: StoppedProcess) => (isApp ? 'the app' : `worker ${pid}`);

  return {
    stopped(process, place) {
      if (now.has(process.pid)) return;
      const step = stepping.get(process.pid);
      step?.timer.cancel();
      stepping.delete(process.pid);
      now.set(process.pid, { ...process, sinceMs: nowMs(), beforeMs: step?.ms ?? 0 });
      tell();
      if (step) return;
      const waits = process.isApp
        ? 'deadlines and charges of its calls wait'
        : 'deadline and charge of its call wait';
      void place.then((where) =>
        ports.say(
          `debug: ${nameOf(process)} is stopped${where === null ? '' : ` at ${where}`}; ${waits}`,
        ),
      );
    },
    goesOn(pid) {
      const stop = now.get(pid);
      if (!stop) return;
      now.delete(pid);
      tell();
      const ms = stop.beforeMs + nowMs() - stop.sinceMs;
      const timer = clock.after(STEP_MS, () => {
        stepping.delete(pid);
        ports.say(
          `debug: ${nameOf(stop)} goes on; ${formatSeconds(ms / 1_000)} of stop do not count`,
        );
      });
      stepping.set(pid, { ms, timer });
    },
    callBegan() {
      if (now.size > 0) tell();
    },
  };
}
