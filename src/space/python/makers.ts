/**
 * What turns a function into a GPU function: `spaces.GPU`, a name that stands for it, a decorator made
 * of it beforehand, or a function of the project's own that reaches it.
 */
import { argumentsOf } from './calls.js';
import type { Names } from './names.js';
import { bare, childOf, nodesIn, stringOf, textOf } from './tree.js';
import type { PyFunction, PyNode, PythonFile } from './types.js';

export type Maker =
  /** `spaces.GPU` itself. */
  | { readonly kind: 'gpu' }
  /** `spaces.GPU(duration=60)`, waiting for its function. */
  | { readonly kind: 'configured'; readonly file: PythonFile; readonly call: PyNode }
  /** A function of the project's that reaches `spaces.GPU`; where, if it is in one place. */
  | { readonly kind: 'wrapper'; readonly file: PythonFile; readonly call: PyNode | null };

export interface Makers {
  /** What an expression is, as something that makes GPU functions; null for everything else. */
  makerOf(file: PythonFile, node: PyNode): Maker | null;
  /** The wrapper that a function of the project's is, or null. */
  wrapperOf(fn: PyFunction): Maker | null;
  /** Whether the first positional argument is the function, and not a duration or a size. */
  takesFunction(file: PythonFile, argument: PyNode): boolean;
}

const PACKAGE_NAMES = new Set([
  'spaces.GPU',
  'spaces.zero.GPU',
  'spaces.zero.decorator.GPU',
  'spaces.decorator.GPU',
]);
/** Wrappers of wrappers of wrappers; more nobody writes. */
const ROUNDS = 4;
const NO_FUNCTION = new Set([
  'integer',
  'float',
  'string',
  'none',
  'true',
  'false',
  'binary_operator',
]);
const CHOICES = new Set(['conditional_expression', 'boolean_operator', 'parenthesized_expression']);

export function findMakers(
  files: readonly PythonFile[],
  names: Names,
  numberOf: (file: PythonFile, node: PyNode) => number | null,
): Makers {
  const wrappers = new Map<PyFunction, Maker>();
  const aliases = new Map<PythonFile, Map<string, Maker>>();

  const takesFunction = (file: PythonFile, argument: PyNode): boolean => {
    const at = bare(argument);
    if (NO_FUNCTION.has(at.type) || at.type.endsWith('splat')) return false;
    if (names.nameOf(file, at) === 'datetime.timedelta') return false;
    if (at.type === 'call') {
      const callee = childOf(at, 'function');
      if (callee && names.nameOf(file, callee) === 'datetime.timedelta') return false;
    }
    return numberOf(file, at) === null;
  };

  const makerOf = (file: PythonFile, node: PyNode): Maker | null => {
    const at = bare(node);
    if (CHOICES.has(at.type)) {
      return at.children.reduce<Maker | null>((found, one) => found ?? makerOf(file, one), null);
    }
    if (at.type === 'call') return makerOfCall(file, at);
    const name = names.nameOf(file, at);
    if (name === null) return null;
    if (PACKAGE_NAMES.has(name)) return { kind: 'gpu' };
    const own = at.type === 'identifier' ? aliases.get(file)?.get(textOf(file, at)) : undefined;
    if (own) return own;
    const origin = names.originOf(file, at);
    const theirs = origin && aliases.get(origin.file)?.get(origin.name);
    if (theirs) return theirs;
    const fn = names.functionOf(file, at);
    return fn ? (wrappers.get(fn) ?? null) : null;
  };

  const makerOfCall = (file: PythonFile, call: PyNode): Maker | null => {
    const callee = childOf(call, 'function');
    if (!callee) return null;
    const { positional, keywords } = argumentsOf(file, call);
    const name = names.nameOf(file, callee);
    if (name === 'getattr' && positional[0] && positional[1]) {
      const isPackage = names.nameOf(file, positional[0]) === 'spaces';
      return isPackage && stringOf(file, positional[1]) === 'GPU' ? { kind: 'gpu' } : null;
    }
    if (name === 'functools.partial' && positional[0]) {
      const inner = makerOf(file, positional[0]);
      return inner?.kind === 'gpu' ? { kind: 'configured', file, call } : inner;
    }
    const maker = makerOf(file, callee);
    if (!maker || maker.kind === 'configured') return null;
    const [first] = positional;
    const isApplied = keywords.has('task') || (first && takesFunction(file, first));
    if (isApplied && maker.kind === 'gpu') return null;
    return maker.kind === 'gpu' ? { kind: 'configured', file, call } : maker;
  };

  // A name may stand for a wrapper that is found in a later round, so: until nothing is new.
  for (let round = 0; round < ROUNDS; round += 1) {
    let isNew = false;
    for (const file of files) {
      const found = aliases.get(file) ?? new Map<string, Maker>();
      aliases.set(file, found);
      for (const [name, value] of assignmentsOf(file)) {
        if (found.has(name)) continue;
        const maker = makerOf(file, value);
        if (maker) found.set(name, maker);
        isNew ||= maker !== null;
      }
      for (const fn of file.functions) {
        if (wrappers.has(fn) || fn.node.type === 'lambda') continue;
        const maker = wrapperIn(fn, makerOf);
        if (maker) wrappers.set(fn, maker);
        isNew ||= maker !== null;
      }
    }
    if (!isNew) break;
  }
  return { makerOf, takesFunction, wrapperOf: (fn) => wrappers.get(fn) ?? null };
}

/** Every `name = value`, at module level and in `try`, `if` and functions alike. */
function* assignmentsOf(file: PythonFile): Generator<readonly [string, PyNode]> {
  if (!/GPU|gpu/.test(file.text)) return;
  for (const node of nodesIn(file.root)) {
    if (node.type !== 'assignment') continue;
    const [left, right] = [childOf(node, 'left'), childOf(node, 'right')];
    if (left?.type === 'identifier' && right) yield [textOf(file, left), right];
  }
}

/**
 * A function that takes a function (or makes a decorator) and mentions what makes GPU functions. One
 * that only declares decorated functions of its own is used as no decorator, so it does no harm here.
 */
function wrapperIn(
  fn: PyFunction,
  makerOf: (file: PythonFile, node: PyNode) => Maker | null,
): Maker | null {
  if (!fn.body || !/GPU|gpu/.test(fn.file.text.slice(fn.body.start, fn.body.end))) return null;
  const calls: PyNode[] = [];
  let isFound = false;
  for (const node of nodesIn(fn.body)) {
    if (node.type !== 'identifier' && node.type !== 'attribute' && node.type !== 'call') continue;
    const maker = makerOf(
      fn.file,
      node.type === 'call' ? (childOf(node, 'function') ?? node) : node,
    );
    if (!maker) continue;
    isFound = true;
    if (node.type === 'call' && maker.kind === 'gpu') calls.push(node);
  }
  if (!isFound) return null;
  return { kind: 'wrapper', file: fn.file, call: calls.length === 1 ? (calls[0] ?? null) : null };
}
