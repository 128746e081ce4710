/**
 * Parses everyday Python a few times faster than tree-sitter, to the same nodes. It knows no recovery: what
 * is not valid, and what is rare (`match`, type parameters, `except*`, a mixture of tabs and blanks), is
 * left to tree-sitter.
 */

import type { PyNode } from '../types.js';
import { resetDepth } from './expressions.js';
import { Library } from './library.js';
import { Statements } from './statements.js';
import { GIVE_UP, Tokens } from './tokens.js';

export interface QuicklyParsed {
  readonly root: PyNode;
  /** False where bodies of functions were left out. */
  readonly isParsedWhole: boolean;
}

/**
 * @param interest in a library's file: what a block has to contain to be read; its words are those of
 *   `noteInterest`. Null for a file that is read whole.
 * @returns null for what tree-sitter has to see
 */
export function parseQuickly(text: string, interest: RegExp | null): QuicklyParsed | null {
  if (text.includes('\0')) return null;
  resetDepth();
  try {
    const library = interest ? new Library(interest) : null;
    const root = new Statements(new Tokens(text), library).module();
    return { root, isParsedWhole: !library?.hasHidden };
  } catch (error) {
    if (error === GIVE_UP) return null;
    throw error;
  }
}
