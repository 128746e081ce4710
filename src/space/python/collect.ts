/** What a syntax tree declares: imports, functions and calls. */
import { normalizePath } from '../paths.js';
import { ancestorsOf, childOf, nodesIn, nodesOfBody, textOf } from './tree.js';
import type { PyFunction, PyImport, PyNode, PyParameter, PythonFile } from './types.js';

/** Says which of the Space's files a module is; empty for none. */
export type FindModule = (module: string, name: string | null) => readonly string[];

type Text = Pick<PythonFile, 'text'>;

export function collectImports(file: Text, root: PyNode, find: FindModule): readonly PyImport[] {
  return [...nodesIn(root)].flatMap((node) => {
    if (node.type === 'import_statement') return importsOf(file, node, find);
    return node.type === 'import_from_statement' ? importsFrom(file, node, find) : [];
  });
}

function importsOf(file: Text, node: PyNode, find: FindModule): readonly PyImport[] {
  const place = placeOf(file, node);
  return node.children.flatMap((child) => {
    const named = child.type === 'aliased_import' ? childOf(child, 'name') : child;
    const alias = child.type === 'aliased_import' ? childOf(child, 'alias') : null;
    if (named?.type !== 'dotted_name') return [];
    const module = textOf(file, named).replaceAll(/\s/g, '');
    const files = find(module, null);
    // `import a.b` binds a, `import a.b as c` binds a.b to c.
    const boundTo = alias ? textOf(file, alias) : (module.split('.')[0] ?? module);
    const bound = alias ? module : boundTo;
    return [{ node, module: bound, name: null, boundTo, files, ...place }];
  });
}

function importsFrom(file: Text, node: PyNode, find: FindModule): readonly PyImport[] {
  const place = placeOf(file, node);
  const moduleNode = childOf(node, 'module_name');
  if (!moduleNode) return [];
  const module = textOf(file, moduleNode).replaceAll(/\s/g, '');
  return node.children.flatMap((child): readonly PyImport[] => {
    if (child.type === 'wildcard_import') {
      return [{ node, module, name: '*', boundTo: null, files: find(module, null), ...place }];
    }
    if (child.field !== 'name') return [];
    const named = child.type === 'aliased_import' ? childOf(child, 'name') : child;
    const alias = child.type === 'aliased_import' ? childOf(child, 'alias') : null;
    if (!named) return [];
    const name = textOf(file, named);
    const boundTo = alias ? textOf(file, alias) : name;
    return [{ node, module, name, boundTo, files: find(module, name), ...place }];
  });
}

function placeOf(file: Text, node: PyNode): Pick<PyImport, 'isModuleLevel' | 'guard'> {
  let guard: PyImport['guard'] = 'none';
  for (const around of ancestorsOf(node)) {
    if (around.type === 'function_definition') return { isModuleLevel: false, guard };
    if (guard !== 'none') continue;
    if (around.type === 'except_clause' || around.type === 'except_group_clause') guard = 'except';
    else if (around.type === 'try_statement') guard = 'try';
    else if (around.type === 'if_statement') guard = guardOfIf(file, around);
  }
  return { isModuleLevel: true, guard };
}

function guardOfIf(file: Text, node: PyNode): PyImport['guard'] {
  const condition = childOf(node, 'condition');
  const text = condition ? textOf(file, condition) : '';
  return /^(?:typing\.|t\.)?TYPE_CHECKING$/.test(text) ? 'type-checking' : 'if';
}

/** The functions of a file, lambdas that have a name included, outermost first. */
export function collectFunctions(file: PythonFile): readonly PyFunction[] {
  const byNode = new Map<PyNode, PyFunction>();
  for (const node of nodesIn(file.root)) {
    if (node.type === 'function_definition') {
      const nameNode = childOf(node, 'name');
      if (nameNode) byNode.set(node, makeFunction(file, node, nameNode, byNode));
    } else if (node.type === 'lambda') {
      const left = node.parent?.type === 'assignment' ? childOf(node.parent, 'left') : null;
      const nameNode = left?.type === 'identifier' && node.field === 'right' ? left : node;
      byNode.set(node, makeFunction(file, node, nameNode, byNode));
    }
  }
  return [...byNode.values()];
}

