/** What of a library's file is left out: the bodies of functions that no rule reads, and other silent blocks. */
import { DEDENT, INDENT } from './kinds.js';
import type { Tokens } from './tokens.js';

/** A body that is shorter is read. */
const SHORTEST_BODY = 60;

export class Library {
  readonly #interest: RegExp;
  /** Starts and ends of bodies that were left out, in order. */
  readonly #hidden: { start: number; end: number }[] = [];

  constructor(interest: RegExp) {
    this.#interest = interest;
  }

  get hasHidden(): boolean {
    return this.#hidden.length > 0;
  }

  /** Of a function's body whose INDENT is the current token: its DEDENT, where it can be left out. */
  skippedUntil(t: Tokens): number | null {
    let at = t.index + 1;
    for (let depth = 1; ; at += 1) {
      const kind = t.kindAt(at);
      if (kind === INDENT) depth += 1;
      else if (kind === DEDENT) depth -= 1;
      if (depth === 0) break;
    }
    const end = this.#lastLineEnd(t, at);
    if (end - t.start < SHORTEST_BODY || t.hasInterest(t.index, at)) return null;
    this.#hidden.push({ start: t.start, end });
    return at;
  }

  /** Whether nothing in a block, the text of its strings and comments included, is of interest. */
  isSilent(t: Tokens, from: number, to: number): boolean {
    if (t.hasInterest(from, to)) return false;
    const end = t.endOf(to - 1);
    let at = t.startAt(from);
    for (const hidden of this.#hidden.filter(({ start }) => start >= at)) {
      if (hidden.start >= end) break;
      if (this.#interest.test(t.text.slice(at, hidden.start))) return false;
      at = hidden.end;
    }
    return !this.#interest.test(t.text.slice(at, end));
  }

  #lastLineEnd(t: Tokens, dedent: number): number {
    let last = dedent - 1;
    while (t.kindAt(last) === DEDENT) last -= 1;
    return t.startAt(last);
  }
}
