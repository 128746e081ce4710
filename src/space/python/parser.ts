/**
 * Python to a tree of plain objects, by tree-sitter: what `./quick` leaves to it. The grammar is
 * WebAssembly: two files in dist beside the bundle, and in node_modules when run from the sources.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Language, Parser, type Tree, type TreeCursor } from 'web-tree-sitter';
import type { SourceText } from '../text.js';
import { rangeBetween } from './tree.js';
import type { PyNode, SyntaxRegion } from './types.js';

/** Broken files can keep the parser busy; the limit for one, in milliseconds. */
const LONGEST_PARSE_MS = 3_000;
/** Python itself gives up at some hundred levels; chains of calls and sums go deeper than brackets. */
const DEEPEST = 1_500;
/** A person reads a handful of errors of one file. */
const MOST_ERRORS = 20;

export interface PythonParser {
  /**
   * Never throws. Null when no tree came of it in time.
   *
   * @param interest of a library's file: blocks without it are leaves; null for a file that is read whole
   */
  parse(source: SourceText, interest: RegExp | null): ParsedTree | null;
}

export interface ParsedTree {
  readonly root: PyNode;
  readonly syntaxErrors: readonly SyntaxRegion[];
}

let parser: Promise<PythonParser> | undefined;

/** The parser, loaded once. */
export function loadPythonParser(): Promise<PythonParser> {
  parser ??= load();
  return parser;
}

async function load(): Promise<PythonParser> {
  // It sees single files: optimising it costs more than it saves.
  setFlagsFromString('--liftoff-only');
  const { runtime, grammar } = wasmFiles();
  await Parser.init({ locateFile: () => runtime });
  const python = new Parser();
  python.setLanguage(await Language.load(grammar));
  return { parse: (source, interest) => parseWith(python, source, interest) };
}

function wasmFiles(): { runtime: string; grammar: string } {
  const here = dirname(fileURLToPath(import.meta.url));
  const shipped = join(here, 'tree-sitter-python.wasm');
  if (existsSync(shipped)) {
    return { runtime: join(here, 'web-tree-sitter.wasm'), grammar: shipped };
  }
  const require = createRequire(import.meta.url);
  return {
    runtime: require.resolve('web-tree-sitter/web-tree-sitter.wasm'),
    grammar: require.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-python.wasm'),
  };
}

function parseWith(python: Parser, source: SourceText, interest: RegExp | null): ParsedTree | null {
  const end = performance.now() + LONGEST_PARSE_MS;
  let tree: Tree | null = null;
  try {
    tree = python.parse(source.text, null, { progressCallback: () => performance.now() > end });
    if (!tree) {
      python.reset();
      return null;
    }
    return copyTree(tree, source, interest);
  } catch {
    // Out of the parser's memory: as good as no tree.
    return null;
  } finally {
    tree?.delete();
  }
}

interface Mutable extends PyNode {
  readonly children: Mutable[];
}

/** Copies what has a name; strings, comments and silent blocks of a library are leaves. */
function copyTree(tree: Tree, source: SourceText, interest: RegExp | null): ParsedTree {
  const cursor = tree.walk();
  const hasErrors = tree.rootNode.hasError;
  const syntaxErrors: SyntaxRegion[] = [];
  const note = ({ start, end }: { start: number; end: number }, reason: string) => {
    if (syntaxErrors.length >= MOST_ERRORS) return;
    syntaxErrors.push({ range: rangeBetween(source, start, end), isCertain: false, reason });
  };
  const root = copyNode(cursor, null);
  noteWrong(root, note);
  // The cursor is always at a child of the last of these.
  const holders = [root];
  if (!cursor.gotoFirstChild()) holders.pop();
  while (holders.length > 0) {
    const holder = holders.at(-1) ?? root;
    if (hasErrors && cursor.nodeIsMissing) {
      note(
        { start: cursor.startIndex, end: cursor.endIndex },
        `${cursor.nodeType} is missing here`,
      );
    }
    if (cursor.nodeIsNamed) {
      const node = copyNode(cursor, holder);
      if (!isKnownGap(node, source.text)) noteWrong(node, note);
      holder.children.push(node);
      const isDeep = holders.length >= DEEPEST;
      const enters = !isDeep && isEntered(node, source.text, hasErrors ? null : interest);
      if (enters && cursor.gotoFirstChild()) {
        holders.push(node);
        continue;
      }
    }
    while (holders.length > 0 && !cursor.gotoNextSibling()) {
      cursor.gotoParent();
      holders.pop();
    }
  }
  cursor.delete();
  return { root, syntaxErrors };
}

function copyNode(cursor: TreeCursor, parent: Mutable | null): Mutable {
  return {
    type: cursor.nodeType,
    field: cursor.currentFieldName,
    start: cursor.startIndex,
    end: cursor.endIndex,
    parent,
    children: [],
  };
}

/** `x: list[str] or None` is Python, and unknown to the grammar. */
function isKnownGap({ type, start, end }: PyNode, text: string): boolean {
  return type === 'ERROR' && /^or\s+[\w.]+$/.test(text.slice(start, end));
}

function noteWrong(node: PyNode, note: (at: PyNode, reason: string) => void): void {
  if (node.type === 'ERROR') note(node, 'this is not valid Python');
  // The grammar takes what Python 2 took.
  if (node.type === 'print_statement') note(node, 'print is a function since Python 3');
  if (node.type === 'exec_statement') note(node, 'exec is a function since Python 3');
}

function isEntered({ type, start, end }: PyNode, text: string, interest: RegExp | null): boolean {
  if (type === 'comment') return false;
  if (type === 'string') return /^[a-zA-Z]*[fF]/.test(text.slice(start, start + 3));
  if (interest && type === 'block') return interest.test(text.slice(start, end));
  return true;
}
