import type { SourceText, TextRange } from '../../space/index.js';
import type { Finding, TextEdit } from '../rule.js';

export interface FixedFile {
  readonly file: string;
  readonly before: SourceText;
  /** The new text, without byte order mark. */
  readonly after: string;
}

export interface FixPlan {
  readonly files: readonly FixedFile[];
  /** Findings whose fix is in it. */
  readonly fixed: readonly Finding[];
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * What the fixes make of the files, the safe ones unless all are wanted. A fix is taken whole or not at all: one that touches what
 * another one changes waits for the next round, and one of a file that would not come back byte for
 * byte is never taken.
 */
export function planFixes(
  findings: readonly Finding[],
  sources: ReadonlyMap<string, SourceText>,
  withUnsafe = false,
): FixPlan {
  const changes = new Map<string, Change[]>();
  const fixed: Finding[] = [];
  for (const finding of findings) {
    const isWanted = withUnsafe || finding.fix?.safety !== 'unsafe';
    const wanted = isWanted && finding.fix ? changesOf(finding.fix.edits, sources) : null;
    if (!wanted) continue;
    const isFree = wanted.every(({ file, change }) =>
      (changes.get(file) ?? []).every((other) => !overlap(change, other)),
    );
    if (!isFree) continue;
    for (const { file, change } of wanted) {
      changes.set(file, [...(changes.get(file) ?? []), change]);
    }
    fixed.push(finding);
  }
  const files = [...changes].flatMap(([file, list]) => {
    const before = sources.get(file);
    return before ? [{ file, before, after: rewrite(before.text, list) }] : [];
  });
  return { files: files.filter(({ before, after }) => before.text !== after), fixed };
}

function changesOf(edits: readonly TextEdit[], sources: ReadonlyMap<string, SourceText>) {
  const found: { file: string; change: Change }[] = [];
  for (const { file, range, newText } of edits) {
    const source = sources.get(file);
    if (!source?.isExact) return null;
    const place = offsetsOf(source.text, range);
    if (!place) return null;
    found.push({
      file,
      change: { ...place, text: newText.replaceAll('\n', lineEndOf(source.text)) },
    });
  }
  return found;
}

function overlap(a: Change, b: Change): boolean {
  // Two insertions at one place have no order between them.
  return a.start === b.start || (a.start < b.end && b.start < a.end);
}

function rewrite(text: string, changes: readonly Change[]): string {
  const inOrder = [...changes].sort((a, b) => b.start - a.start);
  return inOrder.reduce(
    (now, { start, end, text: put }) => now.slice(0, start) + put + now.slice(end),
    text,
  );
}

/** The line end that the file uses most; LF for a file of one line. */
function lineEndOf(text: string): string {
  const crlf = text.match(/\r\n/g)?.length ?? 0;
  const lf = (text.match(/\n/g)?.length ?? 0) - crlf;
  const cr = (text.match(/\r/g)?.length ?? 0) - crlf;
  if (crlf > lf && crlf >= cr) return '\r\n';
  return cr > lf ? '\r' : '\n';
}

function offsetsOf(text: string, range: TextRange): { start: number; end: number } | null {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  const offset = (line: number, column: number): number | null => {
    const start = starts[line - 1];
    // The line after the last one is where a file without a line end is appended to.
    if (start === undefined || column < 1) return null;
    const at = start + column - 1;
    return at <= (starts[line] ?? text.length) ? at : null;
  };
  const start = offset(range.line, range.column);
  const end = offset(range.endLine, range.endColumn);
  return start === null || end === null || end < start ? null : { start, end };
}
