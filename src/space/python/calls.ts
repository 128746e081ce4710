import { childOf, nodesIn, textOf } from './tree.js';
import type { PyCall, PyFunction, PyNode, PythonFile } from './types.js';

/** The calls of a file, in source order, each with the function that it stands in. */
export function collectCalls(
  file: PythonFile,
  nameOf: (file: PythonFile, node: PyNode) => string | null,
): readonly PyCall[] {
  const byNode = new Map(file.functions.map((one) => [one.node, one]));
  const calls: PyCall[] = [];
  for (const node of nodesIn(file.root)) {
    if (node.type !== 'call') continue;
    const callee = childOf(node, 'function');
    if (!callee) continue;
    const { positional, keywords } = argumentsOf(file, node);
    const last = callee.type === 'attribute' ? childOf(callee, 'attribute') : callee;
    calls.push({
      file,
      node,
      callee: nameOf(file, callee),
      method: last?.type === 'identifier' ? textOf(file, last) : null,
      positional,
      keywords,
      inFunction: functionAround(node, byNode),
    });
  }
  return calls;
}

export function argumentsOf(
  file: Pick<PythonFile, 'text'>,
  call: PyNode,
): { positional: readonly PyNode[]; keywords: ReadonlyMap<string, PyNode> } {
  const positional: PyNode[] = [];
  const keywords = new Map<string, PyNode>();
  const list = childOf(call, 'arguments');
  if (list?.type === 'generator_expression') return { positional: [list], keywords };
  for (const one of list?.children ?? []) {
    if (one.type === 'comment') continue;
    if (one.type !== 'keyword_argument') {
      positional.push(one);
      continue;
    }
    const [name, value] = [childOf(one, 'name'), childOf(one, 'value')];
    if (name && value) keywords.set(textOf(file, name), value);
  }
  return { positional, keywords };
}

/** Decorators and defaults of a function run where the function is made, and not in it. */
export function functionAround(
  node: PyNode,
  byNode: ReadonlyMap<PyNode, PyFunction>,
): PyFunction | null {
  for (let [below, at] = [node, node.parent]; at; [below, at] = [at, at.parent]) {
    const found = byNode.get(at);
    if (found && below.field === 'body') return found;
  }
  return null;
}
