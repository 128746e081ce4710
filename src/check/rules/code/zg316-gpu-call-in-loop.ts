import { childOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableCalls } from './facts.js';
import { isInLoop } from './loops.js';

type Data = { readonly function: string; readonly caller: string };

export const gpuCallInLoop = defineRule<Data>({
  id: 'ZG316',
  name: 'gpu-call-in-loop',
  severity: 'warning',
  summary: 'a GPU function is called in a loop',
  docs: {
    why: 'Each call queues, takes a slice, may fork a worker and pickles its arguments. A later one may get no GPU any more, when half of the work is done.',
    instead: 'Decorate one function that holds the loop; as a generator it shows each step.',
    notFound:
      'A loop that ends in its first pass, by a `return` or `break` at its end; what a comprehension runs through.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef one_image(prompt):\n    return pipe(prompt).images[0]\n\ndef all_images(prompts):\n    return [one_image(prompt) for prompt in prompts]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU(duration=120)\ndef all_images(prompts):\n    for prompt in prompts:\n        yield pipe(prompt).images[0]',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    for (const { file, node, inFunction } of reachableCalls(context)) {
      if (!inFunction || context.python.onGpu.has(inFunction) || !isInLoop(node)) continue;
      const callee = childOf(node, 'function');
      const gpu = callee && context.python.gpuFunctionOf(file, callee);
      if (gpu) yield at(file, node, { function: gpu.name, caller: inFunction.name });
    }
  },
  words({ function: name, caller }) {
    return {
      message: `\`${caller}\` calls the GPU function \`${name}\` in a loop`,
      note: 'each call queues and forks again, and may be refused',
      help: 'decorate one function that holds the loop',
    };
  },
});
