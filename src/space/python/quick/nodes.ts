/** Makes the nodes of a tree, from the leaves up. */
import type { PyNode } from '../types.js';

export interface Growing extends PyNode {
  type: string;
  field: string | null;
  parent: PyNode | null;
  children: Growing[];
}

export function leaf(type: string, start: number, end: number): Growing {
  return { type, field: null, start, end, parent: null, children: [] };
}

export function makeNode(type: string, start: number, end: number, children: Growing[]): Growing {
  const node: Growing = { type, field: null, start, end, parent: null, children };
  for (const child of children) child.parent = node;
  return node;
}

/** What a node is to the parent that it is about to get. */
export function as(field: string, node: Growing): Growing {
  node.field = field;
  return node;
}

/** What is assigned to is a pattern: `(a, *b)` on the left of an assignment. Null where it can't be. */
export function toPattern(node: Growing): Growing | null {
  if (node.type === 'identifier' || node.type === 'attribute' || node.type === 'subscript') {
    return node;
  }
  const pattern = PATTERNS.get(node.type);
  if (!pattern) return null;
  node.type = pattern;
  return node.children.every(toPattern) ? node : null;
}

const PATTERNS = new Map([
  ['tuple', 'tuple_pattern'],
  ['list', 'list_pattern'],
  ['list_splat', 'list_splat_pattern'],
  ['parenthesized_expression', 'tuple_pattern'],
]);
