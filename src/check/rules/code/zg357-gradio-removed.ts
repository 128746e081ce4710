import { childOf, nodesIn, type PyCall, textOf } from '../../../space/python/index.js';
import { defineRule, type Fix, type RuleContext } from '../../rule.js';
import {
  GRADIO_TABLE_SOURCE,
  removedName,
  removedParameters,
} from '../../tables/gradio-removed.js';
import { gradioOf } from '../dependencies/gradio-release.js';
import { keywordOf, removeArgument } from './edits.js';
import { at, isTried, reachableCalls, reachableFiles } from './facts.js';

type Data = {
  readonly what: string;
  readonly of: string;
  readonly gradio: string;
  readonly since: string;
  readonly instead: string;
};

/** What to write now, where it is not just left out. */
const INSTEAD: Readonly<Record<string, string>> = {
  concurrency_count: 'default_concurrency_limit=',
  show_download_button: 'buttons=["download"]',
  show_share_button: 'buttons=["share"]',
  show_copy_button: 'buttons=["copy"]',
  show_fullscreen_button: 'buttons=["fullscreen"]',
  source: 'sources=[…]',
  _js: 'js=',
  allow_flagging: 'flagging_mode=',
  every: 'gr.Timer(…).tick(…)',
  show_api: 'api_visibility=',
};
/** What changes nothing when it is left out: the newer release does it by itself, or has no such thing. */
const IDLE = new Set(['enable_queue', 'show_tips', 'bubble_full_width', 'default_enabled']);

export const gradioRemoved = defineRule<Data>({
  id: 'ZG357',
  name: 'gradio-removed',
  severity: 'error',
  summary: 'the code uses what the Gradio of the Space no longer has',
  docs: {
    why: 'A parameter that Gradio has removed raises "got an unexpected keyword argument", and a name that it has removed raises AttributeError: the app does not start.',
    instead: 'Write what took its place, or pin the `sdk_version` that the code was written for.',
    notFound:
      'A Space that names no Gradio, calls with `**options`, and parameters that Gradio takes and ignores.',
    examples: [
      {
        title: 'Fails with sdk_version 6.0.0',
        language: 'python',
        code: 'chat = gr.Chatbot(type="messages")\ndemo.queue(concurrency_count=2).launch(enable_queue=True)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'chat = gr.Chatbot()\ndemo.queue(default_concurrency_limit=2).launch()',
      },
    ],
    evidence: `The ${GRADIO_TABLE_SOURCE}.`,
  },
  *check(context) {
    const gradio = gradioOf(context);
    if (gradio === null) return;
    const handlers = new Set(context.python.handlers.map(({ call }) => call));
    for (const call of reachableCalls(context)) {
      const of = callableOf(call, handlers.has(call));
      for (const [name, since] of of === null ? [] : removedParameters(of, gradio)) {
        const value = call.keywords.get(name);
        if (!value || of === null) continue;
        const fix = fixOf(call, name);
        const data = { what: `${name}=`, of, gradio, since, instead: INSTEAD[name] ?? '' };
        const severity = isTried(call.node) ? 'warning' : 'error';
        yield at(call.file, keywordOf(value), data, { severity, ...(fix ? { fix } : {}) });
      }
    }
    for (const file of reachableFiles(context)) {
      if (!/\bgradio\b/.test(file.text)) continue;
      for (const node of nodesIn(file.root)) {
        if (node.type !== 'attribute' || node.parent?.type === 'attribute') continue;
        const name = context.python.nameOf(file, node) ?? '';
        const since = removedName(name, gradio);
        if (since === null || isOptional(context, file.path, name)) continue;
        const data = { what: name, of: 'gradio', gradio, since, instead: '' };
        yield at(file, node, data, { severity: isTried(node) ? 'warning' : 'error' });
      }
    }
  },
  words({ what, of, gradio, since, instead }) {
    const isName = of === 'gradio';
    const owner = of.startsWith('.') ? `${of.slice(1)}()` : `${of}()`;
    return {
      message: isName
        ? `${what} is not in Gradio ${gradio}`
        : `${owner} of Gradio ${gradio} does not take ${what}`,
      note: `gone in ${since}, or a release before it`,
      help: instead || (isName ? 'what took its place' : 'leave it out'),
    };
  },
});

/** The row of a call: by its name, or as a method that only Gradio has with such keywords. */
function callableOf({ callee, method, node }: PyCall, isHandler: boolean): string | null {
  if (callee?.startsWith('gradio.') && /^gradio\.[A-Za-z_]+$/.test(callee)) return callee;
  if (isHandler) return 'gradio.on';
  const isMethod = childOf(node, 'function')?.type === 'attribute';
  return isMethod && (method === 'launch' || method === 'queue') ? `.${method}` : null;
}

function fixOf({ file, keywords }: PyCall, name: string): Fix | undefined {
  const value = keywords.get(name);
  const removal = value && removeArgument(file, keywordOf(value));
  if (!removal || !value) return undefined;
  const isIdle =
    IDLE.has(name) || (name === 'type' && /^["']messages["']$/.test(textOf(file, value)));
  return isIdle ? removal : { ...removal, safety: 'unsafe' };
}

/** `hasattr(gr, "Box")` somewhere says that the author knows. */
function isOptional({ python }: RuleContext, path: string, name: string): boolean {
  const file = python.files.find((one) => one.path === path);
  const last = name.split('.').at(-1) ?? name;
  return (
    file !== undefined && new RegExp(`(?:hasattr|getattr)\\([^)]*["']${last}["']`).test(file.text)
  );
}
