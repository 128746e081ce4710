/** Which functions run where: while the app starts, in threads of it, and for visitors. */
import {
  childOf,
  type PyCall,
  type PyFunction,
  submitsToPool,
  textOf,
} from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';
import { callsIn, plainHandlers, reachableCalls } from './facts.js';

const THREADS = /^(?:threading\.(?:Thread|Timer)|_thread\.start_new_thread)$/;
const POOLS = new Set(['submit', 'map', 'run_in_executor', 'to_thread', 'apply_async']);

const threadsOf = new WeakMap<object, ReadonlySet<PyFunction>>();
const visitorsOf = new WeakMap<object, ReadonlySet<PyFunction>>();

/** Functions that run in a thread other than the main one while the app starts, or beside it. */
export function threadFunctions(context: RuleContext): ReadonlySet<PyFunction> {
  const known = threadsOf.get(context.python);
  if (known) return known;
  const started: PyFunction[] = [];
  for (const call of reachableCalls(context)) {
    const { inFunction } = call;
    if (inFunction && context.python.onGpu.has(inFunction)) continue;
    const target = threadTarget(context, call);
    if (target) started.push(target);
  }
  const found = closure(context, started);
  threadsOf.set(context.python, found);
  return found;
}

/** Undecorated handlers of events, and the undecorated functions that they call. */
export function visitorFunctions(context: RuleContext): ReadonlySet<PyFunction> {
  const known = visitorsOf.get(context.python);
  if (known) return known;
  const found = closure(context, plainHandlers(context));
  visitorsOf.set(context.python, found);
  return found;
}

/** Whether a function runs in a worker alone, as far as names tell: no handler of the app's own process reaches it. */
export function runsInWorker(context: RuleContext, fn: PyFunction): boolean {
  const { python } = context;
  if (python.onGpu.has(fn)) return true;
  return python.mayRunOnGpu(fn) && !visitorFunctions(context).has(fn);
}

/** The Space's own function that a call hands to a thread. */
function threadTarget({ python }: RuleContext, call: PyCall): PyFunction | null {
  const { file, callee, method, positional, keywords } = call;
  const target = childOf(call.node, 'function');
  const owner = target && python.classOf(file, target);
  const isOwnThread = owner?.bases.some(
    (base) => python.nameOf(owner.file, base) === 'threading.Thread',
  );
  if (owner && isOwnThread) return python.methodOf(owner, 'run');
  const isThread = THREADS.test(callee ?? '') || isSubclass(call);
  if (isThread) {
    const node = keywords.get('target') ?? keywords.get('function') ?? positional[1];
    return node ? python.functionOf(file, node) : null;
  }
  const isPool =
    POOLS.has(method ?? '') &&
    childOf(call.node, 'function')?.type === 'attribute' &&
    (method !== 'submit' || submitsToPool(python, file, call.node, keywords));
  const node = positional[method === 'run_in_executor' ? 1 : 0];
  return isPool && node && /^(?:identifier|attribute|lambda)$/.test(node.type)
    ? python.functionOf(file, node)
    : null;
}

/** `Thread(target=…)` under whatever name it was imported. */
function isSubclass({ file, node, keywords }: PyCall): boolean {
  const callee = childOf(node, 'function');
  return keywords.has('target') && callee !== null && /Thread$/.test(textOf(file, callee));
}

/** The functions, and the undecorated ones that they call. */
function closure(context: RuleContext, from: readonly PyFunction[]): ReadonlySet<PyFunction> {
  const found = new Set<PyFunction>();
  const open = [...from];
  for (let fn = open.pop(); fn; fn = open.pop()) {
    if (found.has(fn) || isGpu(context, fn)) continue;
    found.add(fn);
    for (const { file, node } of callsIn(fn)) {
      const callee = childOf(node, 'function');
      const called = callee && context.python.functionOf(file, callee);
      if (called) open.push(called);
    }
    open.push(...fn.file.functions.filter(({ enclosing }) => enclosing === fn));
  }
  return found;
}

function isGpu({ python }: RuleContext, fn: PyFunction): boolean {
  return python.gpuFunctions.some(({ function: one }) => one === fn);
}
