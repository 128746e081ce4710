/** The scopes of a Space's files, each read when it is first asked for. */
import {
  assignedBy,
  type Binding,
  type FileIndex,
  indexOf,
  type Scope,
  scopeOfBody,
  scopeOfFunction,
} from './scope.js';
import { ancestorsOf, childOf, nodesIn, stringOf, textOf } from './tree.js';
import type { PyClass, PyFunction, PyNode, PythonFile } from './types.js';

export class ScopeTable {
  readonly #indexes = new Map<PythonFile, FileIndex>();
  readonly #scopes = new Map<object, Scope>();
  readonly #names = new Map<object, Map<string, string>>();
  readonly #selfValues = new Map<PyClass, ReadonlyMap<string, readonly Binding[]>>();

  /** The functions, classes and imports of a file by their nodes. */
  indexOf(file: PythonFile): FileIndex {
    const known = this.#indexes.get(file) ?? indexOf(file);
    this.#indexes.set(file, known);
    return known;
  }

  /** The function whose body a node is in. */
  functionAround(file: PythonFile, node: PyNode): PyFunction | null {
    const { functions } = this.indexOf(file);
    for (let [below, at] = [node, node.parent]; at; [below, at] = [at, at.parent]) {
      const found = below.field === 'body' ? functions.get(at) : undefined;
      if (found) return found;
    }
    return null;
  }

  /** The class whose body a node is in directly, outside of its methods. */
  classBodyAround(file: PythonFile, node: PyNode, fn: PyFunction | null): PyClass | null {
    if (file.classNodes.length === 0) return null;
    for (let [below, at] = [node, node.parent]; at; [below, at] = [at, at.parent]) {
      if (at === fn?.node) return null;
      if (at.type !== 'class_definition' || below.field !== 'body') continue;
      return this.indexOf(file).classes.get(at) ?? null;
    }
    return null;
  }

  /** The name of what is written so at a node: the same names are asked for at every call of a function. */
  named(file: PythonFile, node: PyNode, written: string, find: () => string): string {
    const holder = this.#holderOf(file, node);
    if (!holder) return find();
    const names = this.#names.get(holder) ?? new Map<string, string>();
    this.#names.set(holder, names);
    const name = names.get(written) ?? find();
    names.set(written, name);
    return name;
  }

  /** The function or the module whose names a node sees; null in the body of a class, which has some of its own. */
  #holderOf(file: PythonFile, node: PyNode): PyFunction | PythonFile | null {
    const { functions } = this.indexOf(file);
    for (let [below, at] = [node, node.parent]; at; [below, at] = [at, at.parent]) {
      if (below.field !== 'body') continue;
      const found = functions.get(at);
      if (found) return found;
      if (at.type === 'class_definition') return null;
    }
    return file;
  }

  ofModule(file: PythonFile): Scope {
    const known = this.#scopes.get(file);
    if (known) return known;
    const lenders = /^[ \t]+global\b/m.test(file.text) ? file.functions : [];
    const lentBy = lenders.map((fn) => this.ofFunction(fn));
    const made = scopeOfBody(file, file.root, this.indexOf(file), lentBy);
    this.#scopes.set(file, made);
    return made;
  }

  ofFunction(fn: PyFunction): Scope {
    const known = this.#scopes.get(fn) ?? scopeOfFunction(fn, this.indexOf(fn.file));
    this.#scopes.set(fn, known);
    return known;
  }

  ofClass(owner: PyClass): Scope {
    const { file, body } = owner;
    const known =
      this.#scopes.get(owner) ?? scopeOfBody(file, body ?? owner.node, this.indexOf(file));
    this.#scopes.set(owner, known);
    return known;
  }

  /** What the methods of a class assign to attributes of `self`. */
  valuesOfSelf(owner: PyClass): ReadonlyMap<string, readonly Binding[]> {
    const known = this.#selfValues.get(owner);
    if (known) return known;
    const found = new Map<string, Binding[]>();
    this.#selfValues.set(owner, found);
    for (const { body, parameters, isMethod, file } of owner.methods.values()) {
      const self = isMethod ? parameters[0]?.name : undefined;
      if (!body || self === undefined) continue;
      for (const node of nodesIn(body)) {
        const left = node.type === 'assignment' ? childOf(node, 'left') : null;
        const value = left?.type === 'attribute' ? assignedBy(node) : null;
        const [object, attribute] = left
          ? [childOf(left, 'object'), childOf(left, 'attribute')]
          : [];
        if (!value || !object || !attribute || textOf(file, object) !== self) continue;
        const name = textOf(file, attribute);
        found.set(name, [
          ...(found.get(name) ?? []),
          { kind: 'value', node: value, isFallback: false },
        ]);
      }
    }
    return found;
  }

  /** The class of which a name is `self` or `cls`: the first parameter of a method. */
  classOfSelf(fn: PyFunction, name: string): PyClass | null {
    if (!fn.isMethod || fn.parameters[0]?.name !== name) return null;
    for (const at of ancestorsOf(fn.node)) {
      if (at.type === 'class_definition') return this.indexOf(fn.file).classes.get(at) ?? null;
    }
    return null;
  }

  /** Whether `from module import *` brings a name along. */
  exports(file: PythonFile, name: string): boolean {
    const all = this.ofModule(file).bindings.get('__all__');
    const [only, ...more] = all ?? [];
    if (only?.kind === 'value' && more.length === 0 && LITERAL_LISTS.has(only.node.type)) {
      return only.node.children.some((one) => stringOf(file, one) === name);
    }
    return !name.startsWith('_') || all !== undefined;
  }
}

const LITERAL_LISTS = new Set(['list', 'tuple']);
