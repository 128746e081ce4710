import { execFile } from 'node:child_process';

/** Whether the folder, or the nearest one above that exists, belongs to a git repository already. */
export async function isInsideRepository(dir: string): Promise<boolean> {
  return (await git(dir, ['rev-parse', '--is-inside-work-tree'])) === null;
}

/**
 * Makes a repository of the folder.
 *
 * @returns null, or why there is none, as a sentence
 */
export async function makeRepository(dir: string): Promise<string | null> {
  return git(dir, ['init', '--quiet']);
}

/** Runs git in a folder; null when it went well. */
function git(dir: string, args: readonly string[]): Promise<string | null> {
  return new Promise((done) => {
    execFile('git', [...args], { cwd: dir }, (error, _stdout, stderr) => {
      if (!error) done(null);
      else if (error.code === 'ENOENT') done('There is no git on PATH.');
      else done(stderr.trim().split('\n')[0] || error.message);
    });
  });
}
