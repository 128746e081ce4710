/** Who the account is, kept for 12 h over commands: the Hub limits that question heavily. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { makeFolder } from '../shared/make-folder.js';
import { cacheDir } from '../shared/user-folders.js';
import { writeWhole } from '../shared/whole-files.js';
import { whoSchema } from './schemas.js';
import type { HubSettings } from './settings.js';

const KEPT_MS = 12 * 3_600_000;
const memoSchema = z.object({ key: z.string(), atMs: z.number(), who: whoSchema });

export type Who = z.infer<typeof whoSchema>;

export interface WhoMemo {
  read(): Promise<Who | null>;
  write(who: Who): Promise<void>;
}

/** `$XDG_CACHE_HOME/zerogpu/who.json`: holds a digest of the token, never the token. */
export function whoFile(env: Readonly<Record<string, string | undefined>>): string {
  return join(cacheDir(env), 'who.json');
}

/** @param wallMs the time of now, milliseconds since 1970 */
export function createWhoMemo(file: string, settings: HubSettings, wallMs: () => number): WhoMemo {
  const { endpoint, token } = settings;
  const key = createHash('sha256')
    .update(`${endpoint}\0${token?.reveal() ?? ''}`)
    .digest('hex');
  return {
    async read() {
      try {
        const memo = memoSchema.parse(JSON.parse(await readFile(file, 'utf8')));
        const age = wallMs() - memo.atMs;
        return memo.key === key && age >= 0 && age < KEPT_MS ? memo.who : null;
      } catch {
        return null;
      }
    },
    async write(who) {
      try {
        makeFolder(dirname(file), 0o700);
        await writeWhole(file, JSON.stringify({ key, atMs: wallMs(), who }));
      } catch {
        // Only a question more, in the next command.
      }
    },
  };
}
