/** How the console of a run, or of `serve`, is found from another terminal. Its file holds no secret. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { systemClock } from '../shared/clock.js';
import {
  listProcessFiles,
  processFileFields,
  thisProcess,
  writeProcessFile,
} from '../shared/process-files.js';

const consoleSchema = z.object({
  ...processFileFields,
  kind: z.enum(['serve', 'run']),
  url: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/ }),
});

export type ConsoleLocator = z.infer<typeof consoleSchema>;

const folder = (stateDir: string) => join(stateDir, 'consoles');

/** Says where this process' console is. A state folder that can't be written hides it, and ends nothing. */
export function publishConsole(
  stateDir: string,
  facts: Pick<ConsoleLocator, 'kind' | 'url'>,
): { remove(): void } {
  const path = join(folder(stateDir), `${facts.kind}-${process.pid}.json`);
  try {
    writeProcessFile<ConsoleLocator>(path, { ...thisProcess(), ...facts });
  } catch {
    // Read-only, full or gone.
  }
  return {
    remove() {
      try {
        rmSync(path, { force: true });
      } catch {
        // Stale from now on: readers look at the process.
      }
    },
  };
}

/**
 * The consoles that are open, the newest first.
 *
 * @param nowMs what the age of a file is counted from
 */
export function findConsoles(
  stateDir: string,
  nowMs: number = systemClock.now().wallMs,
): readonly ConsoleLocator[] {
  return listProcessFiles(folder(stateDir), (content) => consoleSchema.parse(content), nowMs);
}

/** Where the page stands that leads a browser to a link: below the same folder. */
export const redirectFile = (stateDir: string): string => join(folder(stateDir), 'open.html');
