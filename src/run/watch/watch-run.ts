/** `run --watch`: a change of the Space's files restarts its app. */
import { resolve, sep } from 'node:path';
import { cacheDir, stateDir } from '../../shared/user-folders.js';
import type { RunContext } from '../run-context.js';
import type { SpaceStarts } from '../space-starts.js';
import type { SpaceWatch } from './watch-space.js';

export interface RunWatch {
  /** Watches from now on, where the run does that at all. */
  begin(starts: SpaceStarts): Promise<void>;
  /** The app has come up, or not. */
  startIsOver(): void;
  /** Rejects when a restart fails for no reason of the Space; never resolves. */
  readonly failed: Promise<never>;
}

export function watchRun({ options, console, world, cleanup }: RunContext): RunWatch {
  let watch: SpaceWatch | null = null;
  let fail: (error: unknown) => void;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  // Who serves hears of it; a run that ends before has its own reason.
  failed.catch(() => {});
  const ours = [stateDir(options.stateDir, world.env), cacheDir(world.env)].map((folder) =>
    resolve(world.cwd, folder),
  );
  return {
    failed,
    startIsOver: () => watch?.startIsOver(),
    async begin(starts) {
      if (!options.watch) return;
      // Loaded for such a run alone.
      const { watchSpace } = await import('./watch-space.js');
      watch = await watchSpace({
        dir: options.dir,
        isOurs: (folder) => ours.some((one) => folder === one || folder.startsWith(`${one}${sep}`)),
        state: starts.state,
        onChange(files) {
          starts.again(`${named(files)} changed`).catch((error: unknown) => {
            if (!world.interrupted.aborted) fail(error);
          });
        },
        warn: console.warn,
      });
      cleanup.add('the watch', watch.close);
    },
  };
}

const MOST_NAMED = 3;

function named(files: readonly string[]): string {
  const more = files.length - MOST_NAMED;
  return [...files.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
