/** Places in files, as the protocol has them and as `check` has them. */
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Position, Range } from 'vscode-languageserver-protocol';
import type { TextRange } from '../space/index.js';

/** A finding without a line is shown at the start of its file. */
const START: Range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** Both count UTF-16 units; the protocol from 0, `check` from 1. */
export function rangeFrom(range: TextRange | null): Range {
  if (range === null) return START;
  const { line, column, endLine, endColumn } = range;
  return {
    start: { line: line - 1, character: column - 1 },
    end: { line: endLine - 1, character: endColumn - 1 },
  };
}

/** Whether a place is in a range; its end counts, since that is where a cursor stands after typing. */
export function holds({ start, end }: Range, { line, character }: Position): boolean {
  const isAfter = line > start.line || (line === start.line && character >= start.character);
  const isBefore = line < end.line || (line === end.line && character <= end.character);
  return isAfter && isBefore;
}

/** The absolute path of a document; null for one that is not a file. */
export function pathOf(uri: string): string | null {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : null;
  } catch {
    return null;
  }
}

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}

/** The path within a folder, with `/`; null for what is not in it. */
export function pathWithin(folder: string, path: string): string | null {
  const within = relative(folder, path);
  if (within === '' || within === '..' || within.startsWith(`..${sep}`)) return null;
  return isAbsolute(within) ? null : within.split(sep).join('/');
}
