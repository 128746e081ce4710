import { childOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at } from './facts.js';

type Data = { readonly function: string; readonly how: string };

export const gpuCallPerStep = defineRule<Data>({
  id: 'ZG403',
  name: 'gpu-call-per-step',
  severity: 'advice',
  summary: 'a GPU function is called by a timer or a stream',
  docs: {
    why: "Each call counts as one run of the visitor's day, queues, and may fork a worker.",
    instead: 'One decorated generator that holds the loop.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef step(state):\n    return model(state)\n\ngr.Timer(0.5).tick(step, state, state)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef steps(state):\n    for _ in range(20):\n        state = model(state)\n        yield state\n\nbutton.click(steps, state, state)',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/client.py: "You have exceeded your ZeroGPU runs limit".',
  },
  *check({ python }) {
    for (const { call, node, file, event } of python.handlers) {
      const gpu = python.gpuFunctionOf(file, node);
      if (!gpu || !file.isReachable) continue;
      const isRepeated = event === 'tick' || event === 'stream' || call.keywords.has('every');
      const callee = childOf(call.node, 'function') ?? call.node;
      if (isRepeated)
        yield at(file, callee, { function: gpu.name, how: event === 'load' ? 'every' : event });
    }
  },
  words({ function: name, how }) {
    return {
      message: `${how} calls the GPU function \`${name}\` again and again`,
      note: "each call is one run of the visitor's day",
      help: 'one decorated generator that holds the loop',
    };
  },
});
