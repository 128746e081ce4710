/**
 * The Python of a Space as data. `readPython(files, appFile, listing)` (./read.ts) makes it: it parses
 * the app file and what that imports of the Space's own files, and says which functions get the GPU.
 * Rules find it as `context.python`.
 *
 * For what each tier gets a day: `python.gpuFunctions` with `isReachable`, and of each its `name`,
 * `duration` (`seconds` where `kind` is `default` or `seconds`) and `size`. A node's place in its file
 * is `rangeOf(file, node)` of ./tree.ts.
 */
import type { SourceText } from '../text.js';
import type { TextRange } from '../types.js';
import type { ModulePlace } from './modules.js';

/** One node of a syntax tree, named as tree-sitter-python names it; tokens without a name are left out. */
export interface PyNode {
  readonly type: string;
  /** What it is to its parent: `function`, `left`, `body`. */
  readonly field: string | null;
  /** Offsets in the file's text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly parent: PyNode | null;
  readonly children: readonly PyNode[];
}

/** Where the parser could not go on, or saw what only Python 2 allows. */
export interface SyntaxRegion {
  readonly range: TextRange;
  /** Sure without a Python: bytes that are no UTF-8 and no declared encoding, or a null byte. */
  readonly isCertain: boolean;
  readonly reason: string;
}

/** One name that an import statement binds. */
export interface PyImport {
  readonly node: PyNode;
  /** What the name here stands for: `torch` after `import torch.cuda`; else as written: `torch.cuda`, `.utils`. */
  readonly module: string;
  /** The module that runs, as written: `torch.cuda` after `import torch.cuda`. */
  readonly imported: string;
  /** The name taken out of the module; null for `import module`; `*` for all of them. */
  readonly name: string | null;
  /** What it is called here; null for `*`. */
  readonly boundTo: string | null;
  /** Files of the Space that it runs, in that order; empty for installed packages. */
  readonly files: readonly string[];
  /** The module itself, where it is one of the Space's. */
  readonly place: ModulePlace | null;
  /** False inside a function. */
  readonly isModuleLevel: boolean;
  /** Under `try`, `if`, or `if TYPE_CHECKING` (which never runs). */
  readonly guard: 'none' | 'try' | 'except' | 'if' | 'type-checking';
}

export interface PyParameter {
  readonly name: string;
  readonly kind: 'positional-only' | 'normal' | 'keyword-only' | 'args' | 'kwargs';
  readonly hasDefault: boolean;
  readonly annotation: PyNode | null;
  readonly defaultValue: PyNode | null;
  readonly node: PyNode;
}

export interface PyFunction {
  readonly file: PythonFile;
  readonly name: string;
  /** `Model.generate`, `build.inner`. */
  readonly qualifiedName: string;
  /** `function_definition` or `lambda`. */
  readonly node: PyNode;
  readonly nameNode: PyNode;
  readonly body: PyNode | null;
  /** The expressions after `@`, outermost first. */
  readonly decorators: readonly PyNode[];
  readonly parameters: readonly PyParameter[];
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  /** Directly in a class, and no static method. */
  readonly isMethod: boolean;
  readonly isNested: boolean;
  readonly enclosing: PyFunction | null;
  readonly className: string | null;
}

export interface PyClass {
  readonly file: PythonFile;
  readonly name: string;
  /** `class_definition`. */
  readonly node: PyNode;
  readonly body: PyNode | null;
  /** The expressions between its parentheses, keywords left out. */
  readonly bases: readonly PyNode[];
  /** Functions that stand in its body, by name. */
  readonly methods: ReadonlyMap<string, PyFunction>;
}

/** An expression and the file that it is in. */
export interface PyValue {
  readonly file: PythonFile;
  readonly node: PyNode;
}

export interface PyCall {
  readonly file: PythonFile;
  readonly node: PyNode;
  /** Dotted name after imports are resolved: `torch.cuda.is_available`; null for other expressions. */
  readonly callee: string | null;
  /** Last part of what is called: `to` in `x[0].to("cuda")`; null for a call of a call. */
  readonly method: string | null;
  readonly positional: readonly PyNode[];
  readonly keywords: ReadonlyMap<string, PyNode>;
  /** The function that it stands in; null at module level and in class bodies: it runs at import. */
  readonly inFunction: PyFunction | null;
}

export interface PythonFile {
  /** Relative to the Space's folder, with `/`. */
  readonly path: string;
  readonly source: SourceText;
  readonly text: string;
  readonly root: PyNode;
  readonly syntaxErrors: readonly SyntaxRegion[];
  readonly imports: readonly PyImport[];
  /** In source order. */
  readonly functions: readonly PyFunction[];
  readonly classNodes: readonly PyNode[];
  readonly calls: readonly PyCall[];
  /** Whether the app runs it, or names it in a string (`exec(open("x.py").read())`). */
  readonly isReachable: boolean;
  /** Something names it in a string or imports it by name: it runs as a whole. */
  readonly isDynamic: boolean;
  /** The file that the platform starts: its `__name__` is `__main__`. */
  readonly isMain: boolean;
  /** False for a long file of a library without a word of interest: its functions were left unread. */
  readonly isWhole: boolean;
  /** False where functions of it were left out before it was parsed: their syntax is not known. */
  readonly isParsedWhole: boolean;
  /** Only tree-sitter read it, which is lax: Python 2, a newer Python, a mixture of tabs and blanks. */
  readonly isDoubtful: boolean;
}

/** What a GPU function asks for. Seconds as declared, before any factor of the platform. */
export type DeclaredDuration =
  | { readonly kind: 'default'; readonly seconds: null; readonly node: null }
  | {
      readonly kind: 'seconds';
      readonly seconds: number;
      readonly isTimedelta: boolean;
      readonly node: PyNode;
    }
  /** Decided at each call by a function of the author's; null when it can't be found. */
  | { readonly kind: 'callable'; readonly function: PyFunction | null; readonly node: PyNode }
  | { readonly kind: 'unknown'; readonly node: PyNode | null };

export interface GpuKeyword {
  readonly name: string;
  readonly nameNode: PyNode;
  readonly value: PyNode;
}

/** A function that gets the GPU, however it was made one. */
export interface GpuFunction {
  readonly file: PythonFile;
  readonly name: string;
  readonly qualifiedName: string;
  /** `decorator`: `@spaces.GPU…`; `call`: `spaces.GPU(f)`; `wrapper`: by a function of the project's. */
  readonly kind: 'decorator' | 'call' | 'wrapper';
  /** The decorator without its `@`, or the call; in `file`. */
  readonly maker: PyNode;
  readonly makerRange: TextRange;
  /** The name in its `def`; null when the function is not one of the Space's own. */
  readonly nameRange: TextRange | null;
  /** What is decorated; null when it is not one of the Space's own. May be in another file. */
  readonly function: PyFunction | null;
  readonly keywords: readonly GpuKeyword[];
  readonly duration: DeclaredDuration;
  /** `large` or `xlarge` as written, another word, or null when none is given or it is not constant. */
  readonly size: { readonly value: string; readonly node: PyNode } | null;
  /** Whether the app ever runs the file that makes it. */
  readonly isReachable: boolean;
}

/** A function that Gradio calls for a visitor. */
export interface EventHandler {
  readonly file: PythonFile;
  /** The call that binds it: `button.click(fn, …)`, `gr.Interface(fn, …)`. */
  readonly call: PyCall;
  /** The event or component: `click`, `Interface`, `Examples`. */
  readonly event: string;
  /** Null when it is not a function of the Space that can be found. */
  readonly function: PyFunction | null;
  readonly node: PyNode;
}

/**
 * `never`: `__main__` blocks of imported modules, TYPE_CHECKING, after a return. `unreached`: in a
 * function that nothing in the Space calls, hands on or may call by its name.
 */
export type CodeExecution = 'executed' | 'unreached' | 'never';

export interface PythonModel {
  /** The app file, null when it is missing or can't be read. */
  readonly app: PythonFile | null;
  /** App first, then in the order of their imports; files that nothing imports come last. */
  readonly files: readonly PythonFile[];
  readonly gpuFunctions: readonly GpuFunction[];
  readonly handlers: readonly EventHandler[];
  /** Whether `import spaces` (the package, not a module of that name) stands in a reachable file. */
  readonly importsSpaces: boolean;
  /** Functions that run inside a GPU function, by what they are called; the GPU functions included. */
  readonly onGpu: ReadonlySet<PyFunction>;
  /** Whether a GPU function may reach it by its name, or without one: `self.pipe(…)`, `forward`, a callback. */
  mayRunOnGpu(fn: PyFunction): boolean;
  /** What is wrong with a file as Python: what the interpreter says, where one was asked. */
  syntaxErrorsOf(file: PythonFile): readonly SyntaxRegion[];
  /** Functions that run while the app starts, through other functions too; GPU functions among them. */
  readonly calledAtStart: ReadonlySet<PyFunction>;
  /** Those of them that nothing else calls or hands on: no visitor's call reaches them. */
  readonly onlyAtStart: ReadonlySet<PyFunction>;
  /** Whether anything executes the code at this node, when the app starts or on a visitor's call. */
  executionOf(file: PythonFile, node: PyNode): CodeExecution;
  /** Whether it is executed on some condition only, within its function or module. */
  isConditional(file: PythonFile, node: PyNode): boolean;
  /** The function that a name or attribute stands for, across the Space's files. */
  functionOf(file: PythonFile, node: PyNode): PyFunction | null;
  /** A number that is the same at each run; null when it is unknown. */
  numberOf(file: PythonFile, node: PyNode): number | null;
  /** The class that a name stands for, or of the instance that it stands for. */
  classOf(file: PythonFile, node: PyNode): PyClass | null;
  /** A method of a class, or of the classes of the Space that it inherits from. */
  methodOf(owner: PyClass, name: string): PyFunction | null;
  /** Everything that is assigned to a name or attribute, with its file; empty when that is unknown. */
  valuesOf(file: PythonFile, node: PyNode): readonly PyValue[];
  /** Dotted name after imports, aliases and re-exports are resolved; null for what is not a name. */
  nameOf(file: PythonFile, node: PyNode): string | null;
  /** What makes the callee of this call a GPU function, or null: calling it asks for a GPU. */
  gpuFunctionOf(file: PythonFile, node: PyNode): GpuFunction | null;
}
