/** What the apps of joined runs print, from the logs of their runs, for the console of `serve`. */
import { findRuns } from '../../lifecycle/live-runs.js';
import { followLog, type LogReader, lastLines, sizeOf } from '../../lifecycle/read-log.js';
import type { Clock, Timer } from '../../shared/clock.js';
import { pageLine } from './log-lines.js';

/** How often the logs are read while a page is open, milliseconds. */
const LOOK_EVERY_MS = 500;
/** Lines of each log that a page begins with, and the most of one look. */
const MOST_LINES = 200;

export interface SpaceLogsPorts {
  readonly stateDir: string;
  readonly clock: Clock;
  /** Address of the allocator that the runs have joined. */
  readonly allocatorUrl: () => string;
  readonly line: (text: string, from: string | null, atMs?: number) => void;
}

interface NewLines {
  readonly lines: readonly string[];
  /** When the first of them was printed at the earliest: for those that do not say. */
  readonly fromMs: number;
}

export interface SpaceLogs {
  /** Reads while a page is open, and nothing otherwise. */
  watched(isWatched: boolean): void;
  close(): void;
}

export function followSpaceLogs(ports: SpaceLogsPorts): SpaceLogs {
  const { stateDir, clock } = ports;
  const readers = new Map<string, LogReader>();
  let timer: Timer | null = null;

  function look(): void {
    const joined = findRuns(stateDir).filter((run) => run.allocatorUrl === ports.allocatorUrl());
    const logs = new Set<string>();
    for (const { log, spaceId, startedAt } of joined) {
      if (log === null) continue;
      logs.add(log);
      show(newLines(log, Date.parse(startedAt)), nameOf(spaceId));
    }
    for (const path of readers.keys()) if (!logs.has(path)) readers.delete(path);
    timer = clock.after(LOOK_EVERY_MS, look);
  }
  /** @param startedMs of the run, milliseconds since 1970 */
  function newLines(path: string, startedMs: number): NewLines {
    const reader = readers.get(path);
    if (reader) {
      const lines = reader.next().split('\n').slice(-MOST_LINES);
      return { lines, fromMs: clock.now().wallMs };
    }
    readers.set(path, followLog(path, sizeOf(path)));
    return { lines: lastLines(path, MOST_LINES), fromMs: startedMs };
  }
  function show({ lines, fromMs }: NewLines, from: string | null): void {
    let atMs = fromMs;
    for (const line of lines) {
      const shown = pageLine(line, clock.now().wallMs);
      if (shown === null) continue;
      atMs = shown.atMs ?? atMs;
      ports.line(shown.text, from, atMs);
    }
  }
  function stop(): void {
    timer?.cancel();
    timer = null;
  }
  return {
    watched(isWatched) {
      if (!isWatched) return stop();
      if (timer === null) look();
    },
    close: stop,
  };
}

/** `hello` of `me/hello`, as the rows of calls have it. */
function nameOf(spaceId: string | null): string | null {
  return spaceId?.split('/').at(-1) ?? null;
}
