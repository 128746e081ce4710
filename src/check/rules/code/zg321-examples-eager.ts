import type { PyCall } from '../../../space/python/index.js';
import { stringOf, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { replaceNode, unsafe } from './edits.js';
import { at, reachableFiles } from './facts.js';

type Data = { readonly function: string };

const EAGER_BY_ENVIRONMENT = /GRADIO_CACHE_MODE["']\s*(?:\]\s*=|,)\s*["']eager["']/;

export const examplesEager = defineRule<Data>({
  id: 'ZG321',
  name: 'examples-eager',
  severity: 'error',
  summary: 'examples are computed at start-up, where there is no GPU',
  docs: {
    why: 'With `cache_mode="eager"` Gradio runs the function on every example while the app starts. No visitor stands behind such a call: it runs on the owner\'s quota, or not at all.',
    instead: '`cache_mode="lazy"`: each example is computed when somebody first asks for it.',
    notFound: 'Examples of a function that needs no GPU, and `cache_examples=False`.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'gr.Examples(examples, inputs, outputs, fn=generate, cache_examples=True, cache_mode="eager")',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'gr.Examples(examples, inputs, outputs, fn=generate, cache_examples=True, cache_mode="lazy")',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    const isEagerByEnvironment = reachableFiles(context).some(({ text }) =>
      EAGER_BY_ENVIRONMENT.test(text),
    );
    for (const { call, node, file } of context.python.handlers) {
      const gpu = context.python.gpuFunctionOf(file, node);
      if (!gpu || !file.isReachable || !keepsExamples(call)) continue;
      const { cacheExamples, cacheMode } = cachingOf(call);
      if (cacheExamples === 'False' || cacheExamples === '"lazy"') continue;
      const isEager =
        cacheMode === 'eager' ||
        (isEagerByEnvironment && cacheMode === null && cacheExamples === 'True');
      const mode = call.keywords.get('cache_mode');
      const fix = mode && cacheMode === 'eager' ? replaceNode(file, mode, '"lazy"') : undefined;
      if (isEager) yield at(file, call.node, { function: gpu.name }, unsafe(fix));
    }
  },
  words({ function: name }) {
    return {
      message: `examples of the GPU function \`${name}\` are computed at start-up`,
      note: 'there is no visitor, and no GPU, then',
      help: 'cache_mode="lazy"',
    };
  },
});

/** Components that have examples; on others the words mean nothing. */
export function keepsExamples({ callee }: PyCall): boolean {
  return /^gradio\.(?:Interface|ChatInterface|Examples)$/.test(callee ?? '');
}

export function cachingOf({ file, keywords }: PyCall): {
  readonly cacheExamples: string | null;
  readonly cacheMode: string | null;
} {
  const examples = keywords.get('cache_examples');
  const mode = keywords.get('cache_mode');
  return {
    cacheExamples: examples ? textOf(file, examples).replaceAll("'", '"') : null,
    cacheMode: mode ? (stringOf(file, mode) ?? 'unknown') : null,
  };
}
