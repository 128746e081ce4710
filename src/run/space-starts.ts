/** The app of a run through all its starts: what each takes from the Space's files, and what people read meanwhile. */
import type { Notice } from '../gateway/notice-page.js';
import { redact, secretsOf } from '../lifecycle/redact.js';
import type { PythonEnvironment } from '../python-env/index.js';
import { systemClock } from '../shared/clock.js';
import { UserError } from '../shared/errors.js';
import { readSpace, type Space } from '../space/index.js';
import {
  type AppExit,
  createStandby,
  howEnded,
  type RestartableApp,
  restartableApp,
  type Standby,
} from './app/index.js';
import { findDebugpy } from './open-debugger.js';
import type { RunContext, RunParts } from './run-context.js';
import { importsFileOf, launchOf, startSpace, untilReady } from './space-app.js';
import { sweepProcesses } from './state/index.js';
import { declaredChanges } from './watch/index.js';

export interface SpaceStarts {
  readonly app: RestartableApp;
  /** The next app, started ahead. */
  readonly standby: Standby;
  /**
   * Starts the app for the first time.
   *
   * @throws UserError when it does not come up, but in a run that watches its files: that one waits for a change
   */
  first(): Promise<void>;
  /**
   * Starts the app again, with the Space as it is now; resolves when it serves, or when it is known that it does not.
   *
   * @param why for people: `app.py changed`
   */
  again(why: string | null): Promise<void>;
  /** `starting` from the first moment of a start until it is over. */
  state(): 'starting' | 'serves' | 'down';
}

export interface StartsPorts {
  readonly python: PythonEnvironment;
  /** Finds, or makes, the Python of a Space whose requirements have changed. */
  readonly findPython: (space: Space, given: AbortSignal) => Promise<PythonEnvironment>;
  /** When the first start began, for "ready in". */
  readonly startedMs: number;
  /** An app that serves has ended by itself, in a run that ends with it. */
  readonly onEnded: (exit: AppExit) => void;
  /** The app serves. */
  readonly onReady: () => void;
  /** A start is over, one way or the other. */
  readonly onStarted: () => void;
}

const nowMs = () => systemClock.now().monotonicMs;

export function spaceStarts(context: RunContext, parts: RunParts, ports: StartsPorts): SpaceStarts {
  const { console, live, options, world } = context;
  const { gateway } = parts;
  const secrets = secretsOf(world.env);
  const isWatching = options.watch;
  let { python } = ports;
  let { space } = parts;
  let starting = 0;
  const standby = createStandby(importsFileOf(context, parts), console);
  const launch = () => launchOf(context, { ...parts, space }, python);

  const app = restartableApp({
    async prepare(isFirst, given) {
      if (isFirst) return;
      await sweepProcesses(parts.runId, standby.root);
      await parts.allocator.restarting();
      await takeChanges(given);
    },
    start: () => startSpace(launch(), parts, standby),
    untilReady: (newest, given) => untilReady(context, parts, newest, given),
    onEnded(exit) {
      if (!isWatching) return ports.onEnded(exit);
      down(`The app ended with ${howEnded(exit)}.`, null);
    },
  });

  /** Reads the Space again, and makes its environment where that has changed. */
  async function takeChanges(given: AbortSignal): Promise<void> {
    const now = await readSpace(options.dir);
    const { lines, environment } = declaredChanges(space, now);
    for (const line of lines) console.progress(line);
    if (environment) {
      notice({ title: 'The Space gets the packages that it asks for now.', detail: lines });
      python = await ports.findPython(now, given);
      if (parts.debug) await parts.debug.prepare(await findDebugpy(context, python, given));
      const { gradio, spaces, torch } = python.packages;
      const packages = Object.entries({ gradio, spaces, torch }).flatMap(([name, version]) =>
        version === null ? [] : [`${name} ${version}`],
      );
      console.progress(`Python ${python.version}, ${packages.join(', ')}: ${python.python}`);
      if (python.origin === 'flag' || python.origin === 'space-venv') {
        console.warn(
          `zerogpu installs nothing into ${python.python}: install there what has changed, and press r`,
        );
      }
    }
    space = now;
  }

  function notice(text: Notice): void {
    gateway.setUpstreamPort(null);
    gateway.setNotice({
      title: text.title,
      detail: text.detail.map((line) => redact(line, secrets)),
    });
  }

  /** No app serves: the terminal says why, and so does the page. */
  function down(title: string, error: UserError | null): void {
    live.update({ state: 'failed' });
    const why = error?.why === undefined ? [] : [error.why];
    const printed = app.current?.lastLines() ?? [];
    const isOfApp = error === null || error.code.startsWith('E_APP_');
    notice({ title, detail: isOfApp && printed.length > 0 ? printed : why });
    const next = isWatching ? 'fix it and save: it starts again' : 'fix it, and press r again';
    console.warn(`${[title.replace(/\.$/, ''), ...why].join(': ')}: ${next}`);
  }

  async function start(sinceMs: number): Promise<void> {
    starting += 1;
    let cameUp = false;
    try {
      cameUp = await app.start();
      if (!cameUp) return;
      console.ready(gateway.url, (nowMs() - sinceMs) / 1_000);
      live.update({ state: 'ready' });
      ports.onReady();
    } finally {
      starting -= 1;
      if (starting === 0) {
        ports.onStarted();
        void standby.renew(launch(), cameUp);
      }
    }
  }

  return {
    app,
    standby,
    async first() {
      try {
        await start(ports.startedMs);
      } catch (error) {
        if (!isWatching || !(error instanceof UserError)) throw error;
        down(`${sentence(error.message)}`, error);
      }
    },
    async again(why) {
      const sinceMs = nowMs();
      console.progress(why === null ? 'restarting the app' : `${why}: restarting the app`);
      live.update({ state: 'restarting' });
      notice({ title: 'The Space restarts.', detail: why === null ? [] : [why] });
      try {
        await start(sinceMs);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        down(sentence(error.message), error);
      }
    },
    state: () => (starting > 0 ? 'starting' : app.serves ? 'serves' : 'down'),
  };
}

const sentence = (message: string) => `${message[0]?.toUpperCase()}${message.slice(1)}.`;
