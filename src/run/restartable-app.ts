/** The app of a run, which its user may restart: one Space, one app at a time. */
import type { AppExit, AppProcess } from './app-process.js';

export interface RestartableApp {
  /** The newest one. */
  readonly current: AppProcess;
  /**
   * Resolves when the app ends by itself while it serves. One that was restarted and did not come up
   * ends nothing: its user fixes it and tries again.
   */
  readonly ended: Promise<AppExit>;
  /**
   * Stops the app and starts it again.
   *
   * @throws UserError E_APP_CRASHED, E_APP_SILENT when it does not come up
   */
  restart(): Promise<void>;
  /** Stops it for good; a restart that is under way starts nothing any more. */
  stop(): Promise<void>;
}

export interface RestartPorts {
  readonly start: () => AppProcess;
  /** When the old app is gone and before the new one starts. */
  readonly between: () => Promise<void>;
  /** Rejects when the app does not come up. */
  readonly untilReady: (app: AppProcess) => Promise<void>;
}

/** @param first the app that serves already */
export function restartableApp(first: AppProcess, ports: RestartPorts): RestartableApp {
  let current = first;
  let serving = true;
  let closed = false;
  let onEnd: (exit: AppExit) => void;
  const ended = new Promise<AppExit>((resolve) => {
    onEnd = resolve;
  });

  function serve(app: AppProcess): void {
    serving = true;
    void app.exited.then((exit) => {
      if (serving && app === current) onEnd(exit);
    });
  }
  serve(first);

  return {
    get current() {
      return current;
    },
    ended,
    async restart() {
      serving = false;
      await current.stop();
      await ports.between();
      if (closed) return;
      current = ports.start();
      await ports.untilReady(current);
      serve(current);
    },
    async stop() {
      closed = true;
      await current.stop();
    },
  };
}
