import { relative, sep } from 'node:path';
import { watch } from 'chokidar';
import { createOwnWrites } from './own-writes.js';
import { takeSnapshot } from './snapshot.js';
import { changedFiles, isPassedOver, watchedKind } from './watched-files.js';

/** Editors write a file in several steps, and several files one after the other: these are one change. */
const QUIET_MS = 50;

export interface WatchPorts {
  /** Absolute folder of the Space. */
  readonly dir: string;
  /** Whether a folder, absolute, holds zerogpu's own files. */
  readonly isOurs: (folder: string) => boolean;
  readonly state: () => 'starting' | 'serves' | 'down';
  /** Files that have changed; called again while the change before is being worked on. */
  readonly onChange: (files: readonly string[]) => void;
  readonly warn: (message: string) => void;
}

export interface SpaceWatch {
  /** The app comes up, or not. */
  startIsOver(): void;
  close(): Promise<void>;
}

/** Watches the files of a Space from now on. Returns when every change is seen. */
export async function watchSpace(ports: WatchPorts): Promise<SpaceWatch> {
  const { dir, isOurs, state } = ports;
  let known = await takeSnapshot(dir, isOurs);
  const own = createOwnWrites((file) =>
    ports.warn(
      `${file} changes each time the app starts: the Space writes it itself. It is not watched any more; r restarts the app`,
    ),
  );
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const now = await takeSnapshot(dir, isOurs);
    const changed = changedFiles(known, now, state() === 'down');
    if (changed.length === 0) return;
    known = now;
    const files = own.changed(changed, state() === 'starting');
    if (files.length > 0) ports.onChange(files);
  }
  const watcher = watch(dir, {
    ignoreInitial: true,
    followSymlinks: false,
    // It would wait 100 ms for what replaces a file that was removed: the look below compares both.
    atomic: false,
    ignored(path, stats) {
      const inside = relative(dir, path).split(sep).join('/');
      if (inside === '') return false;
      if (stats?.isFile()) return watchedKind(inside) === null;
      return isPassedOver(inside.split('/').at(-1) ?? '') || isOurs(path);
    },
  });
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      looking = looking.then(look);
    }, QUIET_MS);
  });
  watcher.on('error', (error) => {
    ports.warn(`changes may be missed: ${error instanceof Error ? error.message : error}`);
  });
  await new Promise<void>((ready) => watcher.once('ready', ready));
  return {
    startIsOver: own.startIsOver,
    async close() {
      clearTimeout(timer);
      await watcher.close();
      await looking;
    },
  };
}
