/** Opens a link in the user's browser without showing it to others on this machine. */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { inHtml } from '../shared/html.js';
import { makeFolder } from '../shared/make-folder.js';
import { redirectFile } from './locator.js';

const OPEN_WITHIN_MS = 10_000;

/**
 * The link is in a file that its user alone can read: what stands on a command line is shown by `ps` to every
 * user.
 *
 * @returns false when no browser could be started
 */
export async function openInBrowser(stateDir: string, link: string): Promise<boolean> {
  const path = redirectFile(stateDir);
  makeFolder(dirname(path), 0o700);
  rmSync(path, { force: true });
  writeFileSync(
    path,
    `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${inHtml(link)}"><a href="${inHtml(link)}">zerogpu console</a>\n`,
    { mode: 0o600, flag: 'wx' },
  );
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const { failed } = await execa(opener, [path], {
    stdio: 'ignore',
    reject: false,
    timeout: OPEN_WITHIN_MS,
  });
  return !failed;
}
