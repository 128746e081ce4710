/** What a name or an attribute stands for, from file to file: one resolver for the whole Space. */
import { argumentsOf } from './calls.js';
import { type ModulePlace, placeAt } from './modules.js';
import { type Binding, chosen, type FileIndex, type Scope } from './scope.js';
import { ScopeTable } from './scope-table.js';
import { type Bound, type Resolver, type Target, writtenName } from './targets.js';
import { bare, chainOf, childOf, stringOf, textOf } from './tree.js';
import type { PyClass, PyFunction, PyImport, PyNode, PythonFile, PyValue } from './types.js';

/** Long chains of names lead nowhere; rings of imports must end. */
const MOST_STEPS = 24;

export function makeResolver(files: ReadonlyMap<string, PythonFile>): Resolver {
  return new SpaceResolver(files);
}

class SpaceResolver implements Resolver {
  readonly #files: ReadonlyMap<string, PythonFile>;
  readonly #scopes = new ScopeTable();
  readonly indexOf = (file: PythonFile): FileIndex => this.#scopes.indexOf(file);
  readonly functionAround: Resolver['functionAround'] = (file, node) =>
    this.#scopes.functionAround(file, node);
  /** What names of modules and functions stand for; null while it is looked for, which ends rings. */
  readonly #targets = new Map<object, Map<string, Target | null>>();

  constructor(files: ReadonlyMap<string, PythonFile>) {
    this.#files = files;
  }

  targetOf(file: PythonFile, node: PyNode): Target | null {
    return this.#target(file, node, 0);
  }

  targetOfName(file: PythonFile, fn: PyFunction | null, name: string): Target | null {
    return this.#targetOfName(file, fn, name, 0);
  }

  functionOf(file: PythonFile, node: PyNode): PyFunction | null {
    const at = bare(node);
    if (at.type === 'lambda') return this.#scopes.indexOf(file).functions.get(at) ?? null;
    const target = this.targetOf(file, at);
    if (target?.kind === 'function') return target.function;
    return target?.kind === 'instance' ? this.methodOf(target.class, '__call__') : null;
  }

  classOf(file: PythonFile, node: PyNode): PyClass | null {
    const target = this.targetOf(file, node);
    return target?.kind === 'class' || target?.kind === 'instance' ? target.class : null;
  }

  methodOf(owner: PyClass, name: string): PyFunction | null {
    for (const one of this.#ancestry(owner)) {
      const found = one.methods.get(name);
      if (found) return found;
    }
    return null;
  }

  nameOf(file: PythonFile, node: PyNode): string | null {
    const chain = chainOf(file, node);
    if (!chain) return null;
    const { base: at, parts } = chain;
    if (at.type !== 'identifier') {
      const target = at.type === 'call' ? this.targetOf(file, node) : null;
      return target?.kind === 'package' ? target.name : null;
    }
    const text = textOf(file, at);
    return this.#scopes.named(file, at, [text, ...parts].join('.'), () => {
      const target = this.targetOf(file, node);
      if (target?.kind === 'package') return target.name;
      return writtenName(text, parts, chosen(this.#scopedBindings(file, at))[0]);
    });
  }

  valuesOf(file: PythonFile, node: PyNode): readonly PyValue[] {
    const bound = this.bindingsOf(file, node);
    if (!bound) return [];
    const values = bound.bindings.flatMap((one) => (one.kind === 'value' ? [one.node] : []));
    const isAll = values.length === bound.bindings.length;
    return isAll ? values.map((value) => ({ file: bound.file, node: value })) : [];
  }

  bindingsOf(file: PythonFile, node: PyNode): Bound | null {
    return this.#bindings(file, node, 0);
  }

