/** The app of a run, which restarts on demand: one Space, one app at a time. */
import type { AppExit, AppProcess } from './app-process.js';

export interface RestartableApp {
  /** The newest one; null before the first. */
  readonly current: AppProcess | null;
  /** Whether the newest one serves: it has come up, and has not ended. */
  readonly serves: boolean;
  /**
   * Stops the app, where one runs, and starts it again. A start that is under way is given up.
   *
   * @returns false when another start, or the end, came in between
   * @throws what `prepare` and `untilReady` throw: the app is down, and may be started again
   */
  start(): Promise<boolean>;
  /** Stops it for good; a start that is under way starts nothing any more. */
  stop(): Promise<void>;
}

export interface RestartPorts {
  /** When the old app is gone and before the new one starts; aborted when the start is given up. */
  readonly prepare: (isFirst: boolean, given: AbortSignal) => Promise<void>;
  readonly start: () => AppProcess;
  /** Rejects when the app does not come up. */
  readonly untilReady: (app: AppProcess, given: AbortSignal) => Promise<void>;
  /** An app that serves has ended by itself. One that does not come up ends nothing. */
  readonly onEnded: (exit: AppExit) => void;
}

export function restartableApp(ports: RestartPorts): RestartableApp {
  let current: AppProcess | null = null;
  let serving: AppProcess | null = null;
  let closed = false;
  let attempt = new AbortController();
  /** The start before: the next one begins when it is over. */
  let last: Promise<unknown> = Promise.resolve();

  function serve(app: AppProcess): void {
    serving = app;
    void app.exited.then((exit) => {
      if (serving !== app) return;
      serving = null;
      ports.onEnded(exit);
    });
  }

  async function startOnce(signal: AbortSignal): Promise<boolean> {
    const isFirst = current === null;
    await current?.stop();
    if (signal.aborted) return false;
    try {
      await ports.prepare(isFirst, signal);
      if (signal.aborted) return false;
      current = ports.start();
      await ports.untilReady(current, signal);
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
    if (signal.aborted) return false;
    serve(current);
    return true;
  }

  return {
    get current() {
      return current;
    },
    get serves() {
      return serving !== null;
    },
    start() {
      if (closed) return Promise.resolve(false);
      attempt.abort();
      attempt = new AbortController();
      const { signal } = attempt;
      serving = null;
      // What the start before waits for ends with its app.
      const stopped = current?.stop();
      const started = last.then(async () => {
        await stopped;
        return signal.aborted ? false : startOnce(signal);
      });
      last = started.catch(() => {});
      return started;
    },
    async stop() {
      closed = true;
      serving = null;
      attempt.abort();
      await current?.stop();
      await last;
      await current?.stop();
    },
  };
}
