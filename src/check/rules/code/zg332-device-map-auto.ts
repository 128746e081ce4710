import { stringOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly value: string };

export const deviceMapAuto = defineRule<Data>({
  id: 'ZG332',
  name: 'device-map-auto',
  severity: 'warning',
  summary: 'device_map="auto" at import plans for an emulated GPU',
  docs: {
    why: 'At import CUDA is emulated: accelerate plans with the memory of the slice, and may put layers on the CPU or the disk, where they stay slow for every call.',
    instead: 'Load on the CPU and `.to("cuda")`, or `device_map="cuda"`.',
    notFound: 'Inside a GPU function it sees the real device.',
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/torch/patching.py: get_device_properties, memory_stats.',
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const { file, keywords, inFunction } of reachableCalls(context)) {
      const node = keywords.get('device_map');
      const value = node && !inFunction ? stringOf(file, node) : null;
      if (node && value !== null && /^(?:auto|balanced|balanced_low_0|sequential)$/.test(value)) {
        yield at(file, node, { value });
      }
    }
  },
  words({ value }) {
    return {
      message: `device_map="${value}" at import plans for an emulated GPU`,
      help: 'device_map="cuda", or .to("cuda") after loading',
    };
  },
});
