/** What several rules of code ask alike. */
import {
  ancestorsOf,
  bare,
  childOf,
  nodesOfBody,
  type PyCall,
  type PyFunction,
  type PyNode,
  type PythonFile,
  rangeOf,
  stringOf,
  textOf,
} from '../../../space/python/index.js';
import type { FindingData, Fix, Found, RuleContext, Severity } from '../../rule.js';
import { installed } from '../dependencies/entries.js';

/** A finding at a node. */
export function at<Data extends FindingData>(
  file: PythonFile,
  node: PyNode,
  data: Data,
  more: { readonly severity?: Severity; readonly fix?: Fix } = {},
): Found<Data> {
  return { file: file.path, range: rangeOf(file, node), data, ...more };
}

/** Files that the app runs. */
export function reachableFiles({ python }: RuleContext): readonly PythonFile[] {
  return python.files.filter(({ isReachable }) => isReachable);
}

const liveCalls = new WeakMap<object, readonly PyCall[]>();

/** Calls in files that the app runs; those that nothing can execute left out. */
export function reachableCalls(context: RuleContext): readonly PyCall[] {
  const { python } = context;
  const known = liveCalls.get(python);
  if (known) return known;
  const live = reachableFiles(context).flatMap(({ calls }) =>
    calls.filter(({ file, node }) => python.executionOf(file, node) !== 'never'),
  );
  liveCalls.set(python, live);
  return live;
}

/** Calls that run inside a GPU function, as far as names tell. */
export function* gpuCalls(context: RuleContext): Generator<PyCall> {
  for (const call of reachableCalls(context)) {
    if (call.inFunction && context.python.onGpu.has(call.inFunction)) yield call;
  }
}

/** Functions that get the GPU themselves, each once, in files that the app runs. */
export function gpuBodies({ python }: RuleContext): readonly PyFunction[] {
  const found = python.gpuFunctions.flatMap((one) => (one.isReachable ? (one.function ?? []) : []));
  return [...new Set(found)];
}

/** Functions that Gradio calls and that run in the app's own process. */
export function plainHandlers({ python }: RuleContext): readonly PyFunction[] {
  const found = python.handlers.flatMap(({ function: fn, file }) =>
    fn && file.isReachable && !python.onGpu.has(fn) ? fn : [],
  );
  return [...new Set(found)];
}

/** Whether the Space means to run on ZeroGPU: it imports the package, or lists it. */
export function meansZeroGpu(context: RuleContext): boolean {
  return context.python.importsSpaces || installed(context).some(({ name }) => name === 'spaces');
}

/** Whether an exception of it is caught. */
export function isTried(node: PyNode): boolean {
  for (const around of ancestorsOf(node)) {
    if (around.type === 'function_definition' || around.type === 'lambda') return false;
    if (around.type === 'try_statement') return true;
  }
  return false;
}

/** The literal device that an expression is: `cuda`, `cuda:1`, `cpu`; null when it is unknown. */
export function deviceOf(
  context: RuleContext,
  file: PythonFile,
  node: PyNode,
  steps = 0,
): string | null {
  if (steps > 6) return null;
  const expression = bare(node);
  const text = stringOf(file, expression);
  if (text !== null) return text;
  if (expression.type === 'conditional_expression') {
    // torch.cuda.is_available() is true once spaces is imported.
    const [value, condition] = expression.children;
    const isAsked = condition && /is_available\(\)$/.test(textOf(file, condition));
    return isAsked && value ? deviceOf(context, file, value, steps + 1) : null;
  }
  if (expression.type === 'call') {
    const callee = childOf(expression, 'function');
    const first = childOf(expression, 'arguments')?.children[0];
    const isDevice = callee && context.python.nameOf(file, callee) === 'torch.device';
    return isDevice && first ? deviceOf(context, file, first, steps + 1) : null;
  }
  if (expression.type !== 'identifier') return null;
  const known = context.python.valuesOf(file, expression);
  const values =
    known.length > 0
      ? known
      : assignments(file, textOf(file, expression)).map((node) => ({ file, node }));
  const [value] = values;
  return value && values.length === 1 ? deviceOf(context, value.file, value.node, steps + 1) : null;
}

