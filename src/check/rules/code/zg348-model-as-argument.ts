import { childOf, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, localNames, reachableCalls } from './facts.js';
import { kindOnCuda } from './on-cuda.js';

type Data = { readonly function: string; readonly argument: string };

export const modelAsArgument = defineRule<Data>({
  id: 'ZG348',
  name: 'model-as-argument',
  severity: 'warning',
  summary: 'a model on CUDA is passed to a GPU function as an argument',
  docs: {
    why: 'Arguments travel to the worker by pickle. What is on CUDA has no data outside a GPU function, so that a model or tensor that is passed arrives with empty weights: the result is silently wrong.',
    instead: 'Use the module-level name inside the GPU function, and pass only the input.',
    notFound: 'Models that are made inside functions, or held by objects.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'net = Net().to("cuda")\n\n@spaces.GPU\ndef work(model, text): …\n\ndef run(text):\n    return work(net, text)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'net = Net().to("cuda")\n\n@spaces.GPU\ndef work(text):\n    return net(text)',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: arg_queue.put; tried: a packed torch.nn.Linear arrives with zeros, without an error.',
  },
  *check(context) {
    const { python } = context;
    if (!python.importsSpaces) return;
    for (const { file, node, inFunction, positional, keywords } of reachableCalls(context)) {
      if (inFunction && python.onGpu.has(inFunction)) continue;
      const callee = childOf(node, 'function');
      const gpu = callee && python.gpuFunctionOf(file, callee);
      if (!gpu) continue;
      const locals = inFunction ? localNames(inFunction) : new Set<string>();
      for (const one of [...positional, ...keywords.values()]) {
        if (locals.has(textOf(file, one)) || kindOnCuda(context, file, one) === null) continue;
        yield at(file, one, { function: gpu.name, argument: textOf(file, one) });
      }
    }
  },
  words({ function: name, argument }) {
    return {
      message: `\`${argument}\` is on CUDA, and \`${name}\` gets it by pickle`,
      note: 'silently wrong: it arrives with empty weights',
      help: `use \`${argument}\` inside \`${name}\` by its module-level name`,
    };
  },
});
