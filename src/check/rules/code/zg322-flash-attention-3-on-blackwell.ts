import { nodesIn, stringOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, isTried, reachableFiles } from './facts.js';

type Data = { readonly what: string; readonly gpu: string };

/** The kernels are built for Hopper, compute capability 9.0. */
const HOPPER = 9;
const NAMES =
  /^(?:_flash_3(?:_hub|_varlen(?:_hub)?)?|flash_attention_3|kernels-community\/(?:vllm-)?flash-attn3(?:[@:].*)?)$/;

export const flashAttention3OnBlackwell = defineRule<Data>({
  id: 'ZG322',
  name: 'flash-attention-3-on-blackwell',
  severity: 'error',
  summary: 'FlashAttention-3 is used on a GPU that is not a Hopper',
  docs: {
    why: 'The kernels of FlashAttention-3 are built for Hopper (H100, H200). On Blackwell they end in "no kernel image is available for execution on the device".',
    instead: "PyTorch's own attention (SDPA), or FlashAttention-2.",
    notFound: 'On the h200 profile it is what the platform recommends.',
    examples: [
      {
        title: 'Fails on rtx-pro-6000',
        language: 'python',
        code: 'attention = get_kernel("kernels-community/flash-attn3")',
      },
      {
        title: 'Passes on each GPU',
        language: 'python',
        code: 'attention = torch.nn.functional.scaled_dot_product_attention',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    const { gpu } = context.profile;
    if (gpu.computeCapability[0] === HOPPER) return;
    for (const file of reachableFiles(context)) {
      const imported = file.imports.find(({ module }) => module.startsWith('flash_attn_interface'));
      if (imported) {
        const severity = imported.guard === 'none' ? 'error' : 'warning';
        yield at(file, imported.node, { what: imported.module, gpu: gpu.name }, { severity });
      }
      if (!/flash.?(?:attn|attention)?.?3/i.test(file.text)) continue;
      for (const node of nodesIn(file.root)) {
        const what = node.type === 'string' ? stringOf(file, node) : null;
        if (what === null || !NAMES.test(what)) continue;
        const isSure = !context.python.isConditional(file, node) && !isTried(node);
        yield at(file, node, { what, gpu: gpu.name }, { severity: isSure ? 'error' : 'warning' });
      }
    }
  },
  words({ what, gpu }) {
    return {
      message: `${what} is built for Hopper, and the platform's GPU is ${gpu}`,
      note: '"no kernel image is available for execution on the device"',
      help: 'use SDPA or FlashAttention-2 there',
    };
  },
});
