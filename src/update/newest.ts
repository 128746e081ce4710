import Conf from 'conf';
import { execa } from 'execa';
import type { Clock } from '../shared/clock.js';
import { readUpdateState, type UpdateState } from './decide.js';

/** npm may be slow behind a proxy; no command waits for it. */
const ANSWER_WITHIN_MS = 20_000;

/**
 * Asks npm for the newest version, over the registry and proxy that npm is set up with, and writes
 * it to `FOLDER/update.json`. A question without an answer is noted too: the next is a day away.
 */
export async function noteNewest(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<void> {
  const file = new Conf<{ askedAtMs: number; latest: string | null }>({
    ...{ cwd: folder, configName: 'update', clearInvalidConfig: true, configFileMode: 0o600 },
  });
  const before = file.get('latest', null);
  // Noted first: two commands at once ask once, and a machine without a network asks once a day.
  file.set({ askedAtMs: clock.now().wallMs, latest: before });
  const { stdout, failed } = await execa('npm', ['view', 'zerogpu', 'version'], {
    ...{ cwd: folder, env, extendEnv: false, reject: false, stdin: 'ignore' },
    ...{ timeout: ANSWER_WITHIN_MS, maxBuffer: 10_000 },
  });
  const heard: UpdateState | null = failed
    ? null
    : readUpdateState(JSON.stringify({ askedAtMs: 0, latest: stdout.trim() }));
  if (heard?.latest) file.set('latest', heard.latest);
}
