/** The functions that Gradio calls for a visitor. */
import { submitsToPool } from './pools.js';
import type { Resolver } from './targets.js';
import { bare } from './tree.js';
import type { EventHandler, PyCall, PyFunction, PyNode, PythonFile } from './types.js';

const EVENTS = new Set(
  'click change input submit select upload load then success failure blur focus release edit play pause stop end start_recording pause_recording stop_recording stream tick like retry undo clear apply key_up double_click unload delete example_select option_select download expand collapse copy custom_button_click'.split(
    ' ',
  ),
);
const COMPONENTS = new Set(['gradio.Interface', 'gradio.ChatInterface', 'gradio.Examples']);
/** Position of the function where it is not named. */
const FN_POSITION: Readonly<Record<string, number>> = { 'gradio.Examples': 3, 'gradio.on': 1 };

export function findHandlers(
  files: readonly PythonFile[],
  names: Resolver,
): readonly EventHandler[] {
  return files.flatMap((file) => {
    if (!usesGradio(file)) return [];
    const bound = file.calls.flatMap((call) => handlersOf(call, names));
    return [...bound, ...file.functions.flatMap((fn) => decoratedHandlers(fn, names))];
  });
}

function usesGradio(file: PythonFile): boolean {
  return /\bgradio\b|\bgr\./.test(file.text);
}

function handlersOf(call: PyCall, names: Resolver): readonly EventHandler[] {
  const event = eventOf(call);
  if (event === null) return [];
  if (event === 'submit' && submitsToPool(names, call.file, call.node, call.keywords)) return [];
  const named = call.keywords.get('fn');
  const position = FN_POSITION[call.callee ?? ''] ?? 0;
  const node = named ?? call.positional[position];
  if (!node || bare(node).type === 'none') return [];
  const fn = names.functionOf(call.file, node);
  // `list.clear(x)` and `dict.load(x)` are no events: an unnamed argument must be a function.
  if (!fn && !named && !COMPONENTS.has(call.callee ?? '')) return [];
  return [{ file: call.file, call, event, function: fn, node }];
}

function eventOf({ callee, method, node }: PyCall): string | null {
  if (callee && COMPONENTS.has(callee)) return callee.slice('gradio.'.length);
  if (callee === 'gradio.on') return 'on';
  const isMethod = node.children[0]?.type === 'attribute';
  return isMethod && method !== null && EVENTS.has(method) ? method : null;
}

/** `@button.click(inputs=…)`, `@gr.on(…)`, `@gr.render(…)`. */
function decoratedHandlers(fn: PyFunction, names: Resolver): readonly EventHandler[] {
  return fn.decorators.flatMap((decorator: PyNode) => {
    const call = fn.file.calls.find(({ node }) => node === decorator);
    if (!call) return [];
    const name = names.nameOf(fn.file, decorator.children[0] ?? decorator);
    const event = name === 'gradio.render' ? 'render' : eventOf(call);
    if (event === null || COMPONENTS.has(call.callee ?? '')) return [];
    return [{ file: fn.file, call, event, function: fn, node: decorator }];
  });
}
