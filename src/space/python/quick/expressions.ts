/** Expressions of Python, as Python's grammar has them and with the nodes of tree-sitter-python. */
import { atom } from './atoms.js';
import { kindOf, NAME, NEWLINE } from './kinds.js';
import { as, type Growing, leaf, makeNode } from './nodes.js';
import { parametersUntil } from './parameters.js';
import { giveUp, type Tokens } from './tokens.js';

const IF = kindOf('if');
const ELSE = kindOf('else');
const LAMBDA = kindOf('lambda');
const OR = kindOf('or');
const AND = kindOf('and');
const NOT = kindOf('not');
const IN = kindOf('in');
const IS = kindOf('is');
const AWAIT = kindOf('await');
const YIELD = kindOf('yield');
const FROM = kindOf('from');
const WALRUS = kindOf(':=');
const POWER = kindOf('**');
const STAR = kindOf('*');
const COMMA = kindOf(',');
const COLON = kindOf(':');

/** Deeper than any file that a person writes: tree-sitter needs no stack for it. */
const DEEPEST = 120;
let depth = 0;

/** Names, sums and calls may be joined in so long a chain; trees of longer ones are cut by tree-sitter. */
export const LONGEST_CHAIN = 500;

/** Forgets where the last text was given up. */
export function resetDepth(): void {
  depth = 0;
}

/** Takes the token of this kind. */
export function take(t: Tokens, kind: number): void {
  if (t.kind !== kind) giveUp();
  t.next();
}

export function identifier(t: Tokens): Growing {
  if (t.kind !== NAME) giveUp();
  const node = leaf('identifier', t.start, t.end);
  t.next();
  return node;
}

export function expression(t: Tokens): Growing {
  depth += 1;
  if (depth > DEEPEST) giveUp();
  const found = t.kind === LAMBDA ? lambda(t) : conditional(t);
  depth -= 1;
  return found;
}

function conditional(t: Tokens): Growing {
  const value = disjunction(t);
  if (t.kind !== IF) return value;
  t.next();
  const condition = disjunction(t);
  take(t, ELSE);
  const other = expression(t);
  return makeNode('conditional_expression', value.start, other.end, [value, condition, other]);
}

function lambda(t: Tokens): Growing {
  const { start } = t;
  t.next();
  const parts: Growing[] = [];
  if (t.kind !== COLON) {
    const from = t.start;
    const list = parametersUntil(t, COLON, false);
    parts.push(as('parameters', makeNode('lambda_parameters', from, t.lastEnd, list)));
  }
  take(t, COLON);
  const body = expression(t);
  return makeNode('lambda', start, body.end, [...parts, as('body', body)]);
}

/** An expression, or `name := expression`. */
export function named(t: Tokens): Growing {
  if (t.kind !== NAME || t.peek() !== WALRUS) return expression(t);
  const name = as('name', identifier(t));
  t.next();
  const value = as('value', expression(t));
  return makeNode('named_expression', name.start, value.end, [name, value]);
}

export function starOrNamed(t: Tokens): Growing {
  return t.kind === STAR ? splat(t) : named(t);
}

function splat(t: Tokens): Growing {
  const { start } = t;
  t.next();
  const value = comparedTo(t, 0);
  return makeNode('list_splat', start, value.end, [value]);
}

export function disjunction(t: Tokens): Growing {
  let left = conjunction(t);
  for (let links = 0; t.kind === OR; links += 1) {
    if (links > LONGEST_CHAIN) giveUp();
    t.next();
    left = joined('boolean_operator', left, conjunction(t));
  }
  return left;
}

function conjunction(t: Tokens): Growing {
  let left = inversion(t);
  for (let links = 0; t.kind === AND; links += 1) {
    if (links > LONGEST_CHAIN) giveUp();
    t.next();
    left = joined('boolean_operator', left, inversion(t));
  }
  return left;
}

function joined(type: string, left: Growing, right: Growing): Growing {
  return makeNode(type, left.start, right.end, [as('left', left), as('right', right)]);
}

