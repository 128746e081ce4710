/** The one folder that a client of `zerogpu mcp` may name things in, wherever links lead. */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { EXIT, UserError } from '../shared/errors.js';
import { filesInFolder, type SpaceFiles } from '../space/index.js';

export interface Root {
  /** Absolute, without links. */
  readonly dir: string;
  /**
   * The absolute path, without links, of what a client names.
   *
   * @throws UserError E_MCP_REFUSED for what is outside the root, or is reached by a link that leaves it
   */
  pathOf(said: string): string;
  /** Whether a path without links is the root or in it. */
  holds(path: string): boolean;
}

/** @throws UserError E_USAGE when there is no such folder */
export function rootAt(said: string, cwd: string): Root {
  const dir = realOf(resolve(cwd, said));
  if (dir === null || !statSync(dir).isDirectory()) {
    throw new UserError('E_USAGE', `--root is "${said}", which is not a folder`, {
      why: 'A client may name the folders of Spaces in it, and nothing outside.',
      fix: 'zerogpu mcp --root DIR',
    });
  }
  const holds = (path: string) => {
    const within = relative(dir, path);
    return within !== '..' && !within.startsWith(`..${sep}`) && !isAbsolute(within);
  };
  return {
    dir,
    holds,
    pathOf(text) {
      const path = resolve(dir, text);
      const real = realPlaceOf(path);
      if (holds(path) && real !== null && holds(real)) return real;
      throw outside(text, dir, holds(path));
    },
  };
}

/** Where a path leads; one that does not exist yet is where its nearest folder leads. */
function realPlaceOf(path: string): string | null {
  const real = realOf(path);
  if (real !== null) return real;
  const parent = dirname(path);
  // A link that leads nowhere is not followed to a place that may come to be.
  if (parent === path || isThere(path)) return null;
  const above = realPlaceOf(parent);
  return above === null ? null : join(above, relative(parent, path));
}

/** Whether there is anything of that name, a link that leads nowhere included. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function outside(said: string, dir: string, isLink: boolean): UserError {
  return new UserError('E_MCP_REFUSED', `${said} is outside the root of this server`, {
    why: isLink
      ? `A link in it leads out of ${dir}, or nowhere.`
      : `The server was started for ${dir} and what is in it.`,
    fix: 'Name a folder of a Space relative to the root, such as "." or "demo".',
    exitCode: EXIT.cannot,
  });
}

/** The files of a folder in the root; what a link leads to outside is there, and is not read. */
export function filesWithin(root: Root, dir: string): SpaceFiles {
  const files = filesInFolder(dir);
  return {
    list: () => files.list(),
    async read(path) {
      const real = await realpath(join(dir, path)).catch(() => null);
      const isOutside = real !== null && !root.holds(real);
      if (isOutside) return { kind: 'unreadable', reason: 'outside', sizeBytes: 0 };
      return files.read(path);
    },
  };
}
