import { splitLines } from './text.js';
import type { TextRange } from './types.js';

/** A line as pip reads it: continuations joined, comment and blanks around it gone. */
export interface LogicalLine {
  /** First line of it in the file, from 1. */
  readonly line: number;
  readonly text: string;
  /** Where it stands in the file, from its first to its last character. */
  readonly range: TextRange;
  /** Where a stretch of `text` stands. */
  rangeOf(start: number, end: number): TextRange;
}

/** A stretch of the file within the joined text. */
interface Piece {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Python ends a line at these as well; editors do not. */
const MORE_LINE_ENDS = '\v\f\x1c\x1d\x1e\x85\u2028\u2029';
const MORE_LINE_END = new RegExp(`[${MORE_LINE_ENDS}]`);
const COMMENT = /(?:^|\s)#.*$/;
const COMMENT_LINE = /^\s*#/;

/**
 * Lines as pip joins them: a backslash at the end continues, ` #` starts a comment, a comment line
 * ends a continuation.
 */
export function logicalLines(text: string): readonly LogicalLine[] {
  const found: LogicalLine[] = [];
  let open: Piece[] = [];
  const close = () => {
    const entry = toLogicalLine(open);
    if (entry) found.push(entry);
    open = [];
  };
  for (const piece of pieces(text)) {
    const isComment = COMMENT_LINE.test(piece.text);
    if (!piece.text.endsWith('\\') || isComment) {
      // The blank keeps a comment one, wherever it is joined to.
      if (isComment && open.length > 0) open.push({ ...piece, text: ` ${piece.text}` });
      else open.push(piece);
      close();
      continue;
    }
    const bare = piece.text.replace(/^\\+/, '');
    const column = piece.column + piece.text.length - bare.length;
    open.push({ text: bare.replace(/\\+$/, ''), line: piece.line, column });
  }
  close();
  return found;
}

function* pieces(text: string): Iterable<Piece> {
  let line = 0;
  for (const whole of splitLines(text)) {
    line += 1;
    let column = 1;
    for (const part of whole.split(MORE_LINE_END)) {
      yield { text: part, line, column };
      column += part.length + 1;
    }
  }
}

function toLogicalLine(pieces: readonly Piece[]): LogicalLine | null {
  const first = pieces[0];
  if (!first) return null;
  const joined = pieces.map((piece) => piece.text).join('');
  const withoutComment = joined.replace(COMMENT, '');
  const text = withoutComment.trim();
  if (text === '') return null;
  const shift = withoutComment.length - withoutComment.trimStart().length;
  const placeOf = (offset: number, isEnd: boolean) => {
    let rest = offset + shift;
    for (const piece of pieces) {
      if (rest < piece.text.length || (isEnd && rest === piece.text.length)) {
        return { line: piece.line, column: piece.column + rest };
      }
      rest -= piece.text.length;
    }
    const last = pieces.at(-1) ?? first;
    return { line: last.line, column: last.column + last.text.length };
  };
  const rangeOf = (start: number, end: number): TextRange => {
    const [from, to] = [placeOf(start, false), placeOf(end, true)];
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  };
  return { line: first.line, text, range: rangeOf(0, text.length), rangeOf };
}
