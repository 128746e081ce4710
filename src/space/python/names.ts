/** What a name stands for, within a file and across the files of a Space. */
import { bare, childOf, nodesIn, textOf } from './tree.js';
import type { PyFunction, PyImport, PyNode, PythonFile } from './types.js';

/** Long chains of names lead nowhere; rings of imports must end. */
const MOST_STEPS = 8;

export interface Names {
  nameOf(file: PythonFile, node: PyNode): string | null;
  functionOf(file: PythonFile, node: PyNode): PyFunction | null;
  /** What is assigned to a name at module level, each time, in order. */
  assignedTo(file: PythonFile, name: string): readonly PyNode[];
  /** Where an imported name comes from: its file and what it is called there. */
  originOf(file: PythonFile, node: PyNode): { file: PythonFile; name: string } | null;
}

interface FileNames {
  readonly bindings: ReadonlyMap<string, PyImport>;
  readonly starred: readonly PyImport[];
  readonly functions: ReadonlyMap<string, PyFunction>;
  readonly methods: ReadonlyMap<string, PyFunction>;
  readonly lambdas: ReadonlyMap<PyNode, PyFunction>;
  readonly assigned: ReadonlyMap<string, readonly PyNode[]>;
}

export function makeNames(files: ReadonlyMap<string, PythonFile>): Names {
  const known = new Map<PythonFile, FileNames>();
  const of = (file: PythonFile): FileNames => {
    const names = known.get(file) ?? readNames(file);
    known.set(file, names);
    return names;
  };
  const lastFile = (found: PyImport | undefined) => {
    const path = found?.files.at(-1);
    return path === undefined ? undefined : files.get(path);
  };

  const originOf: Names['originOf'] = (file, node) => {
    const at = bare(node);
    if (at.type === 'identifier') {
      const text = textOf(file, at);
      const found = of(file).bindings.get(text);
      const target = lastFile(found);
      if (found?.name && target) return { file: target, name: found.name };
      for (const star of of(file).starred) {
        const from = lastFile(star);
        if (!found && from && declares(of(from), text)) return { file: from, name: text };
      }
      return null;
    }
    if (at.type !== 'attribute') return null;
    const object = childOf(at, 'object');
    const attribute = childOf(at, 'attribute');
    if (object?.type !== 'identifier' || !attribute) return null;
    const target = lastFile(of(file).bindings.get(textOf(file, object)));
    return target ? { file: target, name: textOf(file, attribute) } : null;
  };

  const functionNamed = (file: PythonFile, name: string, steps: number): PyFunction | null => {
    const names = of(file);
    const own = names.functions.get(name);
    if (own) return own;
    if (steps > MOST_STEPS) return null;
    const found = names.bindings.get(name);
    const target = lastFile(found);
    if (found?.name && target) return functionNamed(target, found.name, steps + 1);
    for (const star of names.starred) {
      const from = lastFile(star);
      const hit = from && from !== file ? functionNamed(from, name, steps + 1) : null;
      if (hit) return hit;
    }
    return null;
  };

  const methodOf = (file: PythonFile, at: PyNode): PyFunction | null => {
    const object = childOf(at, 'object');
    const attribute = childOf(at, 'attribute');
    if (object?.type !== 'identifier' || !attribute) return null;
    const [owner, name] = [textOf(file, object), textOf(file, attribute)];
    const names = of(file);
    if (owner === 'self' || owner === 'cls') {
      const inClass = classAround(file, at);
      return inClass === null ? null : (names.methods.get(`${inClass}.${name}`) ?? null);
    }
    const module = lastFile(names.bindings.get(owner));
    if (module) return functionNamed(module, name, 0);
    const [made, ...more] = names.assigned.get(owner) ?? [];
    const maker = made?.type === 'call' && more.length === 0 ? childOf(made, 'function') : null;
    if (!maker) return null;
    const origin = originOf(file, maker) ?? { file, name: textOf(file, maker) };
    return of(origin.file).methods.get(`${origin.name}.${name}`) ?? null;
  };

  const functionOf: Names['functionOf'] = (file, node) => {
    const at = bare(node);
    if (at.type === 'lambda') return of(file).lambdas.get(at) ?? null;
    if (at.type === 'identifier') return functionNamed(file, textOf(file, at), 0);
    if (at.type === 'attribute') return methodOf(file, at);
    if (at.type !== 'call') return null;
    const callee = childOf(at, 'function');
    const name = callee && nameOf(file, callee);
    const first = childOf(at, 'arguments')?.children[0];
    const isPartial = name === 'functools.partial' || name === 'functools.wraps';
    return isPartial && first ? functionOf(file, first) : null;
  };

  const nameOf: Names['nameOf'] = (file, node) => {
    const parts: string[] = [];
    let at = bare(node);
    while (at.type === 'attribute') {
      const attribute = childOf(at, 'attribute');
      const object = childOf(at, 'object');
      if (!attribute || !object) return null;
      parts.unshift(textOf(file, attribute));
      at = object;
    }
    if (at.type !== 'identifier') return null;
    const text = textOf(file, at);
    const found = of(file).bindings.get(text);
    if (!found) return [text, ...parts].join('.');
    // A module of the Space's own is not the installed one of that name.
    const module = found.files.length > 0 ? `<local>.${found.module}` : found.module;
    return [module, ...(found.name ? [found.name] : []), ...parts].join('.');
  };

  const assignedTo: Names['assignedTo'] = (file, name) => of(file).assigned.get(name) ?? [];
  return { nameOf, functionOf, assignedTo, originOf };
}

