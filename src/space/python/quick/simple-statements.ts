/** Statements that stand on one logical line. */
import {
  commaSeparated,
  expression,
  expressions,
  identifier,
  take,
  yielded,
} from './expressions.js';
import { importFrom, importStatement } from './imports.js';
import { isAugmented, kindOf, NAME, NEWLINE } from './kinds.js';
import { as, type Growing, leaf, makeNode, toPattern } from './nodes.js';
import { annotation } from './parameters.js';
import { giveUp, type Tokens } from './tokens.js';

const COLON = kindOf(':');
const COMMA = kindOf(',');
const SEMICOLON = kindOf(';');
const EQUALS = kindOf('=');
const FROM = kindOf('from');
const YIELD = kindOf('yield');
const OPEN = kindOf('(');
const DOT = kindOf('.');
const WALRUS = kindOf(':=');
const SHIFT = kindOf('>>');
/** `a = b = c = 1`. */
const MOST_TARGETS = 50;

const WORDS = new Map<number, string>([
  [kindOf('pass'), 'pass_statement'],
  [kindOf('break'), 'break_statement'],
  [kindOf('continue'), 'continue_statement'],
]);
const OTHERS = new Map<number, (t: Tokens) => Growing>([
  [kindOf('import'), importStatement],
  [FROM, importFrom],
  [kindOf('return'), (t) => withValues(t, 'return_statement')],
  [kindOf('del'), deletion],
  [kindOf('raise'), raising],
  [kindOf('assert'), assertion],
  [kindOf('global'), (t) => names(t, 'global_statement')],
  [kindOf('nonlocal'), (t) => names(t, 'nonlocal_statement')],
]);

/** The statements of a logical line, which ends with a NEWLINE. */
export function simpleStatements(t: Tokens, into: Growing[]): void {
  for (;;) {
    into.push(simpleStatement(t));
    if (t.kind !== SEMICOLON) break;
    t.next();
    if (t.kind === NEWLINE) break;
  }
  take(t, NEWLINE);
}

function simpleStatement(t: Tokens): Growing {
  const word = WORDS.get(t.kind);
  if (word) {
    const node = leaf(word, t.start, t.end);
    t.next();
    return node;
  }
  const other = OTHERS.get(t.kind);
  return other ? other(t) : expressionStatement(t);
}

function isAtEnd(t: Tokens): boolean {
  return t.kind === NEWLINE || t.kind === SEMICOLON;
}

function withValues(t: Tokens, type: string): Growing {
  const { start, end } = t;
  t.next();
  if (isAtEnd(t)) return leaf(type, start, end);
  const value = expressions(t);
  return makeNode(type, start, value.end, [value]);
}

function deletion(t: Tokens): Growing {
  const found = withValues(t, 'delete_statement');
  const [target] = found.children;
  if (!target || !isTarget(target)) giveUp();
  return found;
}

function isTarget({ type, children }: Growing): boolean {
  if (type === 'identifier' || type === 'attribute' || type === 'subscript') return true;
  return (
    (type === 'expression_list' ||
      type === 'tuple' ||
      type === 'list' ||
      type === 'parenthesized_expression') &&
    children.every(isTarget)
  );
}

function raising(t: Tokens): Growing {
  const { start, end } = t;
  t.next();
  if (isAtEnd(t)) return leaf('raise_statement', start, end);
  const parts = [expression(t)];
  if (t.kind === FROM) {
    t.next();
    parts.push(as('cause', expression(t)));
  }
  return makeNode('raise_statement', start, t.lastEnd, parts);
}

function assertion(t: Tokens): Growing {
  const { start } = t;
  t.next();
  const parts = [expression(t)];
  if (t.kind === COMMA) {
    t.next();
    parts.push(expression(t));
  }
  return makeNode('assert_statement', start, t.lastEnd, parts);
}

function names(t: Tokens, type: string): Growing {
  const { start } = t;
  t.next();
  const found = [identifier(t)];
  while (t.kind === COMMA) {
    t.next();
    found.push(identifier(t));
  }
  return makeNode(type, start, t.lastEnd, found);
}

function expressionStatement(t: Tokens): Growing {
  const { start } = t;
  assertPython3(t);
  if (t.kind === NAME && t.peek() === WALRUS) giveUp();
  const isYield = t.kind === YIELD;
  const { items, hasComma } = isYield
    ? { items: [yielded(t)], hasComma: false }
    : commaSeparated(t);
  const [first] = items;
  if (!first) return giveUp();
  let parts = items;
  if (isAugmented(t.kind)) {
    if (hasComma || !['identifier', 'attribute', 'subscript'].includes(first.type)) giveUp();
    t.next();
    const right = as('right', value(t));
    parts = [makeNode('augmented_assignment', start, right.end, [as('left', first), right])];
  } else if (t.kind === EQUALS || t.kind === COLON) {
    if (isYield) giveUp();
    parts = [
      assignment(t, hasComma ? makeNode('expression_list', start, t.lastEnd, items) : first),
    ];
  }
  return makeNode('expression_statement', start, t.lastEnd, parts);
}

/** `print "x"` and `exec code` are for tree-sitter to report. */
function assertPython3(t: Tokens): void {
  const following = t.peek();
  if (t.kind !== NAME || following === OPEN || following === DOT || following === EQUALS) return;
  if (following === SHIFT && t.text.slice(t.start, t.end) === 'print') giveUp();
}

function value(t: Tokens): Growing {
  return t.kind === YIELD ? yielded(t) : expressions(t);
}

/** From the `=` or the `:` on; assignments are nested to the right. */
function assignment(t: Tokens, target: Growing, depth = 0): Growing {
  if (depth > MOST_TARGETS) giveUp();
  const { start } = target;
  const parts: Growing[] = [];
  if (t.kind === COLON) {
    if (!['identifier', 'attribute', 'subscript'].includes(target.type)) giveUp();
    t.next();
    parts.push(as('left', target), as('type', annotation(t)));
    if (t.kind !== EQUALS) return makeNode('assignment', start, t.lastEnd, parts);
  } else {
    parts.push(as('left', pattern(target)));
  }
  t.next();
  const found = value(t);
  const right = t.kind === EQUALS ? assignment(t, found, depth + 1) : found;
  parts.push(as('right', right));
  return makeNode('assignment', start, right.end, parts);
}

function pattern(target: Growing): Growing {
  if (target.type !== 'expression_list') return toPattern(target) ?? giveUp();
  target.type = 'pattern_list';
  return target.children.every(toPattern) ? target : giveUp();
}
