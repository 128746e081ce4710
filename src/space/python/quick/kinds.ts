/** Kinds of tokens. A single character that is an operator or a bracket has its character code. */
export const END = 0;
export const NAME = 1;
export const INTEGER = 2;
export const FLOAT = 3;
export const STRING = 4;
export const NEWLINE = 5;
export const INDENT = 6;
export const DEDENT = 7;

const OPERATORS = [
  ...['**', '//', '<<', '>>', '<=', '>=', '==', '!=', '->', ':=', '...'],
  ...['+=', '-=', '*=', '/=', '//=', '%=', '@=', '&=', '|=', '^=', '>>=', '<<=', '**='],
];
const KEYWORDS = [
  ...['False', 'None', 'True', 'and', 'as', 'assert', 'async', 'await', 'break', 'class'],
  ...['continue', 'def', 'del', 'elif', 'else', 'except', 'finally', 'for', 'from', 'global', 'if'],
  ...['import', 'in', 'is', 'lambda', 'nonlocal', 'not', 'or', 'pass', 'raise', 'return', 'try'],
  ...['while', 'with', 'yield'],
];
/** Operators of two and three characters, and above them the keywords, from these numbers on. */
const FIRST_OPERATOR = 128;
const FIRST_KEYWORD = 160;

export const OPERATOR_KINDS: ReadonlyMap<string, number> = new Map(
  OPERATORS.map((text, index) => [text, FIRST_OPERATOR + index]),
);
export const KEYWORD_KINDS: ReadonlyMap<string, number> = new Map(
  KEYWORDS.map((text, index) => [text, FIRST_KEYWORD + index]),
);

/** The kind of an operator or a keyword, by its text. */
export function kindOf(text: string): number {
  const found = text.length === 1 ? text.charCodeAt(0) : OPERATOR_KINDS.get(text);
  const kind = KEYWORD_KINDS.get(text) ?? found;
  if (kind === undefined) throw new Error(`${text} is not a token of Python`);
  return kind;
}

/** `+=` and the like. */
export function isAugmented(kind: number): boolean {
  return kind >= PLUS_EQUALS && kind <= POWER_EQUALS;
}
const PLUS_EQUALS = kindOf('+=');
const POWER_EQUALS = kindOf('**=');