function declares({ functions, assigned }: FileNames, name: string): boolean {
  return functions.has(name) || assigned.has(name);
}

function classAround(file: PythonFile, node: PyNode): string | null {
  for (let at = node.parent; at; at = at.parent) {
    if (at.type === 'class_definition') {
      const name = childOf(at, 'name');
      return name && textOf(file, name);
    }
  }
  return null;
}

function readNames(file: PythonFile): FileNames {
  const bindings = new Map<string, PyImport>();
  for (const one of file.imports) {
    if (one.boundTo === null) continue;
    const before = bindings.get(one.boundTo);
    // Of `try: import spaces / except: from stubs import spaces` the first is meant.
    if (!before || (before.guard === 'except' && one.guard !== 'except')) {
      bindings.set(one.boundTo, one);
    }
  }
  const functions = new Map<string, PyFunction>();
  const methods = new Map<string, PyFunction>();
  const lambdas = new Map<PyNode, PyFunction>();
  for (const one of file.functions) {
    if (one.node.type === 'lambda') lambdas.set(one.node, one);
    if (one.className !== null) methods.set(`${one.className}.${one.name}`, one);
    else if (!one.isNested || !functions.has(one.name)) functions.set(one.name, one);
  }
  return {
    bindings,
    starred: file.imports.filter(({ name }) => name === '*'),
    functions,
    methods,
    lambdas,
    assigned: readAssigned(file),
  };
}

function readAssigned(file: PythonFile): ReadonlyMap<string, readonly PyNode[]> {
  const assigned = new Map<string, PyNode[]>();
  const isScope = (node: PyNode) =>
    node.type === 'function_definition' ||
    node.type === 'lambda' ||
    node.type === 'class_definition';
  for (const node of nodesIn(file.root, (one) => !isScope(one))) {
    if (node.type !== 'assignment' && node.type !== 'augmented_assignment') continue;
    const left = childOf(node, 'left');
    const right = childOf(node, 'right');
    if (left?.type !== 'identifier' || !right) continue;
    const name = textOf(file, left);
    // `x += 1` makes x no constant: it counts as two values.
    const values = node.type === 'assignment' ? [right] : [right, right];
    assigned.set(name, [...(assigned.get(name) ?? []), ...values]);
  }
  return assigned;
}