function makeFunction(
  file: PythonFile,
  node: PyNode,
  nameNode: PyNode,
  known: ReadonlyMap<PyNode, PyFunction>,
): PyFunction {
  const name = nameNode === node ? 'lambda' : textOf(file, nameNode);
  const body = childOf(node, 'body');
  const around = [...ancestorsOf(node)];
  const holder = around.find(({ type }) => HOLDERS.has(type));
  const enclosingNode = around.find((one) => known.has(one));
  const enclosing = (enclosingNode && known.get(enclosingNode)) ?? null;
  const inClass = holder?.type === 'class_definition' ? childOf(holder, 'name') : null;
  const className = inClass ? textOf(file, inClass) : null;
  const decorators = node.parent?.type === 'decorated_definition' ? decoratorsOf(node.parent) : [];
  const names = decorators.map((one) => textOf(file, one));
  const prefix = [enclosing?.qualifiedName, className].filter((part) => part != null).join('.');
  return {
    file,
    name,
    qualifiedName: prefix === '' ? name : `${prefix}.${name}`,
    node,
    nameNode,
    body,
    decorators,
    parameters: parametersOf(file, childOf(node, 'parameters')),
    isAsync: /^async\b/.test(file.text.slice(node.start, node.start + 6)),
    isGenerator: body !== null && hasYield(body),
    isMethod: className !== null && !names.includes('staticmethod'),
    isNested: enclosing !== null,
    enclosing,
    className,
  };
}

const HOLDERS = new Set(['function_definition', 'lambda', 'class_definition']);

function decoratorsOf(node: PyNode): readonly PyNode[] {
  return node.children.flatMap((child) =>
    child.type === 'decorator' && child.children[0] ? [child.children[0]] : [],
  );
}

function hasYield(body: PyNode): boolean {
  for (const node of nodesOfBody(body)) if (node.type === 'yield') return true;
  return false;
}

const PARAMETER_KINDS: Readonly<Record<string, PyParameter['kind']>> = {
  list_splat_pattern: 'args',
  dictionary_splat_pattern: 'kwargs',
};

function parametersOf(file: Text, list: PyNode | null): readonly PyParameter[] {
  const found: PyParameter[] = [];
  let isKeywordOnly = false;
  for (const node of list?.children ?? []) {
    if (node.type === 'keyword_separator') isKeywordOnly = true;
    if (node.type === 'positional_separator') {
      for (const [index, one] of found.entries()) {
        found[index] = { ...one, kind: 'positional-only' };
      }
    }
    const parameter = parameterOf(file, node, isKeywordOnly);
    if (!parameter) continue;
    if (parameter.kind === 'args') isKeywordOnly = true;
    found.push(parameter);
  }
  return found;
}

function parameterOf(file: Text, node: PyNode, isKeywordOnly: boolean): PyParameter | null {
  const isTyped = node.type === 'typed_parameter';
  const named = isTyped ? node.children[0] : (childOf(node, 'name') ?? node);
  if (!named) return null;
  const special = PARAMETER_KINDS[named.type];
  const nameNode = special ? named.children[0] : named;
  if (nameNode?.type !== 'identifier') return null;
  const defaultValue = childOf(node, 'value');
  return {
    name: textOf(file, nameNode),
    kind: special ?? (isKeywordOnly ? 'keyword-only' : 'normal'),
    hasDefault: defaultValue !== null,
    annotation: childOf(node, 'type'),
    defaultValue,
    node,
  };
}

/**
 * Finds modules among the Space's files, as Python does with the app's folder first on its path.
 *
 * @param importer path of the file that imports
 * @param roots folders to look in, relative to the Space's; '' is the Space's own
 */
export function moduleFinder(
  paths: ReadonlySet<string>,
  importer: string,
  roots: readonly string[],
): FindModule {
  const folder = importer.includes('/') ? importer.slice(0, importer.lastIndexOf('/')) : '';
  return (module, name) => {
    const dots = /^\.*/.exec(module)?.[0].length ?? 0;
    const parts = module
      .slice(dots)
      .split('.')
      .filter((part) => part !== '');
    if (dots === 0) {
      for (const root of roots) {
        const found = filesAlong(paths, root, parts, name);
        if (found.length > 0) return found;
      }
      return [];
    }
    const base = normalizePath(`${folder}/${'../'.repeat(dots - 1)}`.replace(/^\//, ''));
    return base === null ? [] : filesAlong(paths, base, parts, name);
  };
}

/** `a.b` runs `a/__init__.py`, then `a/b.py`; a name taken out of it may be a module as well. */
function filesAlong(
  paths: ReadonlySet<string>,
  root: string,
  parts: readonly string[],
  name: string | null,
): readonly string[] {
  const found: string[] = [];
  let at = root;
  const steps = name === null || name === '*' ? parts : [...parts, name];
  for (const [index, step] of steps.entries()) {
    at = at === '' ? step : `${at}/${step}`;
    const file = [`${at}/__init__.py`, `${at}.py`].find((path) => paths.has(path));
    if (file !== undefined) found.push(file);
    else if (index >= parts.length) break;
  }
  if (parts.length === 0) return found;
  // `import numpy.local` is no reason to take a folder of another name for it.
  const first = `${root === '' ? '' : `${root}/`}${parts[0]}`;
  const isOurs =
    paths.has(`${first}.py`) || [...found].some((path) => path.startsWith(`${first}/`));
  return isOurs ? found : [];
}
