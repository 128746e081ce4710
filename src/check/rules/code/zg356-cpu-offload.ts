import { childOf, rangeOf } from '../../../space/python/index.js';
import { defineRule, type Fix } from '../../rule.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly call: string };

const OFFLOADS =
  /^(?:enable_model_cpu_offload|enable_sequential_cpu_offload|enable_group_offload)$/;

export const cpuOffload = defineRule<Data>({
  id: 'ZG356',
  name: 'cpu-offload',
  severity: 'warning',
  summary: 'a pipeline keeps its weights on the CPU',
  docs: {
    why: 'Offloading keeps the parts of a pipeline on the CPU and moves each to the GPU when it runs. It is made for GPUs that are too small for the model; on ZeroGPU the moves are paid with GPU seconds at each call, and nothing is packed at start-up.',
    instead: '`pipe.to("cuda")` at module level, where the model fits.',
    notFound:
      'Whether the model fits the GPU: a pipeline that does not needs offloading. Under a condition it is an info.',
    examples: [
      { title: 'Fails', language: 'python', code: 'pipe.enable_model_cpu_offload()' },
      { title: 'Passes', language: 'python', code: 'pipe.to("cuda")' },
    ],
    evidence:
      'diffusers, DiffusionPipeline.enable_model_cpu_offload (0.42.1): the weights go to the CPU; Hugging Face documentation, page "Spaces ZeroGPU": modules belong on cuda at import.',
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const { file, node, method, positional, keywords } of reachableCalls(context)) {
      const callee = childOf(node, 'function');
      const attribute = callee?.type === 'attribute' ? childOf(callee, 'attribute') : null;
      if (!attribute || method === null || !OFFLOADS.test(method)) continue;
      const isPlain = positional.length === 0 && keywords.size === 0;
      const range = rangeOf(file, { start: attribute.start, end: node.end });
      const fix: Fix = {
        edits: [{ file: file.path, range, newText: 'to("cuda")' }],
        safety: 'unsafe',
      };
      // A switch decides: often one of the environment, that is off.
      const isSwitched = context.python.isConditional(file, node);
      const severity = isSwitched ? { severity: 'info' as const } : {};
      yield at(file, node, { call: method }, { ...severity, ...(isPlain ? { fix } : {}) });
    }
  },
  words({ call }) {
    return {
      message: `${call}() keeps the weights on the CPU, and each call moves them with GPU seconds`,
      help: '.to("cuda") at module level, where the model fits',
    };
  },
});
