import { defineRule } from '../../rule.js';
import { compareVersions } from '../../versions.js';
import { gradioOf } from '../dependencies/gradio-release.js';
import { insertAfterNode, replaceNode } from './edits.js';
import { at } from './facts.js';
import { cachingOf, keepsExamples } from './zg321-examples-eager.js';

type Data = { readonly function: string; readonly isOld: boolean };

export const examplesCache = defineRule<Data>({
  id: 'ZG343',
  name: 'examples-cache',
  severity: 'warning',
  summary: 'examples of a GPU function are cached without saying when',
  docs: {
    why: "A cached example is computed without a visitor's token: it counts against the Space's own address. When that is depends on the release of Gradio and on the platform's settings.",
    instead:
      '`cache_examples=True, cache_mode="lazy"`, or results that are made beforehand. Gradio 4 has no `cache_mode`: write `cache_examples="lazy"` there (4.40 and later).',
    notFound: 'Lazy caching, and examples of functions that need no GPU.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\ngr.Examples(examples, inputs, outputs, fn=generate, cache_examples=True)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\ngr.Examples(examples, inputs, outputs, fn=generate, cache_examples=True, cache_mode="lazy")',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/client.py: "Try re-running outside of examples".',
  },
  *check(context) {
    const { python } = context;
    const gradio = gradioOf(context);
    const isOld = gradio !== null && compareVersions(gradio, '5.0.0') < 0;
    for (const { call, node, file } of python.handlers) {
      const gpu = python.gpuFunctionOf(file, node);
      if (!gpu || !file.isReachable || !keepsExamples(call)) continue;
      const { cacheExamples, cacheMode } = cachingOf(call);
      const keyword = call.keywords.get('cache_examples');
      if (keyword && cacheExamples === 'True' && cacheMode === null) {
        const fix = isOld
          ? replaceNode(file, keyword, '"lazy"')
          : insertAfterNode(file, keyword, ', cache_mode="lazy"');
        yield at(
          file,
          keyword,
          { function: gpu.name, isOld },
          { fix: { ...fix, safety: 'unsafe' } },
        );
      }
    }
  },
  words({ function: name, isOld }) {
    return {
      message: `examples of the GPU function \`${name}\` are cached, without a visitor's quota`,
      help: isOld ? 'cache_examples="lazy"' : 'cache_mode="lazy"',
    };
  },
});
