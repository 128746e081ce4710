/** The parts put together: one immutable model that rules ask. */
import { argumentsOf } from './calls.js';
import { foldNumber } from './constants.js';
import { findGpuFunctions, type GpuFunctions } from './gpu.js';
import { findHandlers } from './handlers.js';
import { findMakers } from './makers.js';
import { makeNames, type Names } from './names.js';
import { bare, childOf, nodesIn, textOf } from './tree.js';
import type { GpuFunction, PyFunction, PyNode, PythonFile, PythonModel } from './types.js';

export function buildModel(
  app: PythonFile | null,
  found: ReadonlyMap<string, PythonFile>,
  names: Names,
): PythonModel {
  const files = [...found.values()];
  const numberOf = (file: PythonFile, node: PyNode) => foldNumber(names, file, node)?.value ?? null;
  const makers = findMakers(files, names, numberOf);
  const gpu = findGpuFunctions(files, names, makers);
  return {
    app,
    files,
    gpuFunctions: gpu.all,
    handlers: findHandlers(files, names),
    importsSpaces: files.some(
      ({ imports, isReachable }) =>
        isReachable &&
        imports.some(
          ({ module, files: own }) => /^spaces(?:\.|$)/.test(module) && own.length === 0,
        ),
    ),
    onGpu: reachedFrom(gpu, names),
    syntaxErrorsOf: ({ syntaxErrors }) => syntaxErrors,
    functionOf: names.functionOf,
    nameOf: names.nameOf,
    numberOf,
    gpuFunctionOf: (file, node) => gpuFunctionOf(gpu, names, file, node),
  };
}

function gpuFunctionOf(
  gpu: GpuFunctions,
  names: Names,
  file: PythonFile,
  node: PyNode,
): GpuFunction | null {
  const at = bare(node);
  const own = at.type === 'identifier' ? gpu.byName.get(file)?.get(textOf(file, at)) : undefined;
  if (own) return own;
  const origin = names.originOf(file, at);
  const theirs = origin && gpu.byName.get(origin.file)?.get(origin.name);
  if (theirs) return theirs;
  const fn = names.functionOf(file, at);
  return (fn && gpu.byFunction.get(fn)) ?? null;
}

/** GPU functions, what they call, and what is declared in them. */
function reachedFrom({ all }: GpuFunctions, names: Names): ReadonlySet<PyFunction> {
  const reached = new Set<PyFunction>();
  const open = all.flatMap((one) => one.function ?? []);
  for (let fn = open.pop(); fn; fn = open.pop()) {
    if (reached.has(fn)) continue;
    reached.add(fn);
    for (const target of targetsOf(fn, names)) open.push(target);
  }
  return reached;
}

/** Functions that a body calls, hands on, or declares. */
function* targetsOf(fn: PyFunction, names: Names): Generator<PyFunction> {
  if (!fn.body) return;
  yield* fn.file.functions.filter(({ enclosing }) => enclosing === fn);
  for (const node of nodesIn(fn.body)) {
    if (node.type !== 'call') continue;
    const callee = childOf(node, 'function');
    const { positional, keywords } = argumentsOf(fn.file, node);
    for (const one of [callee, ...positional, ...keywords.values()]) {
      const isName = one?.type === 'identifier' || one?.type === 'attribute' || one === callee;
      const target = one && isName ? names.functionOf(fn.file, one) : null;
      if (target) yield target;
    }
  }
}

/** The Python of a Space that has none. */
export function noPython(): PythonModel {
  return buildModel(null, new Map(), makeNames(new Map()));
}
