import { defineRule } from '../../rule.js';
import { at } from './facts.js';
import { cachingOf, keepsExamples } from './zg321-examples-eager.js';

type Data = { readonly function: string };

export const examplesCache = defineRule<Data>({
  id: 'ZG343',
  name: 'examples-cache',
  severity: 'warning',
  summary: 'examples of a GPU function are cached without saying when',
  docs: {
    why: "A cached example is computed without a visitor's token: it counts against the Space's own address. When that is depends on the release of Gradio and on the platform's settings.",
    instead: '`cache_examples=True, cache_mode="lazy"`, or results that are made beforehand.',
    notFound: 'Lazy caching, and examples of functions that need no GPU.',
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/client.py: "Try re-running outside of examples".',
  },
  *check({ python }) {
    for (const { call, node, file } of python.handlers) {
      const gpu = python.gpuFunctionOf(file, node);
      if (!gpu || !file.isReachable || !keepsExamples(call)) continue;
      const { cacheExamples, cacheMode } = cachingOf(call);
      const keyword = call.keywords.get('cache_examples');
      if (keyword && cacheExamples === 'True' && cacheMode === null) {
        yield at(file, keyword, { function: gpu.name });
      }
    }
  },
  words({ function: name }) {
    return {
      message: `examples of the GPU function \`${name}\` are cached, without a visitor's quota`,
      help: 'cache_mode="lazy"',
    };
  },
});
