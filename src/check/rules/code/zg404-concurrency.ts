import { defineRule } from '../../rule.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly keyword: string };

export const concurrency = defineRule<Data>({
  id: 'ZG404',
  name: 'concurrency',
  severity: 'advice',
  summary: 'one call at a time, where the platform would give several GPUs',
  docs: {
    why: 'A Space may use several GPUs at once, one for each call that runs. With a concurrency limit of 1 visitors wait for each other.',
    instead: 'Leave the limit out, or raise it.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\nbutton.click(generate, prompt, image)\ndemo.queue(default_concurrency_limit=1)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\nbutton.click(generate, prompt, image)\ndemo.queue(default_concurrency_limit=5)',
      },
    ],
    evidence: 'Hugging Face documentation, page "Spaces ZeroGPU" (2025-11-05).',
  },
  *check(context) {
    const { python } = context;
    if (python.gpuFunctions.length === 0) return;
    for (const { file, callee, method, keywords, positional } of reachableCalls(context)) {
      const name = ['default_concurrency_limit', 'concurrency_limit'].find((one) =>
        keywords.has(one),
      );
      const value = name && keywords.get(name);
      if (!name || !value || python.numberOf(file, value) !== 1) continue;
      const handler = keywords.get('fn') ?? positional[0];
      const isQueue = method === 'queue' || method === 'launch';
      const isGpu = handler && python.gpuFunctionOf(file, handler) !== null;
      if (isQueue || isGpu || callee === 'gradio.ChatInterface')
        yield at(file, value, { keyword: name });
    }
  },
  words({ keyword }) {
    return {
      message: `${keyword}=1 lets one visitor at a time have a GPU`,
      help: 'leave it out, or raise it',
    };
  },
});
