import { stringOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableCalls } from './facts.js';
import { modelBytes } from './model-size.js';

type Data = { readonly value: string; readonly gigabytes: number; readonly room: number };

export const deviceMapAuto = defineRule<Data>({
  id: 'ZG332',
  name: 'device-map-auto',
  severity: 'warning',
  summary: 'device_map="auto" at import plans for an emulated GPU',
  docs: {
    why: 'At import CUDA is emulated: accelerate plans with the memory of the slice, and may put layers on the CPU or the disk, where they stay slow for every call.',
    instead: 'Load on the CPU and `.to("cuda")`, or `device_map="cuda"`.',
    notFound:
      'Models whose size is not in their name, and those that fit: all of them goes to the GPU.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'model = AutoModelForCausalLM.from_pretrained("owner/chat-70B", device_map="auto")',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'model = AutoModelForCausalLM.from_pretrained("owner/chat-7B", device_map="cuda")',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/torch/patching.py: get_device_properties, memory_stats.',
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const call of reachableCalls(context)) {
      const { file, keywords, inFunction } = call;
      const node = keywords.get('device_map');
      const value = node && !inFunction ? stringOf(file, node) : null;
      if (node && value !== null && /^(?:auto|balanced|balanced_low_0|sequential)$/.test(value)) {
        const bytes = modelBytes(context, call);
        const room = context.profile.sizes.large.vramBytes;
        if (bytes === null || bytes <= room) continue;
        yield at(file, node, {
          value,
          gigabytes: Math.round(bytes / 1e9),
          room: Math.round(room / 1e9),
        });
      }
    }
  },
  words({ value, gigabytes, room }) {
    return {
      message: `device_map="${value}" puts a part of the model (about ${gigabytes} GB) on the CPU or the disk`,
      note: `a GPU has ${room} GB: that part is slow in every call`,
      help: 'a smaller or a quantized model, and device_map="cuda"',
    };
  },
});
