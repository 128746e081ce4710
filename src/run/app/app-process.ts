import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { ProcessId } from '../../shared/host.js';
import { lifelineOf } from '../../shared/lifeline.js';
import { identifyProcess } from '../../shared/process-table.js';
import { followLines } from './app-lines.js';

/** Seconds that the app gets to end by itself after SIGTERM, before its supervisors kill it. */
const GRACE_SECONDS = 5;

export interface AppProcessOptions {
  readonly python: string;
  /** The launcher that lets nothing of the app outlive us (supervise.py). */
  readonly supervisor: string;
  /** Absolute path of the app file. */
  readonly appFile: string;
  /** What the run's processes are found by (runMark). */
  readonly mark: bigint;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes secrets out of each line. */
  readonly hide: (line: string) => string;
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Where the lines go in the end: while it does not keep up, the app waits. */
  readonly sink: Writable;
}

export interface AppExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** `code 1`, `SIGKILL`. */
export function howEnded(exit: AppExit): string {
  return exit.signal ?? `code ${exit.code ?? 'unknown'}`;
}

/** The running app, behind its supervisor. */
export interface AppProcess {
  /** The supervisor: root of everything that the Space starts. */
  readonly root: ProcessId | null;
  readonly exited: Promise<AppExit>;
  /** The last lines that the app wrote, for an error message. */
  lastLines(): readonly string[];
  /** SIGTERM, then SIGKILL after the grace; resolves when nothing of the app is left. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

const KEPT_LINES = 20;
/** Of stdio, after that of the lifeline: where a waiting app hears that it is wanted. */
const CHANNEL_FD = 4;
/** After its end the last lines of an app are on their way; they get so long, milliseconds. */
const LAST_WORDS_MS = 1_000;

const untilOver = (stream: Readable) =>
  new Promise<void>((resolve) => {
    if (stream.closed || stream.readableEnded) return resolve();
    // Whichever comes first: one that has ended need not close by itself.
    for (const event of ['end', 'close']) stream.once(event, resolve);
  });

/** An app whose process waits before the first line of its code (zerogpu_standby.py). */
export interface WaitingApp {
  readonly app: AppProcess;
  /** Ends with the wait; what comes from there are JSON lines. */
  readonly channel: Duplex;
}

/** Starts the app. The lifeline is a pipe that ends with this process: its supervisor then kills. */
export function startApp(options: AppProcessOptions): AppProcess {
  return spawnApp(options, false).app;
}

/** Starts the app's process, which waits at its channel until a byte comes. */
export function startWaitingApp(options: AppProcessOptions): WaitingApp {
  const { app, child } = spawnApp(options, true);
  return { app, channel: child.stdio[CHANNEL_FD] as unknown as Duplex };
}

function spawnApp(options: AppProcessOptions, waits: boolean) {
  const child = execa(
    options.python,
    [
      ...[options.supervisor, '--lifeline-fd', '3', '--mark', String(options.mark)],
      ...['--', options.appFile],
    ],
    {
      cwd: options.cwd,
      env: { ...options.env, ...(waits ? { ZEROGPU_STANDBY: String(CHANNEL_FD) } : {}) },
      extendEnv: false,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(waits ? (['pipe'] as const) : [])],
      buffer: false,
      reject: false,
      cleanup: false,
      // It would kill the supervisor after some seconds, and leave what that watches over.
      forceKillAfterDelay: false,
      // Its own group: Ctrl-C in the terminal is for us alone; we decide how the app ends.
      detached: true,
    },
  );
  const kept: string[] = [];
  const follow = (stream: Readable, name: 'stdout' | 'stderr') => {
    const onLine = (written: string) => {
      const line = options.hide(written);
      kept.push(line);
      if (kept.length > KEPT_LINES) kept.shift();
      options.onLine(line, name);
    };
    followLines(stream, onLine, options.sink);
  };
  if (child.stdout) follow(child.stdout, 'stdout');
  if (child.stderr) follow(child.stderr, 'stderr');

  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const exited = new Promise<AppExit>((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('exit', async (code, signal) => {
      // A daemon of the app's may hold them open: what it says is not waited for.
      await Promise.race([
        Promise.all(streams.map(untilOver)),
        sleep(LAST_WORDS_MS, undefined, { ref: false }),
      ]);
      for (const stream of streams) stream.destroy();
      resolve({ code, signal });
    });
  });
  const root = child.pid === undefined ? null : identifyProcess(child.pid);
  const lifeline = lifelineOf(child);

  const app: AppProcess = {
    root,
    exited,
    lastLines: () => kept,
    kill: lifeline.cut,
    async stop() {
      lifeline.signal('SIGTERM');
      const timer = setTimeout(lifeline.cut, GRACE_SECONDS * 1_000);
      await exited;
      clearTimeout(timer);
    },
  };
  return { app, child };
}
