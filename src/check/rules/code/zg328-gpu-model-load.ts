import { childOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, callsIn, isCalledAtImport, LOADERS, reachableFiles } from './facts.js';
import { lazilyLoaded } from './zg315-lazy-model.js';

type Data = { readonly function: string; readonly call: string };

const LIGHT =
  /(?:Tokenizer|Processor|Config|Scheduler|FeatureExtractor)\w*\.from_pretrained$|\.from_config$/;

export const gpuModelLoad = defineRule<Data>({
  id: 'ZG328',
  name: 'gpu-model-load',
  severity: 'warning',
  summary: 'a model is loaded inside a GPU function',
  docs: {
    why: "Loading is paid with the visitor's GPU seconds, at each call.",
    instead:
      'Load at module level, with `.to("cuda")`: the package brings the weights into the worker.',
    notFound: 'Tokenizers, processors and schedulers, which are small.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n\n@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]',
      },
    ],
    evidence: 'Hugging Face documentation, page "Spaces ZeroGPU"; real Spaces.',
  },
  *check(context) {
    for (const file of reachableFiles(context)) {
      for (const fn of file.functions) {
        if (!context.python.onGpu.has(fn) || lazilyLoaded(fn)) continue;
        // A cache that is filled at import is found full.
        if (isCalledAtImport(context, fn)) continue;
        for (const call of callsIn(fn)) {
          const name = call.callee ?? call.method ?? '';
          if (!LOADERS.test(name) || LIGHT.test(name)) continue;
          // A function of the Space is reported where it loads.
          const callee = childOf(call.node, 'function');
          if (callee && context.python.functionOf(file, callee)) continue;
          yield at(file, call.node, { function: fn.name, call: name.replace(/^<local>\./, '') });
          break;
        }
      }
    }
  },
  words({ function: fn, call }) {
    return {
      message: `\`${fn}\` calls ${call} inside the GPU call`,
      note: "the visitor's GPU seconds pay for it",
      help: 'load it at module level, with .to("cuda")',
    };
  },
});
