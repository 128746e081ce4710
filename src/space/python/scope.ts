/** The names that a module, a class or a function binds, and what each is bound to. */
import { ancestorsOf, childOf, textOf } from './tree.js';
import type { PyClass, PyFunction, PyImport, PyNode, PythonFile } from './types.js';

export type Binding =
  | { readonly kind: 'import'; readonly import: PyImport; readonly isFallback: boolean }
  | { readonly kind: 'function'; readonly function: PyFunction; readonly isFallback: boolean }
  | { readonly kind: 'class'; readonly class: PyClass; readonly isFallback: boolean }
  | { readonly kind: 'value'; readonly node: PyNode; readonly isFallback: boolean }
  /** A parameter, with what its annotation says. */
  | { readonly kind: 'parameter'; readonly annotation: PyNode | null; readonly isFallback: false }
  /** Something that only a run can tell: a loop's variable, a part of a tuple, `x += 1`. */
  | { readonly kind: 'opaque'; readonly isFallback: false };

export interface Scope {
  readonly bindings: ReadonlyMap<string, readonly Binding[]>;
  /** `from x import *`, in order. */
  readonly starred: readonly PyImport[];
  /** Names that `global` or `nonlocal` gives to a scope outside. */
  readonly lent: ReadonlySet<string>;
}

/** What a file declares, by node. */
export interface FileIndex {
  readonly functions: ReadonlyMap<PyNode, PyFunction>;
  readonly classes: ReadonlyMap<PyNode, PyClass>;
  readonly imports: ReadonlyMap<PyNode, readonly PyImport[]>;
}

const OPAQUE: Binding = { kind: 'opaque', isFallback: false };
const HOLDERS = new Set(['function_definition', 'lambda', 'class_definition']);
/** Their targets are their own. */
const COMPREHENSIONS = new Set([
  'list_comprehension',
  'set_comprehension',
  'dictionary_comprehension',
  'generator_expression',
]);

export function indexOf(file: PythonFile): FileIndex {
  const functions = new Map(file.functions.map((one) => [one.node, one]));
  const methods = new Map<PyNode, Map<string, PyFunction>>();
  for (const one of file.functions) {
    const holder = one.className === null ? null : classAround(one.node);
    if (!holder) continue;
    const known = methods.get(holder) ?? new Map<string, PyFunction>();
    methods.set(holder, known.set(one.name, one));
  }
  const classes = new Map<PyNode, PyClass>();
  for (const node of file.classNodes) {
    const nameNode = childOf(node, 'name');
    if (!nameNode) continue;
    const bases = (childOf(node, 'superclasses')?.children ?? []).filter(
      ({ type }) => type !== 'keyword_argument' && type !== 'comment',
    );
    classes.set(node, {
      file,
      name: textOf(file, nameNode),
      node,
      body: childOf(node, 'body'),
      bases,
      methods: methods.get(node) ?? new Map(),
    });
  }
  const imports = new Map<PyNode, PyImport[]>();
  for (const one of file.imports) {
    const known = imports.get(one.node);
    if (known) known.push(one);
    else imports.set(one.node, [one]);
  }
  return { functions, classes, imports };
}

function classAround(node: PyNode): PyNode | null {
  for (const around of ancestorsOf(node)) {
    if (around.type === 'class_definition') return around;
    if (around.type === 'function_definition' || around.type === 'lambda') return null;
  }
  return null;
}

/** What the body of a function binds; its parameters included. */
export function scopeOfFunction(fn: PyFunction, index: FileIndex): Scope {
  const made = new ScopeMaker(fn.file, index);
  for (const { name, kind, annotation } of fn.parameters) {
    const isPlain = kind !== 'args' && kind !== 'kwargs';
    made.add(name, isPlain ? { kind: 'parameter', annotation, isFallback: false } : OPAQUE);
  }
  if (fn.body) made.read(fn.body);
  return made.done();
}

/** What a module or the body of a class binds; of a module, what functions set with `global` too. */
export function scopeOfBody(
  file: PythonFile,
  body: PyNode,
  index: FileIndex,
  lentBy: readonly Scope[] = [],
): Scope {
  const made = new ScopeMaker(file, index);
  made.read(body);
  for (const { lent, bindings } of lentBy) {
    for (const name of lent) for (const one of bindings.get(name) ?? []) made.add(name, one);
  }
  return made.done();
}

class ScopeMaker {
  readonly #file: PythonFile;
  readonly #index: FileIndex;
  readonly #bindings = new Map<string, Binding[]>();
  readonly #starred: PyImport[] = [];
  readonly #lent = new Set<string>();

  constructor(file: PythonFile, index: FileIndex) {
    this.#file = file;
    this.#index = index;
  }

