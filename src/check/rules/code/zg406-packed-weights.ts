import type { PlatformProfile } from '../../../platform/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at } from './facts.js';
import { packedWeights } from './packed.js';

type Data = {
  readonly gigabytes: string;
  /** Null where the disk is large enough. */
  readonly diskGigabytes: number | null;
  /** Above so many GiB `xlarge` is the default size; null where nothing changes. */
  readonly xlargeAboveGib: number | null;
};

const GB = 1e9;
const GIB = 2 ** 30;

export const weightsPacked = defineRule<Data>({
  id: 'ZG406',
  name: 'packed-weights',
  severity: 'advice',
  summary: 'the weights on CUDA at start-up fill the disk, or make every call an xlarge one',
  docs: {
    why: 'What is on CUDA when the app has started is packed to a file on the ephemeral disk of the Space, beside the downloaded weights. As many bytes as the disk has fill it. On editions of the platform with `xlarge`, `spaces` makes that the default size above a limit (42 GiB on rtx-pro-6000): each call then takes a whole GPU, and costs twice the seconds.',
    instead:
      'Load weights of half the width (`torch.bfloat16`, or quantized), leave parts that few calls need on the CPU, and write `size=` so that it does not depend on the weights.',
    notFound:
      'Weights whose size is not written in the Space. Counted are tensors and layers of written sizes, also in loops over `range(10)`, and models whose name says how many parameters they have, at two bytes each unless the line says otherwise: the sum is a lower bound.',
    examples: [
      {
        title: 'Fails when the weights take more than 50 GB',
        language: 'python',
        code: 'pipe = DiffusionPipeline.from_pretrained(MODEL).to("cuda")',
      },
      {
        title: 'Passes with half of them',
        language: 'python',
        code: 'pipe = DiffusionPipeline.from_pretrained(MODEL, torch_dtype=torch.bfloat16).to("cuda")',
      },
      {
        title: '50 GB on the disk',
        language: 'python',
        code: 'blocks = [\n    torch.empty(5_000_000_000, dtype=torch.uint8, device="cuda")\n    for _ in range(10)\n]',
      },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces Overview": 50 GB of ephemeral disk; spaces 0.51.3 (PyPI), spaces/zero/configs.json and spaces/zero/torch/packing.py.',
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    const weights = packedWeights(context);
    const bytes = weights.reduce((sum, one) => sum + one.bytes, 0);
    const limits = limitsPassed(context, bytes);
    const largest = weights.toSorted((a, b) => b.bytes - a.bytes)[0]?.call;
    if (!limits || !largest) return;
    const gigabytes = (Math.floor(bytes / (GB / 10)) / 10).toString();
    yield at(largest.file, largest.node, { gigabytes, ...limits });
  },
  words({ gigabytes, diskGigabytes, xlargeAboveGib }) {
    const xlarge = `above ${xlargeAboveGib} GiB a function without size= runs as xlarge`;
    const message = `at least ${gigabytes} GB of weights are on CUDA at start-up, and are packed to disk`;
    const help = 'weights of half the width, or size="large" where the calls fit';
    if (diskGigabytes === null) return { message, note: xlarge, help };
    const disk = `the disk of a Space has ${diskGigabytes} GB`;
    const note = xlargeAboveGib === null ? disk : `${disk}; ${xlarge}`;
    return { message, note, help: 'weights of half the width, or fewer of them on CUDA' };
  },
});

/** Which limits of the profile so many packed bytes reach; null for none. */
function limitsPassed(
  context: RuleContext,
  bytes: number,
): Pick<Data, 'diskGigabytes' | 'xlargeAboveGib'> | null {
  const { packing }: PlatformProfile = context.profile;
  const { xlargeAboveBytes, diskBytes } = packing;
  const isLarger = xlargeAboveBytes !== null && bytes > xlargeAboveBytes && leavesSize(context);
  const isFull = bytes >= diskBytes;
  if (!isLarger && !isFull) return null;
  return {
    diskGigabytes: isFull ? Math.round(diskBytes / GB) : null,
    xlargeAboveGib: isLarger ? Math.round(xlargeAboveBytes / GIB) : null,
  };
}

/** Whether a GPU function leaves its size to the default. */
function leavesSize({ python }: RuleContext): boolean {
  return python.gpuFunctions.some(
    ({ keywords, size, isReachable }) =>
      isReachable && size === null && !keywords.some(({ name }) => name === 'size'),
  );
}
