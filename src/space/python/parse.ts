/** Python to trees: everyday Python by the parser of this project, and what is left of it by tree-sitter. */
import type { SourceText } from '../text.js';
import { noteInterest, parseQuickly } from './quick/index.js';
import type { PyNode, SyntaxRegion } from './types.js';

export interface ParsedPython {
  readonly root: PyNode;
  readonly syntaxErrors: readonly SyntaxRegion[];
  /** False for a long file of a library, whose silent functions were not read. */
  readonly isWhole: boolean;
  /** False where bodies of functions were left out before they were parsed. */
  readonly isParsedWhole: boolean;
  /** The own parser did not read it, for another reason than a `match` statement. */
  readonly isDoubtful: boolean;
}

/** A library's function without any of these has nothing to say to a rule. */
const WORDS_OF_INTEREST = [
  ...['import', 'import_module', 'spaces', 'GPU', 'cuda', 'gradio', 'gr', 'compile', 'print'],
  ...[
    'multiprocessing',
    'num_workers',
    'DataParallel',
    'deepspeed',
    'launch',
    'enable_queue',
    'exec',
  ],
];
const INTEREST = new RegExp(`\\b(?:${WORDS_OF_INTEREST.join('|')})\\b`);
noteInterest(WORDS_OF_INTEREST);
/** Above this a file that names neither package is read for its words of interest alone. */
const LONG_FILE = 6_000;

/** Every Python of the platform has it. */
const MATCH = /^[ \t]*match\b[^=\n].*:[ \t]*(?:#.*)?$/m;

/** Trees of texts that are still held by somebody: who checks again parses only what has changed. */
const known = new WeakMap<SourceText, ParsedPython>();

/** Never throws. Null when no tree came of it in time. */
export async function parsePython(source: SourceText): Promise<ParsedPython | null> {
  const before = known.get(source);
  if (before) return before;
  const parsed = await parse(source);
  // What took too long may be faster the next time.
  if (parsed) known.set(source, parsed);
  return parsed;
}

async function parse(source: SourceText): Promise<ParsedPython | null> {
  const { text } = source;
  const isLibrary = text.length > LONG_FILE && !/\b(?:spaces|gradio)\b/.test(text);
  const interest = isLibrary ? INTEREST : null;
  const quick = parseQuickly(text, interest);
  if (quick) return { ...quick, syntaxErrors: [], isWhole: !isLibrary, isDoubtful: false };
  const { loadPythonParser } = await import('./parser.js');
  const parser = await loadPythonParser();
  const parsed = parser.parse(source, interest);
  const isDoubtful = !MATCH.test(text);
  return parsed && { ...parsed, isWhole: !isLibrary, isParsedWhole: true, isDoubtful };
}

/** Begins to load tree-sitter: while somebody types, a file is seldom valid. */
export function warmPythonParser(): void {
  // A failure is reported to whoever asks for the parser.
  import('./parser.js').then(({ loadPythonParser }) => loadPythonParser()).catch(() => {});
}