  done(): Scope {
    return { bindings: this.#bindings, starred: this.#starred, lent: this.#lent };
  }

  add(name: string, binding: Binding): void {
    const known = this.#bindings.get(name);
    if (known) known.push(binding);
    else this.#bindings.set(name, [binding]);
  }

  read(body: PyNode): void {
    const open = [body];
    for (let node = open.pop(); node; node = open.pop()) {
      this.#bind(node);
      if (HOLDERS.has(node.type) || COMPREHENSIONS.has(node.type)) continue;
      for (let i = node.children.length - 1; i >= 0; i -= 1) {
        const child = node.children[i];
        if (child) open.push(child);
      }
    }
  }

  #bind(node: PyNode): void {
    switch (node.type) {
      case 'function_definition': {
        const fn = this.#index.functions.get(node);
        if (fn) this.add(fn.name, { kind: 'function', function: fn, ...fallback(node) });
        return;
      }
      case 'class_definition': {
        const found = this.#index.classes.get(node);
        if (found) this.add(found.name, { kind: 'class', class: found, ...fallback(node) });
        return;
      }
      case 'import_statement':
      case 'import_from_statement':
        for (const one of this.#index.imports.get(node) ?? []) this.#bindImport(one);
        return;
      case 'assignment': {
        // `x: int` binds nothing.
        const value = assignedBy(node);
        if (value) this.#bindTarget(childOf(node, 'left'), value);
        return;
      }
      case 'named_expression':
        this.#bindTarget(childOf(node, 'name'), childOf(node, 'value'));
        return;
      case 'augmented_assignment':
      case 'for_statement':
        this.#bindTarget(childOf(node, 'left'), null);
        return;
      case 'as_pattern_target':
        this.#bindTarget(node.children[0] ?? null, null);
        return;
      case 'global_statement':
      case 'nonlocal_statement':
        for (const one of node.children) this.#lent.add(textOf(this.#file, one));
        return;
      default:
    }
  }

  #bindImport(one: PyImport): void {
    if (one.guard === 'type-checking') return;
    if (one.name === '*') this.#starred.push(one);
    const isFallback = one.guard === 'except';
    if (one.boundTo !== null) this.add(one.boundTo, { kind: 'import', import: one, isFallback });
  }

  #bindTarget(target: PyNode | null, value: PyNode | null): void {
    if (!target) return;
    if (target.type === 'identifier') {
      const name = textOf(this.#file, target);
      this.add(name, value ? { kind: 'value', node: value, ...fallback(value) } : OPAQUE);
      return;
    }
    if (!LISTS.has(target.type)) return;
    // `a, b = 1, 2` binds one by one; `a, b = f()` what only a run can tell.
    const values = value && LISTS.has(value.type) ? value.children : [];
    const isPaired = values.length === target.children.length && !values.some(isSplat);
    for (const [index, one] of target.children.entries()) {
      const isKnown = isPaired && !target.children.some(isSplat);
      this.#bindTarget(
        isSplat(one) ? (one.children[0] ?? null) : one,
        isKnown ? (values[index] ?? null) : null,
      );
    }
  }
}

const LISTS = new Set([
  'pattern_list',
  'tuple_pattern',
  'list_pattern',
  'tuple',
  'list',
  'expression_list',
]);

function isSplat({ type }: PyNode): boolean {
  return type.includes('splat');
}

/** Of `a = b = value` the value; null for a bare annotation. */
export function assignedBy(assignment: PyNode): PyNode | null {
  let value = childOf(assignment, 'right');
  while (value?.type === 'assignment') value = childOf(value, 'right');
  return value;
}

/** Of `try: import spaces` and `except: spaces = None` the first is meant. */
function fallback(node: PyNode): { readonly isFallback: boolean } {
  for (let at = node.parent; at && !HOLDERS.has(at.type); at = at.parent) {
    if (at.type.startsWith('except_')) return FALLBACK;
  }
  return MEANT;
}

const FALLBACK = { isFallback: true } as const;
const MEANT = { isFallback: false } as const;

/**
 * The bindings that are meant, best first: what stands in `except` only where there is nothing else,
 * an import before a stub of the same name, the last of several functions.
 */
export function chosen(bindings: readonly Binding[]): readonly Binding[] {
  if (bindings.length < 2) return bindings;
  const known = CHOSEN.get(bindings) ?? choose(bindings);
  CHOSEN.set(bindings, known);
  return known;
}

/** The same names are asked for at every call. */
const CHOSEN = new WeakMap<readonly Binding[], readonly Binding[]>();

function choose(bindings: readonly Binding[]): readonly Binding[] {
  const meant = bindings.filter(({ isFallback }) => !isFallback);
  const all = meant.length > 0 ? meant : bindings;
  const rank = ({ kind }: Binding) => RANKS.indexOf(kind);
  const lastFirst = [...all].reverse().filter(({ kind }) => kind === 'function');
  const others = all.filter(({ kind }) => kind !== 'function');
  return [...others, ...lastFirst].sort((a, b) => rank(a) - rank(b));
}

const RANKS: readonly Binding['kind'][] = [
  'import',
  'function',
  'class',
  'value',
  'parameter',
  'opaque',
];
