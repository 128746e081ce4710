/**
 * What turns a function into a GPU function: `spaces.GPU`, a name that stands for it, a decorator made
 * of it beforehand, or a function of the project's own that reaches it.
 */
import { argumentsOf } from './calls.js';
import type { Resolver } from './targets.js';
import { bare, childOf, nodesIn } from './tree.js';
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
/** Wrappers of wrappers of wrappers; deeper ones are not followed. */
const ROUNDS = 4;
/** Names of names of names; longer chains are not followed. */
const MOST_STEPS = 16;
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
  names: Resolver,
  numberOf: (file: PythonFile, node: PyNode) => number | null,
): Makers {
  const wrappers = new Map<PyFunction, Maker>();

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

  const makerOf = (file: PythonFile, node: PyNode, steps = 0): Maker | null => {
    if (steps > MOST_STEPS) return null;
    const at = bare(node);
    if (CHOICES.has(at.type)) {
      return at.children.reduce<Maker | null>(
        (found, one) => found ?? makerOf(file, one, steps + 1),
        null,
      );
    }
    const name = names.nameOf(file, at);
    if (name !== null && PACKAGE_NAMES.has(name)) return { kind: 'gpu' };
    if (at.type === 'call') return makerOfCall(file, at, steps + 1);
    if (at.type !== 'identifier' && at.type !== 'attribute') return null;
    const fn = names.functionOf(file, at);
    if (fn) return wrappers.get(fn) ?? null;
    // A parameter, or a name with a fallback, has other bindings beside the maker.
    const bound = names.bindingsOf(file, at);
    for (const one of bound?.bindings ?? []) {
      const maker = one.kind === 'value' && bound ? makerOf(bound.file, one.node, steps + 1) : null;
      if (maker) return maker;
    }
    return null;
  };

  const makerOfCall = (file: PythonFile, call: PyNode, steps: number): Maker | null => {
    const callee = childOf(call, 'function');
    if (!callee) return null;
    const { positional, keywords } = argumentsOf(file, call);
    const name = names.nameOf(file, callee);
    if (name === 'functools.partial' && positional[0]) {
      const inner = makerOf(file, positional[0], steps + 1);
      return inner?.kind === 'gpu' ? { kind: 'configured', file, call } : inner;
    }
    const maker = makerOf(file, callee, steps + 1);
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