  #bindings(file: PythonFile, node: PyNode, steps: number): Bound | null {
    if (steps > MOST_STEPS) return null;
    const at = bare(node);
    if (at.type === 'identifier') {
      return this.#follow({ file, bindings: this.#scopedBindings(file, at) }, steps);
    }
    if (at.type !== 'attribute') return null;
    const [object, attribute] = [childOf(at, 'object'), childOf(at, 'attribute')];
    const owner = object && this.#target(file, object, steps + 1);
    if (!owner || !attribute) return null;
    return this.#boundIn(owner, textOf(file, attribute), steps + 1);
  }

  /** An import of one of the Space's own names, followed to where that name is bound. */
  #follow(bound: Bound, steps: number): Bound | null {
    const [first] = chosen(bound.bindings);
    if (first?.kind !== 'import') return bound.bindings.length > 0 ? bound : null;
    const { place, name } = first.import;
    if (!place || !name) return bound;
    return this.#boundInModule(place, name, steps + 1);
  }

  #boundIn(owner: Target, name: string, steps: number): Bound | null {
    if (owner.kind === 'module') return this.#boundInModule(owner.place, name, steps);
    if (owner.kind !== 'class' && owner.kind !== 'instance') return null;
    for (const one of this.#ancestry(owner.class)) {
      const inBody = this.#scopes.ofClass(one).bindings.get(name) ?? [];
      const bindings = [...inBody, ...(this.#scopes.valuesOfSelf(one).get(name) ?? [])];
      if (bindings.length > 0) return this.#follow({ file: one.file, bindings }, steps + 1);
    }
    return null;
  }

  #boundInModule(place: ModulePlace, name: string, steps: number): Bound | null {
    const file = place.file === null ? undefined : this.#files.get(place.file);
    if (!file || steps > MOST_STEPS) return null;
    const scope = this.#scopes.ofModule(file);
    const bindings = scope.bindings.get(name) ?? [];
    if (bindings.length > 0) return this.#follow({ file, bindings }, steps + 1);
    for (const { place: from } of scope.starred) {
      const hit = from && this.#isStarred(from, name) && this.#boundInModule(from, name, steps + 1);
      if (hit) return hit;
    }
    return null;
  }

  #target(file: PythonFile, node: PyNode, steps: number): Target | null {
    if (steps > MOST_STEPS) return null;
    const at = bare(node);
    if (at.type === 'identifier') {
      const fn = this.#scopes.functionAround(file, at);
      const inClass = this.#scopes.classBodyAround(file, at, fn);
      if (inClass) {
        const own = this.#scopes.ofClass(inClass).bindings.get(textOf(file, at));
        if (own) return this.#targetOfBindings({ file, bindings: own }, steps + 1);
      }
      return this.#targetOfName(file, fn, textOf(file, at), steps);
    }
    if (at.type === 'attribute') {
      const [object, attribute] = [childOf(at, 'object'), childOf(at, 'attribute')];
      const owner = object && this.#target(file, object, steps + 1);
      return owner && attribute ? this.#member(owner, textOf(file, attribute), steps + 1) : null;
    }
    return at.type === 'call' ? this.#targetOfCall(file, at, steps + 1) : null;
  }

  #targetOfName(
    file: PythonFile,
    fn: PyFunction | null,
    name: string,
    steps: number,
  ): Target | null {
    for (let at = fn; at; at = at.enclosing) {
      const scope = this.#scopes.ofFunction(at);
      const bindings = scope.lent.has(name) ? undefined : scope.bindings.get(name);
      if (!bindings) continue;
      return this.#targetInFunction(at, name, { file, bindings }, steps + 1);
    }
    return this.#targetInModule(file, name, steps);
  }

  #targetInFunction(fn: PyFunction, name: string, bound: Bound, steps: number): Target | null {
    return this.#remembered(fn, name, () => {
      const self = this.#scopes.classOfSelf(fn, name);
      return self ? { kind: 'instance', class: self } : this.#targetOfBindings(bound, steps);
    });
  }

  #targetInModule(file: PythonFile, name: string, steps: number): Target | null {
    return this.#remembered(file, name, () => {
      const scope = this.#scopes.ofModule(file);
      const bindings = scope.bindings.get(name);
      if (!bindings) return this.#targetInStars(scope, name, steps + 1);
      return this.#targetOfBindings({ file, bindings }, steps + 1);
    });
  }

  #remembered(holder: object, name: string, find: () => Target | null): Target | null {
    const known = this.#targets.get(holder) ?? new Map<string, Target | null>();
    this.#targets.set(holder, known);
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, null);
    const found = find();
    known.set(name, found);
    return found;
  }

  #targetInStars(scope: Scope, name: string, steps: number): Target | null {
    for (const { place } of scope.starred) {
      const hit = place && this.#isStarred(place, name) && this.#inModule(place, name, steps);
      if (hit) return hit;
    }
    return null;
  }

  #targetOfBindings({ file, bindings }: Bound, steps: number): Target | null {
    for (const one of chosen(bindings)) {
      const found = this.#targetOfBinding(file, one, steps + 1);
      if (found) return found;
    }
    return null;
  }

  #targetOfBinding(file: PythonFile, one: Binding, steps: number): Target | null {
    switch (one.kind) {
      case 'import':
        return this.#imported(one.import, steps);
      case 'function':
        return { kind: 'function', function: one.function };
      case 'class':
        return { kind: 'class', class: one.class };
      case 'value':
        return this.#target(file, one.node, steps);
      case 'parameter': {
        const named = one.annotation?.children[0] ?? one.annotation;
        const found = named && this.#target(file, named, steps);
        return found?.kind === 'class' ? { kind: 'instance', class: found.class } : null;
      }
      default:
        return null;
    }
  }

  #imported({ place, module, name }: PyImport, steps: number): Target | null {
    if (!place) return { kind: 'package', name: name ? `${module}.${name}` : module };
    return name === null ? { kind: 'module', place } : this.#inModule(place, name, steps);
  }

  #member(owner: Target, name: string, steps: number): Target | null {
    if (steps > MOST_STEPS) return null;
    if (owner.kind === 'package') return { kind: 'package', name: `${owner.name}.${name}` };
    if (owner.kind === 'module') return this.#inModule(owner.place, name, steps);
    const bound = this.#boundIn(owner, name, steps);
    return bound && this.#targetOfBindings(bound, steps + 1);
  }

  #inModule(place: ModulePlace, name: string, steps: number): Target | null {
    const file = place.file === null ? undefined : this.#files.get(place.file);
    const own = file && steps <= MOST_STEPS ? this.#targetInModule(file, name, steps + 1) : null;
    if (own) return own;
    const below = placeAt(this.#files, place.path === '' ? name : `${place.path}/${name}`);
    return below.file === null ? null : { kind: 'module', place: below };
  }

  #targetOfCall(file: PythonFile, call: PyNode, steps: number): Target | null {
    const callee = childOf(call, 'function');
    if (!callee) return null;
    const target = this.#target(file, callee, steps + 1);
    if (target?.kind === 'class') return { kind: 'instance', class: target.class };
    if (target && target.kind !== 'package') return null;
    const name = target?.name ?? textOf(file, callee);
    if (name !== 'getattr' && !HANDED_ON.has(name) && !IMPORTERS.has(name)) return null;
    const [first, second] = argumentsOf(file, call).positional;
    if (name === 'getattr' && first && second) {
      const [owner, member] = [this.#target(file, first, steps + 1), stringOf(file, second)];
      return owner && member !== null ? this.#member(owner, member, steps + 1) : null;
    }
    if (HANDED_ON.has(name) && first) {
      const inner = this.#target(file, first, steps + 1);
      return inner?.kind === 'function' ? inner : null;
    }
    const module = IMPORTERS.has(name) && first ? stringOf(file, first) : null;
    if (module === null) return null;
    const place = placeAt(this.#files, module.replaceAll('.', '/'));
    return place.file === null ? { kind: 'package', name: module } : { kind: 'module', place };
  }

  #scopedBindings(file: PythonFile, at: PyNode): readonly Binding[] {
    const name = textOf(file, at);
    const fn = this.#scopes.functionAround(file, at);
    for (let around = fn; around; around = around.enclosing) {
      const scope = this.#scopes.ofFunction(around);
      const own = scope.lent.has(name) ? undefined : scope.bindings.get(name);
      if (own) return own;
    }
    const inClass = this.#scopes.classBodyAround(file, at, fn);
    const own = inClass && this.#scopes.ofClass(inClass).bindings.get(name);
    return own ?? this.#scopes.ofModule(file).bindings.get(name) ?? this.#starBindings(file, name);
  }

  #starBindings(file: PythonFile, name: string): readonly Binding[] {
    for (const one of this.#scopes.ofModule(file).starred) {
      if (!one.place || !this.#isStarred(one.place, name)) continue;
      if (!this.#boundInModule(one.place, name, 1)) continue;
      // As if the name had been imported by itself.
      return [{ kind: 'import', import: { ...one, name, boundTo: name }, isFallback: false }];
    }
    return [];
  }

  #isStarred({ file: path }: ModulePlace, name: string): boolean {
    const file = path === null ? undefined : this.#files.get(path);
    return file !== undefined && this.#scopes.exports(file, name);
  }

  /** A class and the classes of the Space that it inherits from, nearest first. */
  #ancestry(owner: PyClass): readonly PyClass[] {
    const found = new Set([owner]);
    for (const one of found) {
      if (found.size > MOST_STEPS) break;
      for (const base of one.bases) {
        const target = this.#target(one.file, base, MOST_STEPS / 2);
        if (target?.kind === 'class') found.add(target.class);
      }
    }
    return [...found];
  }
}

/** What these make calls the function that they are handed. */
const HANDED_ON = new Set(['functools.partial', 'functools.wraps', 'functools.partialmethod']);
const IMPORTERS = new Set(['importlib.import_module', '__import__']);
