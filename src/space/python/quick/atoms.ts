/** What operators join: names, literals, brackets, and the calls, attributes and indices behind them. */

import { argumentList } from './arguments.js';
import {
  comparedTo,
  disjunction,
  expression,
  identifier,
  LONGEST_CHAIN,
  named,
  starOrNamed,
  take,
  yielded,
} from './expressions.js';
import { FLOAT, INTEGER, kindOf, NAME, STRING } from './kinds.js';
import { as, type Growing, leaf, makeNode, toPattern } from './nodes.js';
import { stringNode } from './strings.js';
import { giveUp, type Tokens } from './tokens.js';

const OPEN = kindOf('(');
const CLOSE = kindOf(')');
const OPEN_LIST = kindOf('[');
const CLOSE_LIST = kindOf(']');
const OPEN_DICT = kindOf('{');
const CLOSE_DICT = kindOf('}');
const COMMA = kindOf(',');
const COLON = kindOf(':');
const DOT = kindOf('.');
const _EQUALS = kindOf('=');
const STAR = kindOf('*');
const POWER = kindOf('**');
const FOR = kindOf('for');
const ASYNC = kindOf('async');
const IF = kindOf('if');
const IN = kindOf('in');
const YIELD = kindOf('yield');

const LEAVES = new Map<number, string>([
  [NAME, 'identifier'],
  [INTEGER, 'integer'],
  [FLOAT, 'float'],
  [kindOf('True'), 'true'],
  [kindOf('False'), 'false'],
  [kindOf('None'), 'none'],
  [kindOf('...'), 'ellipsis'],
]);

export function atom(t: Tokens): Growing {
  let left = plainAtom(t);
  for (let links = 0; ; links += 1) {
    if (links > LONGEST_CHAIN) giveUp();
    if (t.kind === DOT) {
      t.next();
      const attribute = as('attribute', identifier(t));
      left = makeNode('attribute', left.start, attribute.end, [as('object', left), attribute]);
    } else if (t.kind === OPEN) {
      const list = as('arguments', argumentList(t));
      left = makeNode('call', left.start, list.end, [as('function', left), list]);
    } else if (t.kind === OPEN_LIST) {
      left = subscript(t, left);
    } else return left;
  }
}

function plainAtom(t: Tokens): Growing {
  if (t.kind === STRING) return strings(t);
  if (t.kind === OPEN) return parenthesized(t);
  if (t.kind === OPEN_LIST) return list(t);
  if (t.kind === OPEN_DICT) return dictionary(t);
  const type = LEAVES.get(t.kind) ?? giveUp();
  const node = leaf(type, t.start, t.end);
  t.next();
  return node;
}

function strings(t: Tokens): Growing {
  const parts: Growing[] = [];
  while (t.kind === STRING) {
    parts.push(stringNode(t));
    t.next();
  }
  const [first] = parts;
  if (first && parts.length === 1) return first;
  return makeNode('concatenated_string', first?.start ?? 0, t.lastEnd, parts);
}

function subscript(t: Tokens, value: Growing): Growing {
  const parts = [as('value', value)];
  t.next();
  do {
    parts.push(as('subscript', index(t)));
    if (t.kind !== COMMA) break;
    t.next();
  } while (t.kind !== CLOSE_LIST);
  take(t, CLOSE_LIST);
  return makeNode('subscript', value.start, t.lastEnd, parts);
}

function index(t: Tokens): Growing {
  const { start } = t;
  const parts: Growing[] = [];
  if (t.kind !== COLON) {
    const first = starOrNamed(t);
    if (t.kind !== COLON) return first;
    parts.push(first);
  }
  for (let colons = 0; t.kind === COLON; ) {
    colons += 1;
    if (colons > 2) giveUp();
    t.next();
    if (t.kind !== COLON && t.kind !== COMMA && t.kind !== CLOSE_LIST) parts.push(expression(t));
  }
  return makeNode('slice', start, t.lastEnd, parts);
}

