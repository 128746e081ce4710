/**
 * The next app of `run --watch`, started ahead: its process has imported what the app before imported, and waits.
 * A restart then costs what the Space's own code costs.
 */
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { ProcessId } from '../../shared/host.js';
import {
  type AppProcess,
  type AppProcessOptions,
  howEnded,
  startWaitingApp,
  type WaitingApp,
} from './app-process.js';

/** The notes of the last start that came up, beside those of the one that runs (zerogpu_standby.py). */
const OF_LAST_START = '.last';

/** So many that end by themselves: then there is something about this Space, and no other one is started. */
const MOST_LOST = 2;

export interface Standby {
  /** The root of its processes; null for none. */
  readonly root: ProcessId | null;
  /**
   * The waiting app, which begins now.
   *
   * @returns null when none waits, or another one than what is wanted now
   */
  take(launch: AppProcessOptions): AppProcess | null;
  /**
   * Starts one for the next start, where there is none.
   *
   * @param cameUp whether the app that has been started has come up: what it has imported is what the next one imports
   */
  renew(launch: AppProcessOptions, cameUp: boolean): Promise<void>;
  /** For good. */
  stop(): Promise<void>;
  kill(): void;
}

const messageSchema = z.union([
  z.object({ leftOut: z.string(), why: z.string() }),
  z.object({ loaded: z.int() }),
]);

/**
 * @param notes where apps note what they import; null for a run without standby
 * @param say for people, once each
 */
export function createStandby(
  notes: string | null,
  say: { readonly progress: (line: string) => void; readonly warn: (line: string) => void },
): Standby {
  let waiting: { readonly key: string; readonly process: WaitingApp } | null = null;
  let closed = notes === null;
  let lost = 0;
  const leftOut = new Set<string>();

  function start(launch: AppProcessOptions): void {
    const process = startWaitingApp(launch);
    const one = { key: keyOf(launch), process };
    waiting = one;
    process.channel.on('error', () => {});
    createInterface({ input: process.channel, terminal: false }).on('line', hear);
    void process.app.exited.then((exit) => {
      if (waiting !== one) return;
      waiting = null;
      lost += 1;
      if (lost < MOST_LOST || closed) return;
      closed = true;
      say.warn(
        `the process that imports packages ahead has ended (${howEnded(exit)}): restarts take as long as the first start`,
      );
    });
  }

  function hear(line: string): void {
    const message = parse(line);
    if (message === null || !('leftOut' in message) || leftOut.has(message.leftOut)) return;
    leftOut.add(message.leftOut);
    say.progress(`${message.leftOut} is imported at each restart: ${message.why}`);
  }

  return {
    get root() {
      return waiting?.process.app.root ?? null;
    },
    take(launch) {
      const one = waiting;
      waiting = null;
      if (one === null) return null;
      if (one.key !== keyOf(launch)) {
        one.process.app.kill();
        return null;
      }
      const { channel } = one.process;
      channel.end('g', () => channel.destroy());
      return one.process.app;
    },
    async renew(launch, cameUp) {
      if (closed || notes === null) return;
      if (cameUp) await copyFile(notes, notes + OF_LAST_START).catch(() => {});
      if (!closed && waiting === null && existsSync(notes + OF_LAST_START)) start(launch);
    },
    async stop() {
      closed = true;
      await waiting?.process.app.stop();
    },
    kill() {
      closed = true;
      waiting?.process.app.kill();
    },
  };
}

/** Two starts with the same key are the same start. */
const keyOf = ({ python, appFile, cwd, env }: AppProcessOptions) =>
  JSON.stringify([python, appFile, cwd, env]);

function parse(line: string) {
  try {
    return messageSchema.parse(JSON.parse(line));
  } catch {
    // A Python that is being killed may write half a line.
    return null;
  }
}