/** What is assigned to a name at module level, anywhere in `if` and `try` too. */
export function assignments(file: PythonFile, name: string): readonly PyNode[] {
  const found: PyNode[] = [];
  for (const node of nodesOfBody(file.root)) {
    if (node.type !== 'assignment') continue;
    const [left, right] = [childOf(node, 'left'), childOf(node, 'right')];
    if (left?.type === 'identifier' && right && textOf(file, left) === name) found.push(right);
  }
  return found;
}

export function isCuda(device: string | null): boolean {
  return device !== null && /^cuda(?::\d+)?$/.test(device);
}

/** Whether a call moves or makes something on CUDA: `.cuda()`, `.to("cuda")`, `device="cuda"`. */
export function putsOnCuda(context: RuleContext, call: PyCall): boolean {
  const { file, node, method, positional, keywords, callee } = call;
  const isMethodCall = childOf(node, 'function')?.type === 'attribute';
  if (method === 'cuda' && isMethodCall && callee !== 'torch.cuda') return positional.length === 0;
  if (callee === 'torch.device' || isOwnRecord(context, call)) return false;
  const device =
    keywords.get('device') ??
    keywords.get('device_map') ??
    (method === 'to' ? positional[0] : undefined);
  return device !== undefined && isCuda(deviceOf(context, file, device));
}

/** A class of the Space's own that keeps what it gets: a dataclass, a NamedTuple. */
function isOwnRecord({ python }: RuleContext, { file, node }: PyCall): boolean {
  const callee = childOf(node, 'function');
  const owner = callee && python.classOf(file, callee);
  if (!owner || python.methodOf(owner, '__init__') || python.methodOf(owner, '__call__'))
    return false;
  const isMade = (owner.node.parent?.children ?? []).some(
    (one) =>
      one.type === 'decorator' && /\b(?:dataclass|define|frozen)\b/.test(textOf(owner.file, one)),
  );
  const isTuple = owner.bases.some((base) =>
    /NamedTuple|TypedDict|BaseModel/.test(textOf(owner.file, base)),
  );
  return isMade || isTuple;
}

const onCudaOf = new WeakMap<object, Map<PythonFile, ReadonlySet<string>>>();

/** Names of a file's module level whose value lies on CUDA when the app has started. */
export function namesOnCuda(context: RuleContext, file: PythonFile): ReadonlySet<string> {
  const known = onCudaOf.get(context.python) ?? new Map<PythonFile, ReadonlySet<string>>();
  onCudaOf.set(context.python, known);
  const before = known.get(file);
  if (before) return before;
  const found = new Set<string>();
  for (const call of file.calls) {
    if (
      call.inFunction ||
      context.python.isConditional(file, call.node) ||
      !putsOnCuda(context, call)
    )
      continue;
    const callee = childOf(call.node, 'function');
    const object = callee && childOf(callee, 'object');
    const parent = call.node.parent;
    const left = parent?.type === 'assignment' ? childOf(parent, 'left') : null;
    if (left?.type === 'identifier') found.add(textOf(file, left));
    else if (parent?.type === 'expression_statement' && object?.type === 'identifier') {
      found.add(textOf(file, object));
    }
  }
  known.set(file, found);
  return found;
}

/** The class of something that torch or its libraries load: `FluxPipeline.from_pretrained`. */
export const LOADERS =
  /(?:^|\.)(?:from_pretrained|from_single_file|hf_hub_download|snapshot_download|from_config|load_model|create_model_and_transforms)$|^transformers\.pipeline$/;