function parenthesized(t: Tokens): Growing {
  const { start } = t;
  t.next();
  if (t.kind === CLOSE) {
    t.next();
    return leaf('tuple', start, t.lastEnd);
  }
  if (t.kind === YIELD) {
    const inner = yielded(t);
    take(t, CLOSE);
    return makeNode('parenthesized_expression', start, t.lastEnd, [inner]);
  }
  const first = starOrNamed(t);
  if (t.kind === FOR || t.kind === ASYNC) {
    return comprehension(t, 'generator_expression', start, first, CLOSE);
  }
  if (t.kind === CLOSE) {
    if (first.type === 'list_splat') giveUp();
    t.next();
    return makeNode('parenthesized_expression', start, t.lastEnd, [first]);
  }
  const items = itemsUntil(t, first, CLOSE);
  return makeNode('tuple', start, t.lastEnd, items);
}

function list(t: Tokens): Growing {
  const { start } = t;
  t.next();
  if (t.kind === CLOSE_LIST) {
    t.next();
    return leaf('list', start, t.lastEnd);
  }
  const first = starOrNamed(t);
  if (t.kind === FOR || t.kind === ASYNC) {
    return comprehension(t, 'list_comprehension', start, first, CLOSE_LIST);
  }
  const items = itemsUntil(t, first, CLOSE_LIST);
  return makeNode('list', start, t.lastEnd, items);
}

function itemsUntil(t: Tokens, first: Growing, close: number): Growing[] {
  const items = [first];
  while (t.kind === COMMA) {
    t.next();
    if (t.kind === close) break;
    items.push(starOrNamed(t));
  }
  take(t, close);
  return items;
}

function dictionary(t: Tokens): Growing {
  const { start } = t;
  t.next();
  const items: Growing[] = [];
  let isSet = false;
  while (t.kind !== CLOSE_DICT) {
    const one = entry(t);
    const isDictEntry = one.type === 'pair' || one.type === 'dictionary_splat';
    if (items.length > 0 && isSet === isDictEntry) giveUp();
    isSet = !isDictEntry;
    items.push(one);
    if (t.kind === FOR || t.kind === ASYNC) {
      if (items.length > 1 || one.type === 'dictionary_splat') giveUp();
      const type = isSet ? 'set_comprehension' : 'dictionary_comprehension';
      return comprehension(t, type, start, one, CLOSE_DICT);
    }
    if (t.kind !== COMMA) break;
    t.next();
  }
  take(t, CLOSE_DICT);
  return makeNode(isSet ? 'set' : 'dictionary', start, t.lastEnd, items);
}

function entry(t: Tokens): Growing {
  const { start } = t;
  if (t.kind === POWER) {
    t.next();
    const value = comparedTo(t, 0);
    return makeNode('dictionary_splat', start, value.end, [value]);
  }
  const key = starOrNamed(t);
  if (t.kind !== COLON) return key;
  t.next();
  const value = as('value', expression(t));
  return makeNode('pair', start, value.end, [as('key', key), value]);
}

export function comprehension(
  t: Tokens,
  type: string,
  start: number,
  body: Growing,
  close: number,
): Growing {
  const parts = [as('body', body)];
  while (t.kind === FOR || t.kind === ASYNC || t.kind === IF) parts.push(clause(t));
  take(t, close);
  return makeNode(type, start, t.lastEnd, parts);
}

function clause(t: Tokens): Growing {
  const { start } = t;
  if (t.kind === IF) {
    t.next();
    const isWalrus = t.kind === NAME && t.peek() === kindOf(':=');
    const condition = isWalrus ? named(t) : disjunction(t);
    return makeNode('if_clause', start, condition.end, [condition]);
  }
  if (t.kind === ASYNC) t.next();
  take(t, FOR);
  const left = as('left', loopTarget(t));
  take(t, IN);
  const right = as('right', disjunction(t));
  return makeNode('for_in_clause', start, right.end, [left, right]);
}

/** What a loop assigns to, before `in`. */
export function loopTarget(t: Tokens): Growing {
  const { start } = t;
  const items: Growing[] = [];
  let hasComma = false;
  while (t.kind !== IN) {
    items.push(toPattern(t.kind === STAR ? starOrNamed(t) : comparedTo(t, 0)) ?? giveUp());
    if (t.kind !== COMMA) break;
    hasComma = true;
    t.next();
  }
  const [first] = items;
  if (!first) return giveUp();
  return hasComma ? makeNode('pattern_list', start, t.lastEnd, items) : first;
}
