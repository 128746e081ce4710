/** What stands between `with` and the colon. */
import { comparedTo, expression, take } from './expressions.js';
import { kindOf, NEWLINE } from './kinds.js';
import { as, type Growing, makeNode } from './nodes.js';
import { giveUp, type Tokens } from './tokens.js';

const AS = kindOf('as');
const COLON = kindOf(':');
const COMMA = kindOf(',');
const OPEN = kindOf('(');
const CLOSE = kindOf(')');
const OPENING = new Set(['(', '[', '{'].map(kindOf));
const CLOSING = new Set([')', ']', '}'].map(kindOf));

export function withClause(t: Tokens): Growing {
  const { start } = t;
  const isListed = t.kind === OPEN && isListOfItems(t);
  if (isListed) t.next();
  const items = [item(t)];
  while (t.kind === COMMA) {
    t.next();
    if (isListed && t.kind === CLOSE) break;
    items.push(item(t));
  }
  if (isListed) take(t, CLOSE);
  return makeNode('with_clause', start, t.lastEnd, items);
}

function item(t: Tokens): Growing {
  const value = expression(t);
  if (t.kind !== AS) return makeNode('with_item', value.start, value.end, [as('value', value)]);
  t.next();
  const name = comparedTo(t, 0);
  const target = as('alias', makeNode('as_pattern_target', name.start, name.end, [name]));
  const pattern = as('value', makeNode('as_pattern', value.start, name.end, [value, target]));
  return makeNode('with_item', value.start, name.end, [pattern]);
}

/** Whether the brackets that open here are those of `with (a as b, c):`, and not of an expression. */
function isListOfItems(t: Tokens): boolean {
  let depth = 0;
  let isItems = false;
  for (let offset = 0; ; offset += 1) {
    const kind = t.kindAt(t.index + offset);
    if (kind === NEWLINE || kind === 0) return giveUp();
    if (OPENING.has(kind)) depth += 1;
    else if (CLOSING.has(kind)) depth -= 1;
    else if (depth === 1 && (kind === AS || kind === COMMA)) isItems = true;
    if (depth === 0) return isItems && t.kindAt(t.index + offset + 1) === COLON;
  }
}
