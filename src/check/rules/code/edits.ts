/** Changes of Python files that several rules propose. */
import {
  childOf,
  type PyNode,
  type PythonFile,
  rangeOf,
  stringOf,
  textOf,
} from '../../../space/python/index.js';
import type { Fix } from '../../rule.js';

/** The same change, for an author to judge. */
export function unsafe(fix: Fix | undefined): { readonly fix?: Fix } {
  return fix ? { fix: { ...fix, safety: 'unsafe' } } : {};
}

/** Puts other text where a node stands. */
export function replaceNode(file: PythonFile, node: PyNode, newText: string): Fix {
  return { edits: [{ file: file.path, range: rangeOf(file, node), newText }] };
}

/** Puts text before a node. */
export function insertBefore(file: PythonFile, node: PyNode, newText: string): Fix {
  const range = rangeOf(file, { start: node.start, end: node.start });
  return { edits: [{ file: file.path, range, newText }] };
}

/** Puts text after a node: `.cpu()`. */
export function insertAfterNode(file: PythonFile, node: PyNode, newText: string): Fix {
  const range = rangeOf(file, { start: node.end, end: node.end });
  return { edits: [{ file: file.path, range, newText }] };
}

/**
 * Removes an argument from its list, with the comma that goes with it.
 *
 * @param node the argument itself, a `keyword_argument` for `name=value`
 * @returns undefined where comments or line ends are in between
 */
export function removeArgument(file: PythonFile, node: PyNode): Fix | undefined {
  const siblings = node.parent?.children ?? [];
  if (siblings.some(({ type }) => type === 'comment')) return undefined;
  const index = siblings.indexOf(node);
  const [before, after] = [siblings[index - 1], siblings[index + 1]];
  const start = before ? before.end : node.start;
  const end = before ? node.end : (after?.start ?? node.end);
  const range = rangeOf(file, { start, end });
  return isPlainBetween(file, start, end, node)
    ? { edits: [{ file: file.path, range, newText: '' }] }
    : undefined;
}

/** Nothing but blanks and commas around the node goes with it. */
function isPlainBetween(file: PythonFile, start: number, end: number, node: PyNode): boolean {
  const around = file.text.slice(start, node.start) + file.text.slice(node.end, end);
  return /^[\s,]*$/.test(around);
}

/** The argument list's `name=value` node of a keyword's value. */
export function keywordOf(value: PyNode): PyNode {
  return value.parent?.type === 'keyword_argument' ? value.parent : value;
}

/** Adds `name=value` at the end of a call's arguments; undefined where comments make that unsafe. */
export function addKeyword(file: PythonFile, call: PyNode, text: string): Fix | undefined {
  const list = childOf(call, 'arguments');
  if (list?.type !== 'argument_list' || list.children.some(({ type }) => type === 'comment')) {
    return undefined;
  }
  const last = list.children.at(-1);
  if (!last) {
    const at = list.end - 1;
    const range = rangeOf(file, { start: at, end: at });
    return { edits: [{ file: file.path, range, newText: text }] };
  }
  if (last.type.endsWith('splat')) return undefined;
  return insertAfterNode(file, last, `, ${text}`);
}

/** Whether a statement has its lines to itself. */
function isAlone(file: PythonFile, node: PyNode): boolean {
  const { line, endLine } = rangeOf(file, node);
  const first = file.source.lines[line - 1] ?? '';
  const last = file.source.lines[endLine - 1] ?? '';
  const text = textOf(file, node);
  return line === endLine ? first.trim() === text.trim() : last.trimEnd().endsWith(text.slice(-1));
}

/** Removes a statement of the module level that has a line to itself. */
export function removeLine(file: PythonFile, node: PyNode): Fix | undefined {
  const { line, endLine, column } = rangeOf(file, node);
  if (line !== endLine || column !== 1 || !isAlone(file, node)) return undefined;
  const range = { line, column: 1, endLine: line + 1, endColumn: 1 };
  return { edits: [{ file: file.path, range, newText: '' }] };
}

/** Removes a statement of a block that has one line to itself, and is not the only one of its block. */
export function removeStatement(file: PythonFile, node: PyNode): Fix | undefined {
  const { line, endLine } = rangeOf(file, node);
  if (line !== endLine || !isAlone(file, node)) return undefined;
  const range = { line, column: 1, endLine: line + 1, endColumn: 1 };
  return { edits: [{ file: file.path, range, newText: '' }] };
}

/** The first statement of a module before which an import may stand. */
export function firstStatement(file: PythonFile): PyNode | undefined {
  return file.root.children.find((node, index) => {
    if (node.type === 'comment' || node.type === 'future_import_statement') return false;
    const isDocstring =
      index === 0 &&
      node.type === 'expression_statement' &&
      node.children[0] !== undefined &&
      stringOf(file, node.children[0]) !== null;
    return !isDocstring;
  });
}

/**
 * Moves a plain import statement of the module level to the top of its file.
 *
 * @returns undefined where it shares its line, or where `os.environ` is set before it
 */
export function moveToTop(file: PythonFile, node: PyNode): Fix | undefined {
  const first = firstStatement(file);
  const removal = removeLine(file, node);
  if (!first || !removal || first === node || node.parent !== file.root) return undefined;
  const target = file.root.children.find(
    (one) => one.start >= first.start && one.start < node.start && !setsEnvironment(file, one),
  );
  if (!target) return undefined;
  const at = rangeOf(file, target);
  if (at.column !== 1) return undefined;
  const range = { line: at.line, column: 1, endLine: at.line, endColumn: 1 };
  const insertion = { file: file.path, range, newText: `${textOf(file, node)}\n` };
  return { edits: [insertion, ...removal.edits], safety: 'unsafe' };
}

/** `import os` and what sets variables stay above: others read them when they are imported. */
function setsEnvironment(file: PythonFile, node: PyNode): boolean {
  if (node.type === 'comment' || node.type === 'future_import_statement') return true;
  const text = textOf(file, node);
  return /^import os\s*$/.test(text) || text.startsWith('os.environ');
}
