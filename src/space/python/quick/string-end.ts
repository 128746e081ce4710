/** Where the strings of Python end. */
const LINE_FEED = 10;
const RETURN = 13;
const BACKSLASH = 92;
const OPEN = 123;
/** Python itself allows 150 levels. */
const DEEPEST = 40;

/**
 * @param quote where its first quote stands
 * @returns the place after its last quote; null where it has none, or is one that only Python can read
 */
export function endOfString(
  text: string,
  quote: number,
  isFormatted: boolean,
  level = 0,
): number | null {
  if (level > DEEPEST) return null;
  const mark = text.charCodeAt(quote);
  const isTriple = text.charCodeAt(quote + 1) === mark && text.charCodeAt(quote + 2) === mark;
  if (!isTriple && text.charCodeAt(quote + 1) === mark) return quote + 2;
  const first = quote + (isTriple ? 3 : 1);
  for (let i = first; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) {
      i = afterBackslash(text, i, isFormatted);
    } else if (c === mark) {
      if (!isTriple) return i + 1;
      if (text.charCodeAt(i + 1) === mark && text.charCodeAt(i + 2) === mark) return i + 3;
    } else if (!isTriple && (c === LINE_FEED || c === RETURN)) {
      return null;
    } else if (isFormatted && c === OPEN) {
      if (text.charCodeAt(i + 1) === OPEN) {
        i += 1;
        continue;
      }
      const parts = fieldOf(text, i, level);
      if (parts === null) return null;
      i = parts.end;
    }
  }
  return null;
}

/**
 * The last character that a backslash in a string takes along. A brace of an f-string is not one of them;
 * `\\N{DASH}` is a character.
 */
export function afterBackslash(text: string, at: number, isFormatted: boolean): number {
  const next = text.charCodeAt(at + 1);
  if (next === RETURN && text.charCodeAt(at + 2) === LINE_FEED) return at + 2;
  if (!isFormatted) return at + 1;
  if (next === OPEN) return at;
  const named = text.startsWith('N{', at + 1) ? text.indexOf('}', at) : -1;
  return named < 0 ? at + 1 : named;
}

/** `{expression!r:format}` in an f-string. */
export interface ReplacementField {
  /** After the expression: at its `=`, `!`, `:` or `}`. */
  readonly expressionEnd: number;
  /** Where the `!` of a conversion stands; null without one. */
  readonly conversion: number | null;
  /** Where the `:` of a format stands; null without one. */
  readonly format: number | null;
  /** Fields in the format. */
  readonly inner: readonly { readonly start: number; readonly field: ReplacementField }[];
  /** Where its last brace stands. */
  readonly end: number;
}

/**
 * @param open where its first brace stands
 * @returns null for what is out of the ordinary
 */
export function fieldOf(text: string, open: number, level: number): ReplacementField | null {
  if (level > DEEPEST) return null;
  let depth = 0;
  for (let i = open + 1; i < text.length; i += 1) {
    const c = text[i];
    if (c === '"' || c === "'") {
      const isFormatted = /[fF][rR]?$/.test(text.slice(Math.max(open, i - 2), i));
      const end = endOfString(text, i, isFormatted, level + 1);
      if (end === null) return null;
      i = end - 1;
    } else if (c === '(' || c === '[' || c === '{') depth += 1;
    else if (depth > 0) {
      if (c === ')' || c === ']' || c === '}') depth -= 1;
      else if (c === '#' || c === '\\') return null;
    } else if (c === '!' && text[i + 1] === '=') i += 1;
    else if (c === '!' || c === ':' || c === '}') return fieldEnd(text, i, open, level);
    else if (c === ')' || c === ']' || c === '#' || c === '\\') return null;
  }
  return null;
}

function fieldEnd(text: string, at: number, open: number, level: number): ReplacementField | null {
  const written = text.slice(open + 1, at);
  const equals = /(?<![=!<>])=\s*$/.exec(written);
  const expressionEnd = equals ? open + 1 + equals.index : at;
  const conversion = text[at] === '!' ? at : null;
  let i = at;
  if (conversion !== null) {
    if (!/^![rsa][:}]/.test(text.slice(at, at + 3))) return null;
    i += 2;
  }
  const format = text[i] === ':' ? i : null;
  const inner: { start: number; field: ReplacementField }[] = [];
  if (format !== null) {
    for (i += 1; text[i] !== '}'; i += 1) {
      const c = text[i];
      if (c === undefined || c === '\n' || c === '"' || c === "'" || c === '\\') return null;
      if (c !== '{') continue;
      const field = fieldOf(text, i, level + 1);
      if (field === null) return null;
      inner.push({ start: i, field });
      i = field.end;
    }
  }
  return { expressionEnd, conversion, format, inner, end: i };
}
