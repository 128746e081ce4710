/** Reads the Python of a Space: the app file, and what it imports of the Space's own files. */
import type { SpaceFiles, SpaceListing } from '../files.js';
import { normalizePath } from '../paths.js';
import type { SourceText } from '../text.js';
import { argumentsOf, collectCalls } from './calls.js';
import { collectDefinitions, collectImports } from './collect.js';
import { encodingErrors } from './encoding.js';
import { buildModel } from './model.js';
import { moduleFinder } from './modules.js';
import { type ParsedPython, parsePython } from './parse.js';
import { makeResolver } from './resolver.js';
import { childOf, nodesIn, stringOf, textOf } from './tree.js';
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
  const model = modelOf(app, reader.found());
  if (app === null || model.gpuFunctions.length > 0) return model;
  // Nothing asks for a GPU: perhaps a file does that is not imported.
  await reader.readUnreached();
  return modelOf(app, reader.found());
}

/** The model of files that are all there: what a name stands for may be in any of them. */
function modelOf(
  app: PythonFile | null,
  found: ReadonlyMap<string, Mutable<PythonFile>>,
): PythonModel {
  const names = makeResolver(found);
  for (const file of found.values()) {
    file.calls = collectCalls(file, (one, node) => names.nameOf(one, node));
  }
  return buildModel(app, found, names);
}

/** What is read, while it is read. */
class Reader {
  readonly #files: SpaceFiles;
  readonly #paths: ReadonlySet<string>;
  readonly #appFile: string;
  readonly #appFolder: string;
  readonly #roots: string[];
  readonly #found = new Map<string, Mutable<PythonFile>>();
  #bytes = 0;

  constructor(files: SpaceFiles, paths: ReadonlySet<string>, appFile: string) {
    this.#files = files;
    this.#paths = paths;
    this.#appFile = appFile;
    const slash = appFile.lastIndexOf('/');
    this.#appFolder = slash < 0 ? '' : appFile.slice(0, slash);
    this.#roots = [...new Set([this.#appFolder, ''])];
  }

  found(): ReadonlyMap<string, Mutable<PythonFile>> {
    return this.#found;
  }

  /** Reads a file and all that it leads to, in the order of their imports. */
  async readFrom(path: string): Promise<PythonFile | null> {
    const open = [{ path, isDynamic: false }];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const known = this.#found.get(next.path);
      if (known && next.isDynamic) known.isDynamic = true;
      if (known || this.#isFull()) continue;
      const text = await this.#text(next.path);
      const file = text && (await this.#add(next.path, text, true));
      if (!file) continue;
      file.isDynamic = next.isDynamic;
      open.push(...this.#leadsOf(file));
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

  async #add(
    path: string,
    source: SourceText,
    isReachable: boolean,
  ): Promise<Mutable<PythonFile> | null> {
    this.#bytes += source.text.length;
    const parsed = await parsePython(source);
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
  ): Mutable<PythonFile> {
    const text = { text: source.text };
    for (const root of rootsIn(source.text, parsed.root, this.#appFolder)) {
      if (!this.#roots.includes(root)) this.#roots.push(root);
    }
    const finder = moduleFinder(this.#paths, path, this.#roots);
    const file: Mutable<PythonFile> = {
      path,
      source,
      text: source.text,
      root: parsed.root,
      syntaxErrors: [...encodingErrors(source), ...parsed.syntaxErrors],
      imports: collectImports(text, parsed.root, finder),
      functions: [],
      classNodes: [],
      calls: [],
      isReachable,
      isMain: path === this.#appFile,
      isDynamic: false,
      isWhole: parsed.isWhole,
      isParsedWhole: parsed.isParsedWhole,
      isDoubtful: parsed.isDoubtful,
    };
    return Object.assign(file, collectDefinitions(file));
  }

  /** Files that running this one runs: imports, `import_module("x")`, and scripts named in strings. */
  #leadsOf(file: PythonFile): readonly { path: string; isDynamic: boolean }[] {
    const imported = file.imports.flatMap((one) =>
      one.guard === 'type-checking' ? [] : one.files.map((path) => ({ path, isDynamic: false })),
    );
    const named = [...this.#importedByName(file), ...this.#scriptsIn(file)];
    return [...imported, ...named.map((path) => ({ path, isDynamic: true }))];
  }

  #importedByName(file: PythonFile): readonly string[] {
    if (!/\bimport_module\b|\b__import__\b/.test(file.text)) return [];
    const finder = moduleFinder(this.#paths, file.path, this.#roots);
    return [...nodesIn(file.root)].flatMap((node) => {
      const callee = node.type === 'call' ? childOf(node, 'function') : null;
      if (!callee || !/(?:^|\.)(?:import_module|__import__)$/.test(textOf(file, callee))) return [];
      const [first] = argumentsOf(file, node).positional;
      const name = first ? stringOf(file, first) : null;
      return name ? finder.filesOf(name, null) : [];
    });
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
