import { type PyCall, stringOf } from '../../../space/python/index.js';
import { defineRule, type Fix, type RuleContext } from '../../rule.js';
import { replaceNode, unsafe } from './edits.js';
import { at, deviceOf, isTried, reachableCalls } from './facts.js';

type Data = { readonly device: string; readonly isInCall: boolean };

export const deviceIndex = defineRule<Data>({
  id: 'ZG331',
  name: 'device-index',
  severity: 'error',
  summary: 'a second GPU is named',
  docs: {
    why: 'A call sees one device, number 0. Another number ends in "invalid device ordinal". At import, where CUDA is emulated, the number is dropped in silence.',
    instead: '`cuda`, without a number.',
    notFound: '`cuda:0` and 0. At import it is a warning, and so it is behind a condition.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(x):\n    return model(x.to("cuda:1"))',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(x):\n    return model(x.to("cuda"))',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/torch/patching.py: device_count, _cuda_dummy_exchange_device.',
  },
  *check(context) {
    if (!context.python.importsSpaces) return;
    for (const call of reachableCalls(context)) {
      const device = secondDevice(context, call);
      if (!device) continue;
      const { file, node, inFunction } = call;
      const isInCall = inFunction !== null && context.python.onGpu.has(inFunction);
      const isSure = isInCall && !context.python.isConditional(file, node) && !isTried(node);
      const severity = isSure ? 'error' : 'warning';
      yield at(file, node, { device, isInCall }, { severity, ...unsafe(fixOf(call)) });
    }
  },
  words({ device, isInCall }) {
    return {
      message: `${device} is a second GPU, and a call has one`,
      note: isInCall ? '"invalid device ordinal"' : 'it works only where the number is ignored',
      help: 'cuda, without a number',
    };
  },
});

/** Only where the device is written in the call itself. */
function fixOf({ file, method, callee, positional, keywords }: PyCall): Fix | undefined {
  const isMove = method === 'to' || callee === 'torch.device';
  const written =
    keywords.get('device') ?? keywords.get('device_map') ?? (isMove ? positional[0] : undefined);
  const isString = written !== undefined && stringOf(file, written) !== null;
  return isString ? replaceNode(file, written, '"cuda"') : undefined;
}

function secondDevice(context: RuleContext, call: PyCall): string | null {
  const { file, callee, method, positional, keywords } = call;
  if (callee === 'torch.cuda.set_device') {
    const [first] = positional;
    const index = first ? context.python.numberOf(file, first) : null;
    return index !== null && index > 0 ? `cuda:${index}` : null;
  }
  const isMove = method === 'to' || callee === 'torch.device';
  const node =
    keywords.get('device') ?? keywords.get('device_map') ?? (isMove ? positional[0] : undefined);
  const device = node ? deviceOf(context, file, node) : null;
  return device !== null && /^cuda:[1-9]\d*$/.test(device) ? device : null;
}
