import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isSpaceId } from '../../shared/space-id.js';

/**
 * What the Space is called on the Hub: as the user says, else SPACE_ID, else the Hub's git remote of
 * its folder, else `local/FOLDER`.
 *
 * @param said `--space-id` or `run.spaceId` of zerogpu.json
 */
export function findSpaceId(
  dir: string,
  said: string | null,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const told = said ?? env['SPACE_ID'];
  if (told && isSpaceId(told)) return told;
  return spaceOfGitConfig(readGitConfig(dir)) ?? localId(dir);
}

/** `owner/name` of the first remote that is a Space on the Hub, `origin` before others. */
export function spaceOfGitConfig(text: string): string | null {
  const found: string[] = [];
  let remote = '';
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[(?:remote "([^"]*)")?/.exec(line);
    if (section) remote = section[1] ?? '';
    const url = /^\s*url\s*=\s*(\S+)/.exec(line)?.[1];
    const id = url && remote ? spaceOfUrl(url) : null;
    if (id && remote === 'origin') return id;
    if (id) found.push(id);
  }
  return found[0] ?? null;
}

function spaceOfUrl(url: string): string | null {
  const path = /^(?:https?:\/\/(?:[^@/]*@)?|ssh:\/\/git@|git@)(?:huggingface\.co|hf\.co)[/:](.*)$/;
  const [, id] = /^spaces\/(.+?)(?:\.git)?\/?$/.exec(path.exec(url)?.[1] ?? '') ?? [];
  return id && isSpaceId(id) ? id : null;
}

function readGitConfig(dir: string): string {
  try {
    const file = join(dir, '.git', 'config');
    // A pipe would hold this process for ever.
    return statSync(file).isFile() ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

/** The folder's own name, with what an id can't hold as a dash. */
function localId(dir: string): string {
  return `local/${basename(dir).replaceAll(/[^\w.-]/g, '-') || 'space'}`;
}
