/**
 * Python's tokens, for the parser beside this: numbers in arrays, because a Space may have millions. What
 * is out of the ordinary is left to tree-sitter: `giveUp` ends the reading.
 */
import {
  DEDENT,
  END,
  FLOAT,
  INDENT,
  INTEGER,
  NAME,
  NEWLINE,
  OPERATOR_KINDS,
  STRING,
} from './kinds.js';
import { numberAt } from './numbers.js';
import { endOfString } from './string-end.js';
import { wordAt } from './words.js';

/** Thrown, and caught by `parseQuickly`: no stack is wanted of it. */
export const GIVE_UP = new Error('not for the quick parser');

export function giveUp(): never {
  throw GIVE_UP;
}

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const SPACE = 32;
const HASH = 35;
const BACKSLASH = 92;
const IS_NAME = new Uint8Array(128);
for (let c = 0; c < 128; c += 1) IS_NAME[c] = /\w/.test(String.fromCharCode(c)) ? 1 : 0;
const IS_OPENING = new Set(['(', '[', '{'].map((c) => c.charCodeAt(0)));
const IS_CLOSING = new Set([')', ']', '}'].map((c) => c.charCodeAt(0)));
const SIGNS = new Set([...'+-*/%@&|^~<>=!.,:;'].map((c) => c.charCodeAt(0)));
const OTHER_NAME = /[\p{XID_Start}_][\p{XID_Continue}]*/uy;
const PREFIX = /^(?:[rRbBuUfF]|[rR][bBfF]|[bBfF][rR])?$/;

/** The arrays are used again for the next text: one is read at a time. */
let kinds = new Uint8Array(1 << 14);
let starts = new Int32Array(1 << 14);
let ends = new Int32Array(1 << 14);
let marks = new Uint8Array(1 << 14);

export class Tokens {
  readonly text: string;
  /** The current token. */
  kind = END;
  start = 0;
  end = 0;
  /** Where the last token that was passed ends. */
  lastEnd = 0;
  /** Number of the current token. */
  index = 0;
  /** Starts and ends of comments, in turn. */
  readonly comments: number[] = [];
  #count = 0;
  #indentedBy = 0;

  /** @throws GIVE_UP */
  constructor(text: string) {
    this.text = text;
    this.#read(0, text.length, false);
    this.goTo(0);
  }

  next(): void {
    this.lastEnd = this.end;
    this.goTo(this.index + 1);
  }

  goTo(index: number): void {
    this.index = index;
    this.kind = kinds[index] ?? END;
    this.start = starts[index] ?? 0;
    this.end = ends[index] ?? 0;
  }

  peek(offset = 1): number {
    return this.kind === END ? END : (kinds[this.index + offset] ?? END);
  }

  endOf(index: number): number {
    return ends[index] ?? 0;
  }

  kindAt(index: number): number {
    return kinds[index] ?? END;
  }

  startAt(index: number): number {
    return starts[index] ?? 0;
  }

  /** Whether one of the tokens is a word of interest. */
  hasInterest(from: number, to: number): boolean {
    for (let i = from; i < to; i += 1) if (marks[i] === 1) return true;
    return false;
  }

  /** Reads what stands between the braces of an f-string; `read` sees its tokens, as in brackets. */
  within<Read>(from: number, to: number, read: () => Read): Read {
    const { index, lastEnd } = this;
    const count = this.#count;
    this.#read(from, to, true);
    this.goTo(count);
    const found = read();
    if (this.kind !== END) giveUp();
    this.#count = count;
    this.goTo(index);
    this.lastEnd = lastEnd;
    return found;
  }

