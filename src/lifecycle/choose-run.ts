/** Which of the active runs a command means. Pure. */
import { resolve } from 'node:path';
import { EXIT, UserError } from '../shared/errors.js';
import { isSpaceId } from '../shared/space-id.js';
import type { LiveRun } from './live-runs.js';

/**
 * The runs that a word names: a folder, `owner/name`, or the address of a run. A folder counts before a
 * name that looks like one.
 *
 * @param said as the user wrote it
 * @param cwd what a relative folder starts from
 */
export function runsNamed(runs: readonly LiveRun[], said: string, cwd: string): readonly LiveRun[] {
  const origin = originOf(said);
  if (origin !== null) {
    return runs.filter(({ url }) => url !== null && originOf(url) === origin);
  }
  const dir = resolve(cwd, said);
  const inFolder = runs.filter((run) => run.dir === dir);
  const id = said.replace(/^hf:/, '');
  if (inFolder.length > 0 || !isSpaceId(id)) return inFolder;
  return runs.filter(({ spaceId }) => spaceId === id);
}

/** Scheme, host and port of an address on this machine; null for what is not an address. */
export function originOf(said: string): string | null {
  if (!/^https?:\/\//i.test(said)) return null;
  try {
    return new URL(said).origin.replace('//localhost', '//127.0.0.1');
  } catch {
    return null;
  }
}

/**
 * The one run that is meant.
 *
 * @param command what the fix lines begin with: `zerogpu stop`
 * @returns null when none is meant
 * @throws UserError E_RUN_SEVERAL when several runs have that folder
 */
export function chooseRun(
  runs: readonly LiveRun[],
  said: string,
  cwd: string,
  command: string,
): LiveRun | null {
  const [first, ...more] = runsNamed(runs, said, cwd);
  if (first && more.length > 0) {
    const urls = [first, ...more].flatMap(({ url }) => (url === null ? [] : [url]));
    throw new UserError('E_RUN_SEVERAL', `${1 + more.length} runs of ${said} are active`, {
      why: [first, ...more].map(describe).join('\n'),
      fix: urls.map((url) => `${command} ${url}`),
      exitCode: EXIT.usage,
    });
  }
  return first ?? null;
}

/** What a command says of a Space without an active run. */
export const notRunning = (said: string): string =>
  `${said === '.' ? 'the Space in this folder' : said} is not running`;

/** @param fix what starts one, or names another */
export function noRun(runs: readonly LiveRun[], said: string, command: string): UserError {
  return new UserError('E_RUN_NONE', notRunning(said), {
    ...(runs.length === 0 ? {} : { why: ['Running are:', ...runs.map(describe)].join('\n') }),
    fix:
      runs.length === 0
        ? `zerogpu run ${said === '.' ? '' : `${said} `}--detach`
        : runs.slice(0, 5).map(({ dir }) => `${command} ${dir}`),
    exitCode: EXIT.cannot,
  });
}

function describe({ dir, url, state, pid }: LiveRun): string {
  return `${dir}  ${url ?? 'no address yet'}  ${state}  pid ${pid}`;
}
