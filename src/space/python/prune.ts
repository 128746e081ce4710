/**
 * Leaves the bodies of functions that no rule reads out of a library's text before it is parsed: most of
 * a vendored library, and most of the time that parsing takes. Offsets stay what they are.
 */

/** A body that is shorter is parsed in less time than it takes to leave it out. */
const SHORTEST_BODY = 60;
/** Strings, comments, brackets and line ends: all that decides where a logical line ends. */
const TOKEN = /"""|'''|"|'|#[^\r\n]*|[()[\]{}]|\r\n|\n|\r/g;
const CONFLICT = /^(?:<{7}|>{7}|={7})/m;
const DEF = /^(?:async[ \t]+)?def\b/;

interface LogicalLine {
  readonly start: number;
  /** After its last character, before the line end. */
  readonly end: number;
  /** In columns. */
  readonly indent: number;
  /** Ends with the colon of a block. */
  readonly opens: boolean;
}

/**
 * @param isOfInterest whether a rule may want to read the body, whose strings are blank
 * @returns text of the same length, or null where lines can't be recognised: then the parser sees all of it
 */
export function pruneBodies(text: string, isOfInterest: (body: string) => boolean): string | null {
  if (CONFLICT.test(text)) return null;
  const read = logicalLinesOf(text);
  if (read === null) return null;
  const { lines, code } = read;
  const parts: string[] = [];
  let done = 0;
  for (let i = 0; i < lines.length; i += 1) {
    const head = lines[i];
    if (!head?.opens || !DEF.test(text.slice(head.start, head.start + 12))) continue;
    let last = i;
    while ((lines[last + 1]?.indent ?? -1) > head.indent) last += 1;
    const [first, final] = [lines[i + 1], lines[last]];
    if (!first || !final || last === i) continue;
    const body = text.slice(first.start, final.end);
    if (body.length < SHORTEST_BODY || isOfInterest(code.slice(first.start, final.end))) continue;
    parts.push(text.slice(done, first.start), 'pass', body.slice(4).replaceAll(/[^\r\n]/g, ' '));
    done = final.end;
    i = last;
  }
  return parts.length === 0 ? text : [...parts, text.slice(done)].join('');
}

/** The logical lines, and the text with blanks in place of its strings and comments. */
function logicalLinesOf(
  text: string,
): { readonly lines: readonly LogicalLine[]; readonly code: string } | null {
  const lines: LogicalLine[] = [];
  const kept: string[] = [];
  let copied = 0;
  const blank = (from: number, to: number): void => {
    kept.push(text.slice(copied, from), ' '.repeat(to - from));
    copied = to;
  };
  let depth = 0;
  let start = 0;
  // Where the code of the line ends: comments and blanks do not count.
  let codeEnd = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); ; match = TOKEN.exec(text)) {
    const token = match?.[0] ?? '\n';
    const at = match?.index ?? text.length;
    if (token.startsWith('#')) {
      blank(at, at + token.length);
      continue;
    }
    if (token === '\n' || token === '\r' || token === '\r\n') {
      if (match && (depth > 0 || text[at - 1] === '\\')) continue;
      const from = start + indentLength(text, start);
      const code = text.slice(from, Math.max(from, at)).trimEnd();
      if (code !== '' && !code.startsWith('#')) {
        const opens = endsWithColon(text, Math.max(codeEnd, from), at);
        lines.push({ start: from, end: at, indent: columns(text, start, from), opens });
      }
      start = at + token.length;
      codeEnd = start;
      if (!match) break;
      continue;
    }
    if (token === '(' || token === '[' || token === '{') depth += 1;
    else if (token === ')' || token === ']' || token === '}') depth -= 1;
    else {
      const end = endOfString(text, at, token);
      if (end === null) return null;
      TOKEN.lastIndex = end;
      blank(at, end);
    }
    if (depth < 0) return null;
    codeEnd = TOKEN.lastIndex;
  }
  return depth === 0 ? { lines, code: kept.join('') + text.slice(copied) } : null;
}

function endsWithColon(text: string, from: number, to: number): boolean {
  return /:\s*(?:#.*)?$/.test(text.slice(from, to));
}

function endOfString(text: string, at: number, quote: string): number | null {
  const isTriple = quote.length === 3;
  for (let i = at + quote.length; i < text.length; i += 1) {
    const character = text[i];
    if (character === '\\') i += text.startsWith('\r\n', i + 1) ? 2 : 1;
    else if (!isTriple && (character === '\n' || character === '\r')) return null;
    else if (text.startsWith(quote, i)) return i + quote.length;
  }
  return null;
}

function indentLength(text: string, start: number): number {
  let length = 0;
  while (text[start + length] === ' ' || text[start + length] === '\t') length += 1;
  return length;
}

/** As Python counts them: a tab goes on to the next multiple of eight. */
function columns(text: string, start: number, end: number): number {
  let column = 0;
  for (let i = start; i < end; i += 1) column = text[i] === '\t' ? (column | 7) + 1 : column + 1;
  return column;
}
