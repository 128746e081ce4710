/** What an expression can stand for, and the questions that are asked about it. */
import type { ModulePlace } from './modules.js';
import type { Binding, FileIndex } from './scope.js';
import type { PyClass, PyFunction, PyNode, PythonFile, PyValue } from './types.js';

export type Target =
  /** Something that is not the Space's: `torch.cuda.is_available`. */
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'module'; readonly place: ModulePlace }
  | { readonly kind: 'function'; readonly function: PyFunction }
  | { readonly kind: 'class'; readonly class: PyClass }
  | { readonly kind: 'instance'; readonly class: PyClass };

export interface Resolver {
  /** What an expression is; null for what only a run can tell. */
  targetOf(file: PythonFile, node: PyNode): Target | null;
  /** The same for a bare name in a function; null stands for the module level. */
  targetOfName(file: PythonFile, fn: PyFunction | null, name: string): Target | null;
  /** Dotted name after imports are resolved; the text for what is not known; null for what is not a name. */
  nameOf(file: PythonFile, node: PyNode): string | null;
  functionOf(file: PythonFile, node: PyNode): PyFunction | null;
  /** The class, or the class of the instance. */
  classOf(file: PythonFile, node: PyNode): PyClass | null;
  /** A method of a class or of the classes of the Space that it inherits from. */
  methodOf(owner: PyClass, name: string): PyFunction | null;
  /** Everything assigned to a name or attribute; empty where something else binds it as well. */
  valuesOf(file: PythonFile, node: PyNode): readonly PyValue[];
  /** Where a name is bound: the bindings and their file, after imports. */
  bindingsOf(file: PythonFile, node: PyNode): Bound | null;
  /** The functions and classes of a file by their nodes. */
  indexOf(file: PythonFile): FileIndex;
  /** The function whose body a node is in. */
  functionAround(file: PythonFile, node: PyNode): PyFunction | null;
}

export interface Bound {
  readonly file: PythonFile;
  readonly bindings: readonly Binding[];
}

/** The name of what is not a package, as it is written, by what its first part is bound to. */
export function writtenName(
  text: string,
  parts: readonly string[],
  meant: Binding | undefined,
): string {
  if (meant?.kind !== 'import') {
    // A class of that name that stands in for a package is not the package.
    const isStub = parts.length > 0 && meant?.kind === 'class';
    return [...(isStub ? ['<local>'] : []), text, ...parts].join('.');
  }
  const { place, module, name } = meant.import;
  // A module of the Space's own is not the installed one of that name.
  const own = place ? `<local>.${module}` : module;
  return [own, ...(name ? [name] : []), ...parts].join('.');
}
