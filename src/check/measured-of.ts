/** What runs measured of a Space, for the rules. */
import { existsSync } from 'node:fs';
import { measuredFile } from '../shared/measured-file.js';
import { stateDir } from '../shared/user-folders.js';
import type { MeasuredSeconds } from './rule.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** @param dir the Space's folder, absolute */
export function measuredFileOf(dir: string, env: Environment): string {
  return measuredFile(stateDir(env['ZEROGPU_STATE_DIR'] ?? null, env), dir);
}

/** What the last run on a real GPU measured of the Space in a folder; null where none did. */
export async function measuredOf(
  dir: string | null,
  env: Environment,
): Promise<MeasuredSeconds | null> {
  const file = dir === null ? null : measuredFileOf(dir, env);
  if (file === null || !existsSync(file)) return null;
  // Loaded when there is something to read: the schema library costs more than the rest of a check.
  const { readMeasured } = await import('../shared/measured.js');
  return readMeasured(file);
}
