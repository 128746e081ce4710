/** What a syntax tree declares: imports, functions and calls. */
import type { ModuleFinder } from './modules.js';
import { ancestorsOf, childOf, nodesIn, nodesOfBody, textOf } from './tree.js';
import type { PyFunction, PyImport, PyNode, PyParameter, PythonFile } from './types.js';

type Text = Pick<PythonFile, 'text'>;

export function collectImports(
  file: Text,
  root: PyNode,
  finder: ModuleFinder,
): readonly PyImport[] {
  return [...nodesIn(root)].flatMap((node) => {
    if (node.type === 'import_statement') return importsOf(file, node, finder);
    return node.type === 'import_from_statement' ? importsFrom(file, node, finder) : [];
  });
}

function importsOf(file: Text, node: PyNode, finder: ModuleFinder): readonly PyImport[] {
  const around = surroundingsOf(file, node);
  return node.children.flatMap((child) => {
    const named = child.type === 'aliased_import' ? childOf(child, 'name') : child;
    const alias = child.type === 'aliased_import' ? childOf(child, 'alias') : null;
    if (named?.type !== 'dotted_name') return [];
    const module = textOf(file, named).replaceAll(/\s/g, '');
    const files = finder.filesOf(module, null);
    // `import a.b` binds a, `import a.b as c` binds a.b to c.
    const boundTo = alias ? textOf(file, alias) : (module.split('.')[0] ?? module);
    const bound = alias ? module : boundTo;
    const place = finder.placeOf(module, null, bound);
    return [
      { node, module: bound, imported: module, name: null, boundTo, files, place, ...around },
    ];
  });
}

function importsFrom(file: Text, node: PyNode, finder: ModuleFinder): readonly PyImport[] {
  const around = surroundingsOf(file, node);
  const moduleNode = childOf(node, 'module_name');
  if (!moduleNode) return [];
  const module = textOf(file, moduleNode).replaceAll(/\s/g, '');
  return node.children.flatMap((child): readonly PyImport[] => {
    if (child.type === 'wildcard_import') {
      const files = finder.filesOf(module, null);
      const place = finder.placeOf(module, null, module);
      return [
        { node, module, imported: module, name: '*', boundTo: null, files, place, ...around },
      ];
    }
    if (child.field !== 'name') return [];
    const named = child.type === 'aliased_import' ? childOf(child, 'name') : child;
    const alias = child.type === 'aliased_import' ? childOf(child, 'alias') : null;
    if (!named) return [];
    const name = textOf(file, named);
    const boundTo = alias ? textOf(file, alias) : name;
    const files = finder.filesOf(module, name);
    const place = finder.placeOf(module, name, module);
    return [{ node, module, imported: module, name, boundTo, files, place, ...around }];
  });
}

function surroundingsOf(file: Text, node: PyNode): Pick<PyImport, 'isModuleLevel' | 'guard'> {
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

/** The functions of a file, lambdas included, and its classes, outermost first. */
export function collectDefinitions(file: PythonFile): {
  readonly functions: readonly PyFunction[];
  readonly classNodes: readonly PyNode[];
} {
  const byNode = new Map<PyNode, PyFunction>();
  const classNodes: PyNode[] = [];
  for (const node of nodesIn(file.root)) {
    if (node.type === 'class_definition') classNodes.push(node);
    if (node.type === 'function_definition') {
      const nameNode = childOf(node, 'name');
      if (nameNode) byNode.set(node, makeFunction(file, node, nameNode, byNode));
    } else if (node.type === 'lambda') {
      const left = node.parent?.type === 'assignment' ? childOf(node.parent, 'left') : null;
      const nameNode = left?.type === 'identifier' && node.field === 'right' ? left : node;
      byNode.set(node, makeFunction(file, node, nameNode, byNode));
    }
  }
  return { functions: [...byNode.values()], classNodes };
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
