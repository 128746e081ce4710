import type { Colour } from '../../shared/paint.js';
import { printable } from '../../shared/printable.js';
import type { SourceText, TextRange } from '../../space/index.js';
import type { ReporterOptions } from './reporter.js';

/** More of a line than this says nothing more. */
const LONGEST_LINE = 200;

/**
 * The line of a finding with a caret below, and the note beside the caret (or below it, when the
 * terminal is narrow).
 */
export function snippet(
  source: SourceText,
  range: TextRange,
  note: string | undefined,
  colour: Colour,
  { paint, ascii, columns }: ReporterOptions,
): string[] {
  const line = source.lines[range.line - 1];
  if (line === undefined || line.trim() === '') return note ? [`    ${note}`] : [];
  const number = String(range.line).padStart(3);
  const bar = ascii ? '|' : '│';
  const room = Math.max(20, Math.min(columns, LONGEST_LINE) - number.length - 3);
  const from = shift(line, range, room);
  const shown = visible(line.slice(from, from + room));
  const endColumn = range.endLine === range.line ? range.endColumn : line.trimEnd().length + 1;
  const before = width(line.slice(from, range.column - 1));
  const marked = width(
    line.slice(Math.max(from, range.column - 1), Math.min(endColumn - 1, from + room)),
  );
  const carets = '^'.repeat(Math.max(1, marked));
  const gutter = `${' '.repeat(number.length)} ${paint('dim', bar)} `;
  const lines = [`${paint('dim', number)} ${paint('dim', bar)} ${shown}`];
  if (!note) return [...lines, `${gutter}${' '.repeat(before)}${paint(colour, carets)}`];
  const indent = before + carets.length + 1;
  const beside = columns - number.length - 3 - indent;
  if (beside >= 24 || note.length <= beside) {
    const [first = '', ...more] = wrap(note, beside);
    return [
      ...lines,
      `${gutter}${' '.repeat(before)}${paint(colour, carets)} ${first}`,
      ...more.map((text) => `${gutter}${' '.repeat(indent)}${text}`),
    ];
  }
  return [
    ...lines,
    `${gutter}${' '.repeat(before)}${paint(colour, carets)}`,
    ...wrap(note, columns - number.length - 3).map((text) => `${gutter}${text}`),
  ];
}

/** Where to begin in a line that is too long for the terminal. */
function shift(line: string, range: TextRange, room: number): number {
  if (line.length <= room || range.column - 1 < room * 0.7) return 0;
  return Math.max(0, Math.min(range.column - 1 - Math.floor(room / 4), line.length - room));
}

/** Text whose every character takes the place that it is counted for. */
function visible(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (character === '\t') return ' ';
      return code < 0x20 || printable(character) !== character ? '·' : character;
    })
    .join('');
}

function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return columns;
}

/** East Asian characters and emoji take two columns of a terminal. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff)
  );
}

/** Breaks text at blanks so that no line is longer than that, words without blanks excepted. */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > columns) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    return [...lines, line];
  });
}
