/** The GPU functions of a Space: every place where something makes one. */
import { argumentsOf } from './calls.js';
import { type FoldedNumber, foldNumber } from './constants.js';
import type { Maker, Makers } from './makers.js';
import type { Resolver } from './targets.js';
import { bare, childOf, rangeOf, stringOf, textOf } from './tree.js';
import type {
  DeclaredDuration,
  GpuFunction,
  GpuKeyword,
  PyCall,
  PyFunction,
  PyNode,
  PythonFile,
} from './types.js';

export interface GpuFunctions {
  readonly all: readonly GpuFunction[];
  /** By what is decorated in place. */
  readonly byFunction: ReadonlyMap<PyFunction, GpuFunction>;
  /** By the call of the call form: `fast = spaces.GPU(slow)`. */
  readonly byCall: ReadonlyMap<PyNode, GpuFunction>;
}

const DEFAULT: DeclaredDuration = { kind: 'default', seconds: null, node: null };

export function findGpuFunctions(
  files: readonly PythonFile[],
  names: Resolver,
  makers: Makers,
): GpuFunctions {
  const all: GpuFunction[] = [];
  const byFunction = new Map<PyFunction, GpuFunction>();
  const byCall = new Map<PyNode, GpuFunction>();
  for (const file of files) {
    for (const fn of file.functions) {
      const made = decoratedBy(fn, names, makers);
      if (!made) continue;
      all.push(made);
      byFunction.set(fn, made);
    }
    for (const call of file.calls) {
      const made = madeByCall(call, names, makers);
      if (!made) continue;
      all.push(made);
      byCall.set(call.node, made);
    }
  }
  return { all, byFunction, byCall };
}

function decoratedBy(fn: PyFunction, names: Resolver, makers: Makers): GpuFunction | null {
  for (const decorator of fn.decorators) {
    const maker = makers.makerOf(fn.file, decorator);
    if (maker) {
      const kind = maker.kind === 'wrapper' ? 'wrapper' : 'decorator';
      return gpuFunction(
        fn.file,
        decorator,
        kind,
        fn,
        fn.name,
        optionsOf(maker, fn.file, decorator),
        names,
      );
    }
  }
  return null;
}

/** `spaces.GPU(f)`, `spaces.GPU(duration=60)(f)`, `on_gpu(f)`. */
function madeByCall(call: PyCall, names: Resolver, makers: Makers): GpuFunction | null {
  const { file, node, positional, keywords } = call;
  const callee = childOf(node, 'function');
  const target = keywords.get('task') ?? positional[0];
  // In a decorator's place it is a decorator.
  if (!callee || !target || node.parent?.type === 'decorator') return null;
  const maker = makers.makerOf(file, callee);
  if (!maker || !makers.takesFunction(file, target)) return null;
  const fn = names.functionOf(file, target);
  // A wrapper may be any function: it makes one when it is given one.
  if (maker.kind === 'wrapper' && !fn) return null;
  // Inside a wrapper it is the wrapper's own parameter that is made one, at each use of it.
  if (isOwnParameter(call, target)) return null;
  const kind = maker.kind === 'wrapper' ? 'wrapper' : 'call';
  const name = fn?.name ?? textOf(file, target).slice(0, 60);
  const options = maker.kind === 'gpu' ? { file, call: node } : optionsOf(maker, file, callee);
  return gpuFunction(file, node, kind, fn, name, options, names);
}

function isOwnParameter({ file, inFunction }: PyCall, target: PyNode): boolean {
  const at = bare(target);
  if (at.type !== 'identifier') return false;
  const name = textOf(file, at);
  for (let fn = inFunction; fn; fn = fn.enclosing) {
    if (fn.parameters.some((one) => one.name === name)) return true;
  }
  return false;
}

interface Options {
  readonly file: PythonFile;
  /** The call that carries duration and size; null when there is none that is sure. */
  readonly call: PyNode | null;
  readonly isSure?: boolean;
}