  #push(kind: number, start: number, end: number, mark = 0): void {
    const at = this.#count;
    if (at >= kinds.length) grow();
    kinds[at] = kind;
    starts[at] = start;
    ends[at] = end;
    marks[at] = mark;
    this.#count = at + 1;
  }

  #read(from: number, to: number, isInBrackets: boolean): void {
    const { text } = this;
    const indents = [0];
    const outside = isInBrackets ? 1 : 0;
    let depth = outside;
    let isLineStart = !isInBrackets;
    let i = from;
    while (i < to) {
      if (isLineStart) {
        i = this.#lineStart(i, indents);
        if (i >= to) break;
        isLineStart = false;
      }
      const c = text.charCodeAt(i);
      if (c === SPACE || c === TAB) {
        i += 1;
      } else if (c < 128 && IS_NAME[c] === 1 && (c < 48 || c > 57)) {
        i = this.#word(i);
      } else if (c === LINE_FEED || (c === RETURN && text.charCodeAt(i + 1) === LINE_FEED)) {
        const end = c === RETURN ? i + 2 : i + 1;
        if (depth === 0) {
          this.#push(NEWLINE, i, i);
          isLineStart = true;
        }
        i = end;
      } else if (c === HASH) {
        i = this.#comment(i);
      } else if (IS_OPENING.has(c)) {
        depth += 1;
        this.#push(c, i, i + 1);
        i += 1;
      } else if (IS_CLOSING.has(c)) {
        depth -= 1;
        if (depth < outside) giveUp();
        this.#push(c, i, i + 1);
        i += 1;
      } else if (c === 34 || c === 39) {
        i = this.#string(i, i);
      } else if (c === BACKSLASH) {
        i = this.#continued(i);
      } else {
        i = this.#rest(i, c);
      }
    }
    if (depth !== outside || i > to) giveUp();
    if (!isInBrackets) {
      if (!isLineStart) this.#push(NEWLINE, to, to);
      for (let n = indents.length; n > 1; n -= 1) this.#push(DEDENT, to, to);
    }
    this.#push(END, to, to);
  }

  /** Passes blank lines and comments, and notes how deep the next line stands. */
  #lineStart(from: number, indents: number[]): number {
    const { text } = this;
    let i = from;
    for (;;) {
      const begin = i;
      const first = text.charCodeAt(i);
      while (text.charCodeAt(i) === first && (first === SPACE || first === TAB)) i += 1;
      const c = text.charCodeAt(i);
      // A mixture of blanks and tabs, or a form feed.
      if (c === SPACE || c === TAB || c === 12) return this.#blankOrGiveUp(i, indents);
      if (c === HASH) i = this.#comment(i);
      const at = text.charCodeAt(i);
      if (at === LINE_FEED) i += 1;
      else if (at === RETURN && text.charCodeAt(i + 1) === LINE_FEED) i += 2;
      else if (i >= text.length) return i;
      else {
        if (c === BACKSLASH) giveUp();
        if (i > begin) this.#assertOneKind(first);
        this.#indent(first === TAB ? (i - begin) * 8 : i - begin, i, indents);
        return i;
      }
    }
  }

  /** Lines with tabs among lines with blanks: Python compares them by rules of its own. */
  #assertOneKind(character: number): void {
    if (this.#indentedBy !== 0 && this.#indentedBy !== character) giveUp();
    this.#indentedBy = character;
  }

  #blankOrGiveUp(from: number, indents: number[]): number {
    let i = from;
    while ([SPACE, TAB, 12].includes(this.text.charCodeAt(i))) i += 1;
    const c = this.text.charCodeAt(i);
    if (i < this.text.length && c !== LINE_FEED && c !== RETURN && c !== HASH) giveUp();
    return this.#lineStart(i, indents);
  }

  #indent(column: number, at: number, indents: number[]): void {
    let current = indents.at(-1) ?? 0;
    if (column > current) {
      indents.push(column);
      this.#push(INDENT, at, at);
      return;
    }
    while (column < current) {
      indents.pop();
      current = indents.at(-1) ?? 0;
      this.#push(DEDENT, at, at);
    }
    if (column !== current) giveUp();
  }

  #comment(from: number): number {
    const feed = this.text.indexOf('\n', from);
    const end = feed < 0 ? this.text.length : feed;
    const last = end > from && this.text.charCodeAt(end - 1) === RETURN ? end - 1 : end;
    this.comments.push(from, last);
    return last;
  }

  #continued(i: number): number {
    const { text } = this;
    if (text.charCodeAt(i + 1) === LINE_FEED) return i + 2;
    if (text.charCodeAt(i + 1) === RETURN && text.charCodeAt(i + 2) === LINE_FEED) return i + 3;
    return giveUp();
  }

  #word(from: number): number {
    const { text } = this;
    let i = from + 1;
    let c = text.charCodeAt(i);
    while (c < 128 && IS_NAME[c] === 1) {
      i += 1;
      c = text.charCodeAt(i);
    }
    const length = i - from;
    if ((c === 34 || c === 39) && length <= 2) return this.#string(from, i);
    if (c >= 128) return this.#otherName(from);
    const word = wordAt(text, from, i);
    this.#push(word & 255, from, i, word > 255 ? 1 : 0);
    return i;
  }

  #otherName(from: number): number {
    OTHER_NAME.lastIndex = from;
    const match = OTHER_NAME.exec(this.text);
    if (!match) return giveUp();
    this.#push(NAME, from, from + match[0].length);
    return from + match[0].length;
  }

  #string(from: number, quote: number): number {
    const prefix = this.text.slice(from, quote);
    const end = PREFIX.test(prefix) ? endOfString(this.text, quote, /[fF]/.test(prefix)) : null;
    if (end === null) return giveUp();
    this.#push(STRING, from, end);
    return end;
  }

  #rest(i: number, c: number): number {
    const { text } = this;
    if (c >= 128) return this.#otherName(i);
    const following = text.charCodeAt(i + 1);
    const isDigit = (at: number) => at >= 48 && at <= 57;
    if (isDigit(c) || (c === 46 && isDigit(following))) return this.#number(i);
    if (!SIGNS.has(c)) return giveUp();
    for (const length of [3, 2]) {
      const kind = SIGNS.has(following) ? OPERATOR_KINDS.get(text.slice(i, i + length)) : undefined;
      if (kind === undefined) continue;
      this.#push(kind, i, i + length);
      return i + length;
    }
    if (c === 33) giveUp();
    this.#push(c, i, i + 1);
    return i + 1;
  }

  #number(from: number): number {
    const found = numberAt(this.text, from) ?? giveUp();
    this.#push(found.isInteger ? INTEGER : FLOAT, from, found.end);
    return found.end;
  }
}

function grow(): void {
  const larger = <A extends Uint8Array | Int32Array>(made: A, old: A): A => {
    made.set(old);
    return made;
  };
  const length = kinds.length * 2;
  kinds = larger(new Uint8Array(length), kinds);
  starts = larger(new Int32Array(length), starts);
  ends = larger(new Int32Array(length), ends);
  marks = larger(new Uint8Array(length), marks);
}