function inversion(t: Tokens): Growing {
  if (t.kind !== NOT) return comparison(t);
  const { start } = t;
  depth += 1;
  if (depth > DEEPEST) giveUp();
  t.next();
  const argument = as('argument', inversion(t));
  depth -= 1;
  return makeNode('not_operator', start, argument.end, [argument]);
}

const COMPARING = new Set(['<', '>', '==', '>=', '<=', '!=', 'in', 'is'].map(kindOf));

function comparison(t: Tokens): Growing {
  const first = comparedTo(t, 0);
  if (!COMPARING.has(t.kind) && !(t.kind === NOT && t.peek() === IN)) return first;
  const parts = [first];
  while (COMPARING.has(t.kind) || t.kind === NOT) {
    const negated = t.kind === NOT ? IN : t.kind === IS && t.peek() === NOT ? NOT : null;
    t.next();
    if (negated !== null) take(t, negated);
    parts.push(comparedTo(t, 0));
  }
  return makeNode('comparison_operator', first.start, t.lastEnd, parts);
}

/** How tightly each operator binds, by its kind. */
const BINDS = new Uint8Array(256);
for (const [level, operators] of [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '//', '%', '@'],
].entries()) {
  for (const one of operators) BINDS[kindOf(one)] = level + 1;
}

/** Operands of a comparison, and what `in` follows in a loop: operators that bind tighter than `level`. */
export function comparedTo(t: Tokens, level: number): Growing {
  let left = unary(t);
  for (let links = 0; ; links += 1) {
    const binds = BINDS[t.kind] ?? 0;
    if (binds <= level) return left;
    if (links > LONGEST_CHAIN) giveUp();
    t.next();
    left = joined('binary_operator', left, comparedTo(t, binds));
  }
}

const UNARY = new Set(['+', '-', '~'].map(kindOf));

function unary(t: Tokens): Growing {
  if (!UNARY.has(t.kind)) return power(t);
  const { start } = t;
  depth += 1;
  if (depth > DEEPEST) giveUp();
  t.next();
  const argument = as('argument', unary(t));
  depth -= 1;
  return makeNode('unary_operator', start, argument.end, [argument]);
}

function power(t: Tokens): Growing {
  const left = awaited(t);
  if (t.kind !== POWER) return left;
  t.next();
  return joined('binary_operator', left, unary(t));
}

function awaited(t: Tokens): Growing {
  if (t.kind !== AWAIT) return atom(t);
  const { start } = t;
  t.next();
  const value = atom(t);
  return makeNode('await', start, value.end, [value]);
}

/** `yield`, `yield a, b` and `yield from a`. */
export function yielded(t: Tokens): Growing {
  const { start, end } = t;
  take(t, YIELD);
  if (t.kind === FROM) {
    t.next();
    const from = expression(t);
    return makeNode('yield', start, from.end, [from]);
  }
  if (!startsExpression(t.kind)) return leaf('yield', start, end);
  const value = expressions(t);
  return makeNode('yield', start, value.end, [value]);
}

const ENDS = new Set([NEWLINE, ...[')', ']', '}', ';', '='].map(kindOf)]);

function startsExpression(kind: number): boolean {
  return !ENDS.has(kind) && kind !== 0;
}

/** One expression, or several with commas as an `expression_list`. */
export function expressions(t: Tokens): Growing {
  const list = commaSeparated(t);
  const [first] = list.items;
  if (!first) return giveUp();
  if (!list.hasComma) return first;
  return makeNode('expression_list', first.start, t.lastEnd, list.items);
}

export function commaSeparated(t: Tokens): { items: Growing[]; hasComma: boolean } {
  const items = [starOrNamed(t)];
  let hasComma = false;
  while (t.kind === COMMA) {
    hasComma = true;
    t.next();
    if (!startsExpression(t.kind) || t.kind === COLON) break;
    items.push(starOrNamed(t));
  }
  return { items, hasComma };
}
