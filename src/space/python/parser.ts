/**
 * Python to a tree of plain objects, by tree-sitter. The grammar is WebAssembly: two files in
 * dist beside the bundle, and in node_modules when run from the sources.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Language, Parser, type Tree, type TreeCursor } from 'web-tree-sitter';
import type { SourceText } from '../text.js';
import { pruneBodies } from './prune.js';
import { rangeBetween } from './tree.js';
import type { PyNode, SyntaxRegion } from './types.js';

export interface ParsedPython {
  readonly root: PyNode;
  readonly syntaxErrors: readonly SyntaxRegion[];
  readonly isWhole: boolean;
  /** Whether the parser saw all of the text: nothing was left out before. */
  readonly isParsedWhole: boolean;
}

export interface PythonParser {
  /** Never throws. Null when no tree came of it in time. */
  parse(source: SourceText): ParsedPython | null;
}

/** Broken files can keep the parser busy; the limit for one, in milliseconds. */
const LONGEST_PARSE_MS = 3_000;
/** Python itself gives up at some hundred levels; chains of calls and sums go deeper than brackets. */
const DEEPEST = 1_500;
/** A person reads a handful of errors of one file. */
const MOST_ERRORS = 20;
/** A library's function without any of these has nothing to say to a rule. */
const INTEREST =
  /\b(?:import|import_module|spaces|GPU|cuda|gradio|gr|compile|multiprocessing|num_workers|DataParallel|deepspeed|launch|enable_queue|print|exec)\b/;
/** Above this a file that is not the app is read for its words of interest alone. */
const LONG_FILE = 6_000;

let parser: Promise<PythonParser> | undefined;

/**
 * The parser, loaded once.
 *
 * @param expectedBytes of Python to come: below about a megabyte, optimising the parser costs more than
 *   it saves
 */
export function loadPythonParser(expectedBytes = 0): Promise<PythonParser> {
  parser ??= load(expectedBytes);
  return parser;
}

async function load(expectedBytes: number): Promise<PythonParser> {
  setFlagsFromString(expectedBytes < 1_000_000 ? '--liftoff-only' : '--no-liftoff-only');
  const { runtime, grammar } = wasmFiles();
  await Parser.init({ locateFile: () => runtime });
  const python = new Parser();
  python.setLanguage(await Language.load(grammar));
  return { parse: (source) => rememberedParse(python, source) };
}

/** Trees of texts that are still held by somebody: who checks again parses only what has changed. */
const known = new WeakMap<SourceText, ParsedPython>();

function rememberedParse(python: Parser, source: SourceText): ParsedPython | null {
  const before = known.get(source);
  if (before) return before;
  const parsed = parseWith(python, source);
  // What took too long may be faster the next time.
  if (parsed) known.set(source, parsed);
  return parsed;
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

function parseWith(python: Parser, source: SourceText): ParsedPython | null {
  const end = performance.now() + LONGEST_PARSE_MS;
  let tree: Tree | null = null;
  try {
    const isLibrary = source.text.length > LONG_FILE && !/\b(?:spaces|gradio)\b/.test(source.text);
    const pruned = isLibrary ? pruneBodies(source.text, (body) => INTEREST.test(body)) : null;
    const parse = (text: string) =>
      python.parse(text, null, { progressCallback: () => performance.now() > end });
    let read = pruned ?? source.text;
    tree = parse(read);
    if (pruned !== null && tree?.rootNode.hasError) {
      // What is wrong is looked for in all of it.
      tree.delete();
      read = source.text;
      tree = parse(read);
    }
    if (!tree) {
      python.reset();
      return null;
    }
    const walk = copyTree(tree, source, read, isLibrary);
    return { ...walk, isWhole: !isLibrary, isParsedWhole: read === source.text };
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

/**
 * Copies what has a name; strings, comments and pruned functions are leaves.
 *
 * @param read what was parsed: the source without the bodies that were left out
 */
function copyTree(
  tree: Tree,
  source: SourceText,
  read: string,
  isLibrary: boolean,
): { root: PyNode; syntaxErrors: readonly SyntaxRegion[] } {
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
      const enters = !isDeep && isEntered(node, read, isLibrary && !hasErrors);
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

function isEntered({ type, start, end }: PyNode, text: string, isLibrary: boolean): boolean {
  if (type === 'comment') return false;
  if (type === 'string') return /^[a-zA-Z]*[fF]/.test(text.slice(start, start + 3));
  if (isLibrary && type === 'block') return INTEREST.test(text.slice(start, end));
  return true;
}
