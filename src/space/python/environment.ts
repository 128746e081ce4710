/** Variables of the environment that a file reads and sets. */
import { ancestorsOf, childOf, nodesIn, stringOf, textOf } from './tree.js';
import type { PyNode, PythonFile } from './types.js';

/** A read of a variable, and the name. */
export interface RequiredVariable {
  readonly node: PyNode;
  readonly name: string;
}

/** `os.environ["NAME"]` wherever its value is used and its absence is not handled. */
export function variablesRequired(file: PythonFile): readonly RequiredVariable[] {
  return entriesOf(file).filter(
    ({ node, name }) => !isTarget(node) && !isAwaited(node) && !isLookedFor(file, name),
  );
}

/** Names that the Space sets for itself. */
export function variablesSet(file: PythonFile): readonly string[] {
  const assigned = entriesOf(file).filter(({ node }) => isTarget(node));
  const defaults = file.calls.flatMap(({ callee, positional: [first] }) =>
    callee === 'os.environ.setdefault' || callee === 'os.putenv'
      ? (first && (stringOf(file, first) ?? [])) || []
      : [],
  );
  return [...assigned.map(({ name }) => name), ...defaults];
}

function entriesOf(file: PythonFile): readonly RequiredVariable[] {
  if (!file.text.includes('environ')) return [];
  const bare = file.imports.find(
    ({ module, name }) => module === 'os' && name === 'environ',
  )?.boundTo;
  return [...nodesIn(file.root)].flatMap((node) => {
    if (node.type !== 'subscript') return [];
    const value = childOf(node, 'value');
    const key = childOf(node, 'subscript');
    const owner = value && textOf(file, value);
    const name = key && stringOf(file, key);
    return name && (owner === 'os.environ' || (bare && owner === bare)) ? [{ node, name }] : [];
  });
}

const isTarget = ({ parent, field }: PyNode) =>
  (field === 'left' && parent?.type === 'assignment') || parent?.type === 'delete_statement';

const isAwaited = (node: PyNode) =>
  [...ancestorsOf(node)].some(({ type }) => type === 'try_statement');

/** `if "NAME" in os.environ`, somewhere in the file. */
const isLookedFor = ({ text }: PythonFile, name: string) =>
  [`"${name}"`, `'${name}'`].some(
    (quoted) => text.includes(`${quoted} in `) || text.includes(`${quoted} not in `),
  );