/** Names that a function takes as its own: parameters and what it assigns without `global`. */
export function localNames(fn: PyFunction): ReadonlySet<string> {
  const names = new Set(fn.parameters.map(({ name }) => name));
  const globals = globalNames(fn);
  for (const node of fn.body ? nodesOfBody(fn.body) : []) {
    const left = node.type === 'assignment' ? childOf(node, 'left') : null;
    const target = left ?? (node.field === 'left' ? node : null);
    if (target?.type === 'identifier') names.add(textOf(fn.file, target));
    if (target?.type === 'pattern_list' || target?.type === 'tuple_pattern') {
      for (const one of target.children) names.add(textOf(fn.file, one));
    }
    if (node.type === 'as_pattern_target') names.add(textOf(fn.file, node));
  }
  for (const name of globals) names.delete(name);
  return names;
}

export function globalNames(fn: PyFunction): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of fn.body ? nodesOfBody(fn.body) : []) {
    if (node.type !== 'global_statement') continue;
    for (const one of node.children) names.add(textOf(fn.file, one));
  }
  return names;
}

/** Calls that run when the body of a function runs. */
export function callsIn(fn: PyFunction): readonly PyCall[] {
  return fn.file.calls.filter(({ inFunction }) => inFunction === fn);
}

/** Whether a function is called while the app starts, where no visitor stands behind the call. */
export function isCalledAtImport({ python }: RuleContext, fn: PyFunction): boolean {
  return python.calledAtStart.has(fn);
}

/** A literal, or the one literal that a name or an attribute always stands for. */
export function literalText(context: RuleContext, file: PythonFile, node: PyNode): string | null {
  const own = stringOf(file, node) ?? joinedText(context, file, node);
  if (own !== null) return own;
  if (node.type !== 'identifier' && node.type !== 'attribute') return null;
  const values = context.python.valuesOf(file, node);
  const [value] = values;
  if (!value || values.length !== 1 || value.node === node) return null;
  return stringOf(value.file, value.node) ?? joinedText(context, value.file, value.node);
}

/** A path of literal parts: `os.path.join("out", "a.wav")`, `Path("out") / "a.wav"`, `str(path)`, `f"{OUT}/a.wav"`. */
function joinedText(context: RuleContext, file: PythonFile, node: PyNode): string | null {
  const at = bare(node);
  if (at.type === 'binary_operator') {
    const [left, right] = [childOf(at, 'left'), childOf(at, 'right')];
    const operator = left && right ? file.text.slice(left.end, right.start).trim() : '';
    const between = operator === '/' ? '/' : operator === '+' ? '' : null;
    const parts = left && right ? [left, right].map((one) => literalText(context, file, one)) : [];
    return between === null || parts.length === 0 ? null : joinedBy(parts, between);
  }
  if (at.type === 'string') return formattedText(context, file, at);
  const callee = at.type === 'call' ? childOf(at, 'function') : null;
  const name = callee && context.python.nameOf(file, callee);
  if (!callee || !JOINERS.test(name ?? '')) return null;
  const call = file.calls.find((one) => one.node === at);
  const parts = call?.positional.map((one) => literalText(context, file, one)) ?? [];
  return parts.length === 0 ? null : joinedBy(parts, '/');
}

const JOINERS = /^(?:os\.path\.(?:join|abspath|realpath)|pathlib\.(?:Pure)?Path|str)$/;

function joinedBy(parts: readonly (string | null)[], between: string): string | null {
  return parts.every((one) => one !== null) ? parts.join(between) : null;
}

/** `f"{OUT}/a.wav"` where every part is known. */
function formattedText(context: RuleContext, file: PythonFile, node: PyNode): string | null {
  const parts = node.children.filter(({ type }) => type === 'interpolation');
  if (parts.length === 0) return null;
  let text = textOf(file, node).replace(/^[a-zA-Z]*(?:"""|'''|["'])|(?:"""|'''|["'])$/g, '');
  for (const part of parts) {
    const [inner, ...others] = part.children;
    const value = inner && others.length === 0 ? literalText(context, file, inner) : null;
    if (value === null) return null;
    text = text.replace(textOf(file, part), () => value);
  }
  return text;
}
