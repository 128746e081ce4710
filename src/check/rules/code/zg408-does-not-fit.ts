import type { GpuSize } from '../../../platform/tiers.js';
import { formatBytes } from '../../../shared/bytes.js';
import { defineRule } from '../../rule.js';
import { estimateOf } from './estimated.js';
import { at } from './facts.js';

type Data = {
  readonly function: string;
  readonly peak: number;
  readonly room: number;
  readonly asked: GpuSize;
  /** The size that it fits in; null for none. */
  readonly size: GpuSize | null;
};

export const estimateTooLarge = defineRule<Data>({
  id: 'ZG408',
  name: 'does-not-fit',
  severity: 'error',
  asksEstimate: true,
  asksOtherProfiles: false,
  summary: 'a GPU function needs more memory than its slice has, by an estimate',
  docs: {
    why: 'The call ends with `torch.OutOfMemoryError`. `check --estimate` runs the Space without its weights, calls each endpoint once and counts what is allocated; nothing is asserted of a function that was not called.',
    instead:
      'Ask for a larger size where the platform has one, use a smaller or quantised model, or smaller inputs. `zerogpu estimate` names the line where memory is highest, and `--largest NAME` the largest input that fits.',
    notFound:
      'Functions that no endpoint calls with its example or default values, and inputs larger than these.',
    examples: [
      {
        title: 'Fails: 98.6 GB on a slice of 74.3 GB',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt, num_images_per_prompt=64).images',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt, num_images_per_prompt=4).images',
      },
    ],
    evidence:
      'A run on the weightless device; its memory is within 4 % of published figures for language models and image pipelines (docs/estimate.md).',
  },
  *check(context) {
    for (const fn of context.python.gpuFunctions) {
      const found = estimateOf(context, fn);
      if (!found || !fn.isReachable || found.peakBytes <= found.roomBytes) continue;
      const { peakBytes: peak, roomBytes: room, askedSize: asked, size } = found;
      yield at(fn.file, fn.maker, { function: fn.name, peak, room, asked, size });
    }
  },
  words({ function: name, peak, room, asked, size }) {
    const isLarger = size === 'xlarge' && asked === 'large';
    return {
      message: `\`${name}\` allocates ${formatBytes(peak)}, and a ${asked} slice has ${formatBytes(room)}`,
      note: isLarger ? 'it fits in xlarge' : 'it fits in no size of this platform',
      help: isLarger ? "@spaces.GPU(size='xlarge')" : 'zerogpu estimate',
    };
  },
});
