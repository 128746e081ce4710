/** The arguments of calls, and the bases of classes. */
import { comprehension } from './atoms.js';
import { expression, identifier, named, take } from './expressions.js';
import { kindOf, NAME } from './kinds.js';
import { as, type Growing, leaf, makeNode } from './nodes.js';
import { giveUp, type Tokens } from './tokens.js';

const ASYNC = kindOf('async');
const CLOSE = kindOf(')');
const COMMA = kindOf(',');
const EQUALS = kindOf('=');
const FOR = kindOf('for');
const POWER = kindOf('**');
const STAR = kindOf('*');

export function argumentList(t: Tokens): Growing {
  const { start } = t;
  t.next();
  const parts: Growing[] = [];
  while (t.kind !== CLOSE) {
    const one = argument(t);
    parts.push(one);
    if (t.kind === FOR || t.kind === ASYNC) {
      if (parts.length > 1) giveUp();
      return comprehension(t, 'generator_expression', start, one, CLOSE);
    }
    if (t.kind !== COMMA) break;
    t.next();
  }
  take(t, CLOSE);
  const node = makeNode('argument_list', start, t.lastEnd, parts);
  addComments(t, node);
  return node;
}

/** Fixes leave argument lists with comments alone. */
function addComments({ comments }: Tokens, list: Growing): void {
  for (let i = firstAfter(comments, list.start); i < comments.length; i += 2) {
    const [start = 0, end = 0] = [comments[i], comments[i + 1]];
    if (start >= list.end) return;
    if (list.children.some((one) => one.start < start && end < one.end)) continue;
    const comment = leaf('comment', start, end);
    comment.parent = list;
    list.children.push(comment);
    list.children.sort((a, b) => a.start - b.start);
  }
}

/** Number of the first comment that starts after a place. */
function firstAfter(comments: readonly number[], place: number): number {
  let [low, high] = [0, comments.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((comments[middle * 2] ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

function argument(t: Tokens): Growing {
  if (t.kind === NAME && t.peek() === EQUALS) {
    const name = as('name', identifier(t));
    t.next();
    const value = as('value', expression(t));
    return makeNode('keyword_argument', name.start, value.end, [name, value]);
  }
  if (t.kind !== STAR && t.kind !== POWER) return named(t);
  const type = t.kind === STAR ? 'list_splat' : 'dictionary_splat';
  const { start } = t;
  t.next();
  const value = expression(t);
  return makeNode(type, start, value.end, [value]);
}
