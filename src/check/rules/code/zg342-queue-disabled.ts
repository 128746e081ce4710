import { textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { keywordOf, removeArgument, unsafe } from './edits.js';
import { at } from './facts.js';

type Data = { readonly function: string };

export const queueDisabled = defineRule<Data>({
  id: 'ZG342',
  name: 'queue-disabled',
  severity: 'warning',
  summary: 'an event of a GPU function goes round the queue',
  docs: {
    why: 'Without the queue a visitor sees no progress and no place in it, and a call that waits for a GPU runs into the time-out of the page.',
    instead: 'Leave `queue=False` out for events of GPU functions.',
    notFound: 'Handlers that need no GPU.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\nbutton.click(generate, prompt, image, queue=False)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\nbutton.click(generate, prompt, image)',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/gradio.py: queue events.',
  },
  *check({ python }) {
    for (const { call, node, file } of python.handlers) {
      const queue = call.keywords.get('queue');
      const gpu = python.gpuFunctionOf(file, node);
      if (!queue || !gpu || !file.isReachable || textOf(file, queue) !== 'False') continue;
      const fix = unsafe(removeArgument(file, keywordOf(queue)));
      yield at(file, queue, { function: gpu.name }, fix);
    }
  },
  words({ function: name }) {
    return {
      message: `queue=False sends calls of the GPU function \`${name}\` round the queue`,
      help: 'leave it out',
    };
  },
});
