/** Parameters of functions and lambdas, and annotations. */
import { expression, identifier, take } from './expressions.js';
import { kindOf, NAME } from './kinds.js';
import { as, type Growing, leaf, makeNode } from './nodes.js';
import { giveUp, type Tokens } from './tokens.js';

const COMMA = kindOf(',');
const COLON = kindOf(':');
const EQUALS = kindOf('=');
const STAR = kindOf('*');
const POWER = kindOf('**');
const SLASH = kindOf('/');
const BAR = kindOf('|');
const OPEN_LIST = kindOf('[');
const CLOSE_LIST = kindOf(']');

/** Up to the token that ends them, which is not taken. */
export function parametersUntil(t: Tokens, close: number, isTyped: boolean): Growing[] {
  const found: Growing[] = [];
  while (t.kind !== close) {
    found.push(parameter(t, isTyped));
    if (t.kind !== COMMA) break;
    t.next();
  }
  if (t.kind !== close) giveUp();
  return found;
}

function parameter(t: Tokens, isTyped: boolean): Growing {
  const { start, end } = t;
  if (t.kind === SLASH) {
    t.next();
    return leaf('positional_separator', start, end);
  }
  if (t.kind === STAR && t.peek() !== NAME) {
    t.next();
    return leaf('keyword_separator', start, end);
  }
  if (t.kind === STAR || t.kind === POWER) {
    const type = t.kind === STAR ? 'list_splat_pattern' : 'dictionary_splat_pattern';
    t.next();
    const name = identifier(t);
    return withType(t, makeNode(type, start, name.end, [name]), isTyped);
  }
  const name = identifier(t);
  if (!isTyped || t.kind !== COLON) {
    if (t.kind !== EQUALS) return name;
    t.next();
    const value = as('value', expression(t));
    return makeNode('default_parameter', start, value.end, [as('name', name), value]);
  }
  t.next();
  const type = as('type', annotation(t));
  if (t.kind !== EQUALS) return makeNode('typed_parameter', start, type.end, [name, type]);
  t.next();
  const value = as('value', expression(t));
  return makeNode('typed_default_parameter', start, value.end, [as('name', name), type, value]);
}

function withType(t: Tokens, pattern: Growing, isTyped: boolean): Growing {
  if (!isTyped || t.kind !== COLON) return pattern;
  t.next();
  const type = as('type', annotation(t));
  return makeNode('typed_parameter', pattern.start, type.end, [pattern, type]);
}

/** A `type` node: `List[int]` at its start is a generic type, and an alternative to it is a union. */
export function annotation(t: Tokens): Growing {
  const { start } = t;
  if (t.kind !== NAME || t.peek() !== OPEN_LIST) {
    const plain = expression(t);
    return makeNode('type', start, plain.end, [plain]);
  }
  const first = generic(t);
  let type = makeNode('type', start, first.end, [first]);
  while (t.kind === BAR) {
    t.next();
    const other = alternative(t);
    type = makeNode('type', start, other.end, [
      makeNode('union_type', start, other.end, [type, other]),
    ]);
  }
  return type;
}

function alternative(t: Tokens): Growing {
  const found = t.kind === NAME && t.peek() === OPEN_LIST ? generic(t) : expression(t);
  return makeNode('type', found.start, found.end, [found]);
}

function generic(t: Tokens): Growing {
  const name = identifier(t);
  const { start } = t;
  take(t, OPEN_LIST);
  const parts: Growing[] = [];
  while (t.kind !== CLOSE_LIST) {
    parts.push(annotation(t));
    if (t.kind !== COMMA) break;
    t.next();
  }
  take(t, CLOSE_LIST);
  const list = makeNode('type_parameter', start, t.lastEnd, parts);
  return makeNode('generic_type', name.start, list.end, [name, list]);
}
