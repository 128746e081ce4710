import { watch } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../shared/errors.js';
import type { World } from '../shared/world.js';
import type { SpaceFolder } from './folders.js';

/** Editors write a file in several steps; these are one change. */
const QUIET_MS = 150;
/** Made by tools while they run, never by the author. */
const NOISE = /(?:^|[/\\])(?:\.git|__pycache__|node_modules|\.zerogpu-[^/\\]*)(?:[/\\]|$)/;

type WatchWorld = Pick<World, 'stdout' | 'stderr' | 'interrupted'>;

/**
 * Checks now and after each change, until it is interrupted.
 *
 * @param check one round; its exit code is that of the last round
 */
export async function watchFolders(
  folders: readonly SpaceFolder[],
  world: WatchWorld,
  check: () => Promise<number>,
): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  let changed: (() => void) | undefined;
  let isDirty = false;
  const note = (_kind: string, file: string | Buffer | null) => {
    if (file !== null && NOISE.test(String(file))) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isDirty = true;
      changed?.();
    }, QUIET_MS);
  };
  const watchers = folders.map(({ dir }) => watch(join(dir), { recursive: true }, note));
  // A folder that goes away ends its watcher; the others go on.
  for (const watcher of watchers) watcher.on('error', () => watcher.close());
  const stop = () => changed?.();
  world.interrupted.addEventListener('abort', stop, { once: true });
  let code: number = EXIT.ok;
  while (!world.interrupted.aborted) {
    isDirty = false;
    code = await check();
    const names = folders.map(({ path }) => path).join(', ');
    world.stderr.write(`watching ${names}; Ctrl-C stops\n`);
    await new Promise<void>((done) => {
      changed = done;
      if (isDirty || world.interrupted.aborted) done();
    });
  }
  clearTimeout(timer);
  for (const watcher of watchers) watcher.close();
  return code;
}