function optionsOf(maker: Maker, file: PythonFile, node: PyNode): Options {
  if (maker.kind === 'configured') return maker;
  const at = bare(node);
  if (maker.kind === 'gpu') return { file, call: at.type === 'call' ? at : null };
  return { file: maker.file, call: maker.call, isSure: false };
}

function gpuFunction(
  file: PythonFile,
  maker: PyNode,
  kind: GpuFunction['kind'],
  fn: PyFunction | null,
  name: string,
  options: Options,
  names: Resolver,
): GpuFunction {
  const keywords = options.call ? keywordsOf(options.file, options.call) : [];
  const isWrapper = options.isSure === false;
  return {
    file,
    name,
    qualifiedName: fn?.qualifiedName ?? name,
    kind,
    maker,
    makerRange: rangeOf(file, maker),
    nameRange: fn ? rangeOf(fn.file, fn.nameNode) : null,
    function: fn,
    keywords: isWrapper ? [] : keywords,
    duration: isWrapper ? wrappedDuration(names, options) : durationOf(names, options, kind),
    size: sizeOf(options, keywords, isWrapper),
    isReachable: file.isReachable,
  };
}

/** A wrapper may take a duration of its own: only a number that stands in it is sure. */
function wrappedDuration(names: Resolver, options: Options): DeclaredDuration {
  const found = options.call && durationOf(names, options, 'call');
  const isSure = found?.kind === 'seconds' || found?.kind === 'default';
  return found && isSure ? found : { kind: 'unknown', node: null };
}

function keywordsOf(file: PythonFile, call: PyNode): readonly GpuKeyword[] {
  return (childOf(call, 'arguments')?.children ?? []).flatMap((one) => {
    if (one.type !== 'keyword_argument') return [];
    const [nameNode, value] = [childOf(one, 'name'), childOf(one, 'value')];
    return nameNode && value ? [{ name: textOf(file, nameNode), nameNode, value }] : [];
  });
}

function durationOf(
  names: Resolver,
  { file, call }: Options,
  kind: GpuFunction['kind'],
): DeclaredDuration {
  if (!call) return DEFAULT;
  const { positional, keywords } = argumentsOf(file, call);
  const hasSplat = [...positional].some(({ type }) => type.endsWith('splat'));
  const node = keywords.get('duration') ?? firstNumber(names, file, positional, kind);
  if (!node) return hasSplat ? { kind: 'unknown', node: null } : DEFAULT;
  const at = bare(node);
  if (at.type === 'none') return DEFAULT;
  const folded: FoldedNumber | null = foldNumber(names, file, at);
  if (folded) {
    return { kind: 'seconds', seconds: folded.value, isTimedelta: folded.isTimedelta, node };
  }
  const fn = names.functionOf(file, at);
  if (fn) return { kind: 'callable', function: fn, node };
  return {
    kind: at.type === 'lambda' ? 'callable' : 'unknown',
    function: null,
    node,
  } as DeclaredDuration;
}

/** `GPU(45)`: what is first and no function is the duration, unless it is a word: that is the size. */
function firstNumber(
  names: Resolver,
  file: PythonFile,
  positional: readonly PyNode[],
  kind: GpuFunction['kind'],
): PyNode | undefined {
  const [first] = positional;
  if (!first || first.type.endsWith('splat') || bare(first).type === 'string') return undefined;
  if (kind !== 'call') return first;
  return foldNumber(names, file, first) ? first : undefined;
}

function sizeOf(
  { file, call }: Options,
  keywords: readonly GpuKeyword[],
  isWrapper: boolean,
): GpuFunction['size'] {
  if (!call || isWrapper) return null;
  const first = argumentsOf(file, call).positional[0];
  const named = keywords.find(({ name }) => name === 'size')?.value;
  const node = named ?? (first && bare(first).type === 'string' ? first : undefined);
  const value = node && stringOf(file, node);
  return node && value != null ? { value, node } : null;
}
