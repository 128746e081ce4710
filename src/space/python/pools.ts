/** `pool.submit(fn)` runs a function in a thread; `box.submit(fn, …)` binds it to an event of Gradio. */
import { bare, childOf, textOf } from './tree.js';
import type { PyNode, PythonFile, PythonModel } from './types.js';

/** What only an event of Gradio is given. */
const EVENT_KEYWORDS = new Set([
  'inputs',
  'outputs',
  'api_name',
  'queue',
  'show_progress',
  'concurrency_limit',
  'trigger_mode',
]);
const POOL = /Executor|Pool\b|concurrent\.futures/;

/**
 * Whether a call of a method `submit` hands its first argument to a pool of threads or processes.
 *
 * @param names what names stand for
 * @param call the call's node
 * @param keywords its keywords, by name
 */
export function submitsToPool(
  names: Pick<PythonModel, 'nameOf' | 'valuesOf'>,
  file: PythonFile,
  call: PyNode,
  keywords: ReadonlyMap<string, PyNode>,
): boolean {
  if ([...keywords.keys()].some((name) => EVENT_KEYWORDS.has(name))) return false;
  const callee = childOf(call, 'function');
  const receiver = callee?.type === 'attribute' ? childOf(callee, 'object') : null;
  if (!receiver) return false;
  const makers = [{ file, node: receiver }, ...names.valuesOf(file, receiver)].flatMap((value) => {
    const at = bare(value.node);
    const made = at.type === 'call' ? childOf(at, 'function') : null;
    return (made && names.nameOf(value.file, made)) ?? [];
  });
  if (makers.some((name) => name.startsWith('gradio.'))) return false;
  if (makers.some((name) => POOL.test(name))) return true;
  return POOL.test(file.text) || /pool|executor/i.test(textOf(file, receiver));
}
