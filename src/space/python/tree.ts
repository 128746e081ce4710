import type { TextRange } from '../types.js';
import type { PyNode, PythonFile } from './types.js';

const lineStarts = new WeakMap<object, readonly number[]>();

/** Where a node stands, from line 1, column 1. */
export function rangeOf(file: Pick<PythonFile, 'source'>, node: Span): TextRange {
  return rangeBetween(file.source, node.start, node.end);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

export function rangeBetween(
  source: { readonly text: string },
  start: number,
  end: number,
): TextRange {
  const starts = startsOf(source);
  const [line, endLine] = [lineAt(starts, start), lineAt(starts, end)];
  return {
    line: line + 1,
    column: start - (starts[line] ?? 0) + 1,
    endLine: endLine + 1,
    endColumn: end - (starts[endLine] ?? 0) + 1,
  };
}

function startsOf(source: { readonly text: string }): readonly number[] {
  const known = lineStarts.get(source);
  if (known) return known;
  const starts = [0];
  for (const match of source.text.matchAll(/\r\n|\n|\r/g)) {
    starts.push(match.index + match[0].length);
  }
  lineStarts.set(source, starts);
  return starts;
}

function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function textOf(file: Pick<PythonFile, 'text'>, node: Span): string {
  return file.text.slice(node.start, node.end);
}

/** The child with that field. */
export function childOf(node: PyNode, field: string): PyNode | null {
  return node.children.find((child) => child.field === field) ?? null;
}

/**
 * The node and all below it, in source order. Trees may be as deep as a file is long, so nothing here
 * calls itself.
 *
 * @param enter false to leave what is below a node out
 */
export function nodesIn(root: PyNode, enter?: (node: PyNode) => boolean): Iterable<PyNode> {
  if (enter) return walk(root, enter);
  // A whole file is walked by a dozen rules, and again at each check of a server.
  return root.parent === null ? nodesOfFile(root) : walk(root, () => true);
}

const filesNodes = new WeakMap<PyNode, readonly PyNode[]>();

function nodesOfFile(root: PyNode): readonly PyNode[] {
  const known = filesNodes.get(root);
  if (known) return known;
  const nodes = [...walk(root, () => true)];
  filesNodes.set(root, nodes);
  return nodes;
}

function* walk(root: PyNode, enter: (node: PyNode) => boolean): Generator<PyNode> {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    yield node;
    if (!enter(node)) continue;
    for (let i = node.children.length - 1; i >= 0; i -= 1) {
      const child = node.children[i];
      if (child) open.push(child);
    }
  }
}

/** The innermost node at a place; lines and columns from 1. */
export function nodeAt(
  file: Pick<PythonFile, 'source' | 'root'>,
  { line, column }: Pick<TextRange, 'line' | 'column'>,
): PyNode {
  const offset = (startsOf(file.source)[line - 1] ?? 0) + column - 1;
  let at = file.root;
  for (;;) {
    const inner = at.children.find(({ start, end }) => start <= offset && offset < end);
    if (!inner) return at;
    at = inner;
  }
}

/** What is around a node, innermost first. */
export function* ancestorsOf(node: PyNode): Generator<PyNode> {
  for (let at = node.parent; at; at = at.parent) yield at;
}

const SCOPES = new Set(['function_definition', 'lambda']);

/** All that runs when the body of a function runs: not what is in functions inside it. */
export function nodesOfBody(body: PyNode): Iterable<PyNode> {
  return nodesIn(body, (node) => node === body || !SCOPES.has(node.type));
}

/** The node without its `( … )`. */
export function bare(node: PyNode): PyNode {
  let at = node;
  while (at.type === 'parenthesized_expression' && at.children[0]) at = at.children[0];
  return at;
}

/** The value of a plain string literal, implicit concatenation included; null for f-strings and else. */
export function stringOf(file: Pick<PythonFile, 'text'>, node: PyNode): string | null {
  const at = bare(node);
  if (at.type === 'concatenated_string') {
    const parts = at.children.map((child) => stringOf(file, child));
    return parts.includes(null) ? null : parts.join('');
  }
  if (at.type !== 'string') return null;
  const match = /^([a-zA-Z]*)("""|'''|"|')([\s\S]*)\2$/.exec(textOf(file, at));
  if (!match || /[fFbBtT]/.test(match[1] ?? '')) return null;
  return match[3] ?? null;
}

/** Whether a node is inside another. */
export function isInside(node: PyNode, around: PyNode): boolean {
  return node.start >= around.start && node.end <= around.end;
}

/** `a.b.c` as `a` and the names after it; null for what tree-sitter could not read. */
export function chainOf(
  file: Pick<PythonFile, 'text'>,
  node: PyNode,
): { readonly base: PyNode; readonly parts: readonly string[] } | null {
  const parts: string[] = [];
  let base = bare(node);
  while (base.type === 'attribute') {
    const [object, attribute] = [childOf(base, 'object'), childOf(base, 'attribute')];
    if (!attribute || !object) return null;
    parts.unshift(textOf(file, attribute));
    base = bare(object);
  }
  return { base, parts };
}
