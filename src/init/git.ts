import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';

/** Whether the folder, or the nearest one above that exists, belongs to a git repository already. */
export async function isInsideRepository(dir: string): Promise<boolean> {
  const nearest = await nearestFolder(dir);
  return (await git(nearest, ['rev-parse', '--is-inside-work-tree'])) === null;
}

/** Makes a repository of the folder unless it is in one; prints why there is none, without failing. */
export async function addRepository(dir: string, stderr: Writable): Promise<void> {
  if (await isInsideRepository(dir)) return;
  const problem = await git(dir, ['init', '--quiet']);
  if (problem !== null) stderr.write(`No git repository was made: ${problem}\n`);
}

async function nearestFolder(dir: string): Promise<string> {
  for (let folder = dir; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    if (found?.isDirectory() || dirname(folder) === folder) return folder;
  }
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
