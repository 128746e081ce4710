/** The parts put together: one immutable model that rules ask. */
import { argumentsOf } from './calls.js';
import { foldNumber } from './constants.js';
import { makeExecution } from './execution.js';
import { findGpuFunctions, type GpuFunctions } from './gpu.js';
import { findHandlers } from './handlers.js';
import { findMakers } from './makers.js';
import { mayRunFrom } from './may-run.js';
import { findReach } from './reach.js';
import { makeResolver } from './resolver.js';
import type { Resolver } from './targets.js';
import { bare, childOf, nodesIn } from './tree.js';
import type { GpuFunction, PyFunction, PyNode, PythonFile, PythonModel } from './types.js';

/**
 * @param app the file that the platform starts
 * @param found every file that was read, by path; their calls are those of this resolver
 */
export function buildModel(
  app: PythonFile | null,
  found: ReadonlyMap<string, PythonFile>,
  names: Resolver,
): PythonModel {
  const files = [...found.values()];
  const numberOf = (file: PythonFile, node: PyNode) => foldNumber(names, file, node)?.value ?? null;
  const makers = findMakers(files, names, numberOf);
  const gpu = findGpuFunctions(files, names, makers);
  const execution = makeExecution(names);
  const isGpu = (fn: PyFunction) => gpu.byFunction.has(fn);
  const reach = findReach({ files, names, execution, isGpu });
  const executionOfFunction = remembered((fn: PyFunction) => executionOf(fn.file, fn.node));
  const executionOf: PythonModel['executionOf'] = (file, node) => {
    if (execution.isDead(file, node)) return 'never';
    const fn = names.functionAround(file, node);
    const around = fn === null ? 'executed' : executionOfFunction(fn);
    if (around === 'never') return 'never';
    const isReached = fn === null ? reach.files.has(file) : reach.functions.has(fn);
    return isReached ? around : 'unreached';
  };
  const onGpu = reachedFrom(gpu, names);
  let mayRun: ReadonlySet<PyFunction> | null = null;
  return {
    app,
    files,
    gpuFunctions: gpu.all.map((one) =>
      one.isReachable && execution.isDead(one.file, one.maker)
        ? { ...one, isReachable: false }
        : one,
    ),
    handlers: findHandlers(files, names),
    importsSpaces: files.some(
      ({ imports, isReachable }) =>
        isReachable &&
        imports.some(
          ({ module, files: own }) => /^spaces(?:\.|$)/.test(module) && own.length === 0,
        ),
    ),
    onGpu,
    mayRunOnGpu(fn) {
      mayRun ??= mayRunFrom(onGpu, files);
      return mayRun.has(fn);
    },
    calledAtStart: reach.calledAtStart,
    onlyAtStart: reach.onlyAtStart,
    executionOf,
    isConditional: execution.isConditional,
    syntaxErrorsOf: ({ syntaxErrors }) => syntaxErrors,
    functionOf: (file, node) => names.functionOf(file, node),
    classOf: (file, node) => names.classOf(file, node),
    methodOf: (owner, name) => names.methodOf(owner, name),
    valuesOf: (file, node) => names.valuesOf(file, node),
    nameOf: rememberedByNode((file, node) => names.nameOf(file, node)),
    numberOf,
    gpuFunctionOf: rememberedByNode((file, node) => gpuFunctionOf(gpu, names, file, node)),
  };
}

/** The answers for what was asked before: a dozen rules ask about the same calls. */
function remembered<Asked extends object, Answer>(find: (asked: Asked) => Answer) {
  const known = new Map<Asked, Answer>();
  return (asked: Asked): Answer => {
    const before = known.get(asked);
    if (before !== undefined) return before;
    const found = find(asked);
    known.set(asked, found);
    return found;
  };
}

/** The same for nodes, each of which is in one file. */
function rememberedByNode<Answer>(find: (file: PythonFile, node: PyNode) => Answer) {
  const known = new Map<PyNode, Answer>();
  return (file: PythonFile, node: PyNode): Answer => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const found = find(file, node);
    known.set(node, found);
    return found;
  };
}

function gpuFunctionOf(
  gpu: GpuFunctions,
  names: Resolver,
  file: PythonFile,
  node: PyNode,
): GpuFunction | null {
  const at = bare(node);
  const bound = names.bindingsOf(file, at);
  for (const one of bound?.bindings ?? []) {
    const made = one.kind === 'value' ? gpu.byCall.get(bare(one.node)) : undefined;
    if (made) return made;
  }
  const fn = names.functionOf(file, at);
  return (fn && gpu.byFunction.get(fn)) ?? null;
}

/** GPU functions, what they call, and what is declared in them. */
function reachedFrom({ all }: GpuFunctions, names: Resolver): ReadonlySet<PyFunction> {
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
function* targetsOf(fn: PyFunction, names: Resolver): Generator<PyFunction> {
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
  return buildModel(null, new Map(), makeResolver(new Map()));
}
