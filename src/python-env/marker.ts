/** What an environment says of itself: a file that is written last, so that half an environment has none. */
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Compromises } from './types.js';

/** The folder of all environments. */
export function environmentsDir(cacheDir: string): string {
  return join(cacheDir, 'envs');
}

const COMPLETE = '.zerogpu-complete';

const markerSchema = z.object({
  /** Of the Space, or of a named environment. */
  name: z.string(),
  /** The Space's folder; missing in those of an older zerogpu, and in named ones. */
  space: z.string().optional(),
  compromises: z.object({ python: z.string().optional(), torch: z.string().optional() }).optional(),
});

export type Marker = z.infer<typeof markerSchema>;

/** An environment's marker; null for a folder that is not a whole environment. */
export async function readMarker(
  dir: string,
): Promise<(Marker & { readonly lastUsedMs: number }) | null> {
  try {
    const file = join(dir, COMPLETE);
    const marker = markerSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return { ...marker, lastUsedMs: (await stat(file)).mtimeMs };
  } catch {
    return null;
  }
}

export async function writeMarker(
  dir: string,
  { name, space, compromises }: { name: string; space: string | null; compromises: Compromises },
): Promise<void> {
  const marker = { name, ...(space === null ? {} : { space }), compromises };
  await writeFile(join(dir, COMPLETE), `${JSON.stringify(marker)}\n`);
}

/** Remembers that an environment is used now, for `zerogpu env rm --unused`. */
export async function touchMarker(dir: string, nowMs: number): Promise<void> {
  const now = new Date(nowMs);
  // A cache that others own can be read all the same.
  await utimes(join(dir, COMPLETE), now, now).catch(() => {});
}
