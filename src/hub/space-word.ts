/** A Space as a command line names it: a folder, or one on the Hub. */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isSpaceId } from '../shared/space-id.js';
import { HubError } from './errors.js';
import { isHubName } from './names.js';

/** `./hello`, and `src/app.py`. */
const NOT_A_NAME = /^\.{1,2}\/|\.(?:py|txt|md|json|ya?ml|toml|ipynb)$/i;

/** What a word stands for. */
export type SpaceWord =
  | {
      readonly kind: 'hub';
      /** What `parseHubName` reads. */
      readonly name: string;
      /** The word could have been a folder, and there is none. */
      readonly wasFolder: boolean;
    }
  | {
      readonly kind: 'folder';
      /** The Space on the Hub whose name the folder has: `hf:owner/name`; null for none. */
      readonly namesake: string | null;
    };

/**
 * A folder counts before a Space on the Hub. `owner/name` without a folder is on the Hub, unless the folder
 * `owner` is here: then it is a slip in the name of a folder, which is not sent to the Hub.
 *
 * @param has whether there is a file or folder of that path
 */
export function readSpaceWord(said: string, has: (path: string) => boolean): SpaceWord {
  if (isHubName(said)) return { kind: 'hub', name: said, wasFolder: false };
  const [id = ''] = said.split('@');
  if (!isSpaceId(id) || NOT_A_NAME.test(id)) return { kind: 'folder', namesake: null };
  if (has(said)) return { kind: 'folder', namesake: said === id ? `hf:${id}` : null };
  if (has(dirname(said))) return { kind: 'folder', namesake: null };
  return { kind: 'hub', name: `hf:${said}`, wasFolder: true };
}

/** The same, with a look at the folders of this machine. */
export function spaceWordIn(cwd: string, said: string): SpaceWord {
  return readSpaceWord(said, (path) => {
    try {
      return statSync(resolve(cwd, path), { throwIfNoEntry: false }) !== undefined;
    } catch {
      // Something is there that may not be looked at: its own error names it.
      return true;
    }
  });
}

/** The line about a folder whose name a Space on the Hub may have as well; null where there is nothing to say. */
export function namesakeLine(word: SpaceWord): string | null {
  return word.kind === 'folder' && word.namesake !== null
    ? `the folder ${word.namesake.slice('hf:'.length)}; the Space on the Hub of that name is ${word.namesake}`
    : null;
}

/**
 * Asks for a Space on the Hub.
 *
 * @throws HubError that says so where the word may have been meant as a folder
 */
export async function askingHub<T>(
  said: string,
  { wasFolder }: { readonly wasFolder: boolean },
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!wasFolder || !(error instanceof HubError)) throw error;
    throw new HubError(error.code, error.message, {
      why: [`There is no folder ${said} here, so it is a Space on the Hub.`, error.why]
        .filter(Boolean)
        .join('\n'),
      fix: error.fix,
      ...(error.waitSeconds === null ? {} : { waitSeconds: error.waitSeconds }),
    });
  }
}
