/** Text for a terminal, before anybody has chosen colours: pieces with a tone, cut by columns. */

/** What a piece of text means; the theme says how that looks. Meaning never hangs on the tone alone. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'warn' | 'bad';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Span[];

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text: printable(text), tone });
export const line = (text: string, tone: Tone = 'plain'): Line => [span(text, tone)];
export const textOf = (spans: Line): string => spans.map(({ text }) => text).join('');

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const ZERO = /\p{Mark}|[\u200b-\u200d]|[\ufe0e\ufe0f]/u;
const PRINTABLE = /^[\x20-\x7e]*$/;

/** Columns that a terminal needs for a text: 2 for East Asian and emoji, 0 for combining marks. */
export function widthOf(text: string): number {
  if (PRINTABLE.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += ZERO.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}

/** The text in so many columns at most; the cut is marked. */
export function cut(text: string, columns: number, mark = '…'): string {
  if (widthOf(text) <= columns) return text;
  const room = columns - widthOf(mark);
  if (room < 0) return '';
  let kept = '';
  let width = 0;
  for (const char of text) {
    width += widthOf(char);
    if (width > room) break;
    kept += char;
  }
  return kept + mark;
}

/** The text in exactly so many columns. */
export function pad(
  text: string,
  columns: number,
  align: 'left' | 'right' = 'left',
  mark = '…',
): string {
  const kept = cut(text, columns, mark);
  const gap = ' '.repeat(Math.max(0, columns - widthOf(kept)));
  return align === 'left' ? kept + gap : gap + kept;
}

/** A line in exactly so many columns: what is too long is cut, what is too short is filled. */
export function fitLine(spans: Line, columns: number, mark = '…'): Line {
  const fitted: Span[] = [];
  let left = columns;
  for (const { text, tone } of spans) {
    const kept = cut(text, left, mark);
    fitted.push({ text: kept, tone });
    left -= widthOf(kept);
    if (kept !== text) break;
  }
  if (left > 0) fitted.push(span(' '.repeat(left)));
  return fitted;
}

/** Words in lines of so many columns; a word that is longer gets lines of its own. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(/\s+/)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (widthOf(longer) <= columns) {
      current = longer;
      continue;
    }
    if (current !== '') lines.push(current);
    current = cut(word, columns);
  }
  return current === '' ? lines : [...lines, current];
}

/**
 * A name that came from outside, safe to print: a visitor may call themselves anything, and escape
 * codes in a name would write elsewhere on the screen.
 */
export function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return name.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?');
}
