/** Reads the Python of a Space: the app file, and what it imports of the Space's own files. */
import type { SpaceFiles, SpaceListing } from '../files.js';
import { normalizePath } from '../paths.js';
import type { SourceText } from '../text.js';
import { collectCalls } from './calls.js';
import { collectFunctions, collectImports, moduleFinder } from './collect.js';
import { encodingErrors } from './encoding.js';
import { buildModel } from './model.js';
import { makeNames } from './names.js';
import { loadPythonParser, type ParsedPython } from './parser.js';
import { nodesIn, stringOf } from './tree.js';
import type { PyNode, PythonFile, PythonModel } from './types.js';

/** A Space is small; whoever keeps more beside it is not to wait for us. */
const MOST_FILES = 1_000;
const MOST_BYTES = 24 * 1024 * 1024;
/** Files that nothing imports are looked at only where they may hold GPU functions. */
const MOST_UNREACHED = 200;

/**
 * Parses a Space's Python. Never throws because of what the files hold.
 *
 * @param appFile relative to the Space's folder, with `/`
 */
export async function readPython(
  files: SpaceFiles,
  appFile: string,
  listing: SpaceListing,
): Promise<PythonModel> {
  const paths = new Set(
    listing.entries.flatMap(({ path, kind }) =>
      path.endsWith('.py') && (kind === 'file' || kind === 'link') ? [path] : [],
    ),
  );
  const reader = new Reader(files, paths, appFile);
  const app = await reader.readFrom(appFile);
  const found = reader.found();
  const model = buildModel(app, found, makeNames(found));
  if (app === null || model.gpuFunctions.length > 0) return model;
  // Nobody has asked for a GPU: perhaps a file does that nothing imports.
  await reader.readUnreached();
  const all = reader.found();
  return buildModel(app, all, makeNames(all));
}

/** Begins to load the parser, where there is Python: it takes longer than reading the other files. */
export function warmPythonParser({ entries }: SpaceListing): void {
  const count = entries.filter(({ path }) => path.endsWith('.py')).length;
  // A failure is told to whoever asks for the parser.
  if (count > 0) loadPythonParser(count > 40 ? 1_000_000 : 0).catch(() => {});
}

/** What is read, while it is read. */
class Reader {
  readonly #files: SpaceFiles;
  readonly #paths: ReadonlySet<string>;
  readonly #appFolder: string;
  readonly #roots: string[];
  readonly #found = new Map<string, PythonFile>();
  #bytes = 0;

  constructor(files: SpaceFiles, paths: ReadonlySet<string>, appFile: string) {
    this.#files = files;
    this.#paths = paths;
    const slash = appFile.lastIndexOf('/');
    this.#appFolder = slash < 0 ? '' : appFile.slice(0, slash);
    this.#roots = [...new Set([this.#appFolder, ''])];
  }

  found(): ReadonlyMap<string, PythonFile> {
    return this.#found;
  }

  /** Reads a file and all that it leads to, in the order of their imports. */
  async readFrom(path: string): Promise<PythonFile | null> {
    const texts = new Map<string, SourceText>();
    const open = [path];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      if (this.#found.has(next) || this.#isFull()) continue;
      const text = texts.get(next) ?? (await this.#text(next));
      const file = text && (await this.#add(next, text, true));
      if (file) open.push(...this.#leadsOf(file));
    }
    return this.#found.get(path) ?? null;
  }

  async readUnreached(): Promise<void> {
    let looked = 0;
    for (const path of this.#paths) {
      if (this.#found.has(path) || this.#isFull() || looked >= MOST_UNREACHED) continue;
      looked += 1;
      const text = await this.#text(path);
      if (text && /\bspaces\b/.test(text.text) && /\bGPU\b/.test(text.text)) {
        await this.#add(path, text, false);
      }
    }
  }

  #isFull(): boolean {
    return this.#found.size >= MOST_FILES || this.#bytes > MOST_BYTES;
  }

  async #text(path: string): Promise<SourceText | null> {
    const reading = await this.#files.read(path);
    return reading.kind === 'text' ? reading.source : null;
  }

  async #add(path: string, source: SourceText, isReachable: boolean): Promise<PythonFile | null> {
    this.#bytes += source.text.length;
    const parser = await loadPythonParser(this.#paths.size > 40 ? 1_000_000 : source.text.length);
    const parsed = parser.parse(source);
    if (!parsed) return null;
    const file = this.#describe(path, source, parsed, isReachable);
    this.#found.set(path, file);
    return file;
  }

  #describe(
    path: string,
    source: SourceText,
    parsed: ParsedPython,
    isReachable: boolean,
  ): PythonFile {
    const text = { text: source.text };
    for (const root of rootsIn(source.text, parsed.root, this.#appFolder)) {
      if (!this.#roots.includes(root)) this.#roots.push(root);
    }
    const find = moduleFinder(this.#paths, path, this.#roots);
    const file: Mutable<PythonFile> = {
      path,
      source,
      text: source.text,
      root: parsed.root,
      syntaxErrors: [...encodingErrors(source), ...parsed.syntaxErrors],
      imports: collectImports(text, parsed.root, find),
      functions: [],
      calls: [],
      isReachable,
      isWhole: parsed.isWhole,
    };
    file.functions = collectFunctions(file);
    file.calls = collectCalls(file, makeNames(new Map([[path, file]])));
    return file;
  }

  /** Files that running this one runs: imports, `import_module("x")`, and scripts named in strings. */
  #leadsOf(file: PythonFile): readonly string[] {
    const imported = file.imports.flatMap((one) =>
      one.guard === 'type-checking' ? [] : one.files,
    );
    const find = moduleFinder(this.#paths, file.path, this.#roots);
    const called = file.calls.flatMap((call) => {
      const name = call.positional[0] && stringOf(file, call.positional[0]);
      const isImport = call.callee === 'importlib.import_module' || call.callee === '__import__';
      return isImport && name ? find(name, null) : [];
    });
    return [...imported, ...called, ...this.#scriptsIn(file)];
  }

  #scriptsIn(file: PythonFile): readonly string[] {
    if (!file.text.includes('.py')) return [];
    const scripts: string[] = [];
    for (const node of nodesIn(file.root)) {
      const text = node.type === 'string' ? stringOf(file, node) : null;
      if (!text?.endsWith('.py')) continue;
      const path = normalizePath(text);
      if (path !== null && this.#paths.has(path)) scripts.push(path);
    }
    return scripts;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Folders that `sys.path.append("src")` and its kin add, where they are written in one string. */
function rootsIn(text: string, root: PyNode, appFolder: string): readonly string[] {
  if (!text.includes('sys.path')) return [];
  const roots: string[] = [];
  for (const node of nodesIn(root)) {
    if (node.type !== 'call') continue;
    const source = text.slice(node.start, node.end);
    if (!/^sys\.path\.(?:append|insert|extend)\(/.test(source)) continue;
    const words = [...source.matchAll(/["']([^"'\n]*)["']/g)].map((match) => match[1] ?? '');
    // `os.path.join(HERE, "third_party", "lib")` is one path.
    for (const one of [words.join('/'), ...words]) {
      for (const base of ['', appFolder]) {
        const path = normalizePath(`${base}/${one}`.replace(/^\/+/, ''));
        if (path) roots.push(path);
      }
    }
  }
  return roots;
}
