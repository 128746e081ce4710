import {
  bare,
  childOf,
  type EventHandler,
  type PyNode,
  type PythonFile,
  type PythonModel,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, callsIn, reachableCalls } from './facts.js';

type Data = { readonly function: string; readonly how: string };

export const gpuOnPageLoad = defineRule<Data>({
  id: 'ZG352',
  name: 'gpu-on-page-load',
  severity: 'warning',
  summary: 'every view of the page calls a GPU function',
  docs: {
    why: "What is bound to the page's load event runs for each visitor who opens it, and for each crawler. The seconds are taken from the visitor's quota of the day before they have asked for anything, and the queue fills with calls whose result is not read.",
    instead: 'Bind the GPU function to a button, and show a result that was made beforehand.',
    notFound: 'Load events of functions that need no GPU.',
    examples: [
      { title: 'Fails', language: 'python', code: 'demo.load(generate, prompt, image)' },
      { title: 'Passes', language: 'python', code: 'button.click(generate, prompt, image)' },
    ],
    evidence:
      'Gradio, Blocks.load and callable values of components; quota is GPU time (page "Spaces ZeroGPU").',
  },
  *check(context) {
    const { python } = context;
    for (const handler of python.handlers) {
      if (!runsOnLoad(handler) || !handler.file.isReachable) continue;
      const name = gpuBehind(context, handler);
      const callee = childOf(handler.call.node, 'function') ?? handler.call.node;
      if (name !== null) yield at(handler.file, callee, { function: name, how: 'the load event' });
    }
    for (const { file, callee, keywords, positional } of reachableCalls(context)) {
      if (!/^gradio\.[A-Z]/.test(callee ?? '') || TAKES_FUNCTION.test(callee ?? '')) continue;
      const value = keywords.get('value') ?? positional[0];
      const gpu = value && isName(value) ? gpuBehind(context, calledBy(python, file, value)) : null;
      if (value && gpu) yield at(file, value, { function: gpu, how: 'value=' });
    }
  },
  words({ function: name, how }) {
    return {
      message: `${how} calls the GPU function \`${name}\` each time somebody opens the page`,
      note: 'it takes quota from visitors who have asked for nothing',
      help: 'bind it to a button instead',
    };
  },
});

function isName({ type }: PyNode): boolean {
  return type === 'identifier' || type === 'attribute';
}

/** The first argument of these is a function, and not a value. */
const TAKES_FUNCTION = /^gradio\.(?:Interface|ChatInterface|Examples|Timer|TabbedInterface)$/;

function calledBy(python: PythonModel, file: PythonFile, node: PyNode): Called {
  return { file, node, function: python.functionOf(file, node) };
}

/** `gr.on` without triggers runs when the page is opened, as `gr.render` does. */
function runsOnLoad({ event, call, node }: EventHandler): boolean {
  if (event === 'load') return true;
  if (event !== 'on' && event !== 'render') return false;
  const triggers =
    call.keywords.get('triggers') ?? (event === 'on' ? call.positional[0] : undefined);
  if (!triggers || triggers === node || bare(triggers).type === 'none') return true;
  return /\.load\b(?!\s*\()/.test(textOf(call.file, triggers));
}

type Called = Pick<EventHandler, 'file' | 'node' | 'function'>;

/** The GPU function that a load event calls, itself or through a plain handler. */
function gpuBehind({ python }: RuleContext, handler: Called): string | null {
  const own = python.gpuFunctionOf(handler.file, handler.node);
  if (own) return own.name;
  for (const { file, node } of handler.function ? callsIn(handler.function) : []) {
    const callee = childOf(node, 'function');
    const gpu = callee && python.gpuFunctionOf(file, callee);
    if (gpu) return gpu.name;
  }
  return null;
}
