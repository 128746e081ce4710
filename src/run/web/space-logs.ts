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
    for (const { log, spaceId } of joined) {
      if (log === null) continue;
      logs.add(log);
      for (const line of newLines(log)) show(line, nameOf(spaceId));
    }
    for (const path of readers.keys()) if (!logs.has(path)) readers.delete(path);
    timer = clock.after(LOOK_EVERY_MS, look);
  }
  function newLines(path: string): readonly string[] {
    const reader = readers.get(path);
    if (reader) return reader.next().split('\n').slice(-MOST_LINES);
    readers.set(path, followLog(path, sizeOf(path)));
    return lastLines(path, MOST_LINES);
  }
  function show(line: string, from: string | null): void {
    const shown = pageLine(line, clock.now().wallMs);
    if (shown) ports.line(shown.text, from, shown.atMs ?? undefined);
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
