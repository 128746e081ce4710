import type { PyFunction, PyNode } from '../../../space/python/index.js';
import { bare, childOf, nodesOfBody, textOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, deviceOf, gpuBodies, isCuda } from './facts.js';

type Data = { readonly function: string; readonly what: string };

/** Makes of a tensor: `torch.zeros(1, device="cuda")`. */
const MAKERS = /^torch\.(?:zeros|ones|empty|rand|randn|randint|full|arange|linspace|tensor|eye)$/;

export const gpuReturnsCuda = defineRule<Data>({
  id: 'ZG324',
  name: 'gpu-returns-cuda',
  severity: 'error',
  summary: 'a GPU function returns a tensor that lies on CUDA',
  docs: {
    why: "Results travel back by pickle. Reading a CUDA tensor asks for CUDA in the app's own process, which has none: the call hangs or fails.",
    instead: '`.cpu()`, `.item()`, or a NumPy array or image.',
    notFound: 'Tensors whose device can not be told from the function itself.',
    examples: [
      {
        title: 'Back on the CPU',
        language: 'python',
        code: '@spaces.GPU\ndef embed(text):\n    return model.encode(text).cpu()',
      },
    ],
    evidence: 'Hugging Face guidance for authors of ZeroGPU Spaces (2026).',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      for (const node of fn.body ? nodesOfBody(fn.body) : []) {
        if (node.type !== 'return_statement' && node.type !== 'yield') continue;
        for (const value of parts(node)) {
          if (!isOnCuda(context, fn, value)) continue;
          yield at(fn.file, value, {
            function: fn.name,
            what: textOf(fn.file, value).slice(0, 60),
          });
        }
      }
    }
  },
  words({ function: name, what }) {
    return {
      message: `\`${name}\` returns \`${what}\`, which lies on CUDA`,
      note: "the app's process has no CUDA to read it with",
      help: '.cpu() before it is returned',
    };
  },
});

/** What is returned, one by one. */
export function parts(node: PyNode): readonly PyNode[] {
  return node.children.flatMap((child) => {
    const value = bare(child);
    return value.type === 'expression_list' || value.type === 'tuple' || value.type === 'list'
      ? value.children.map(bare)
      : [value];
  });
}

function isOnCuda(context: RuleContext, fn: PyFunction, node: PyNode): boolean {
  if (node.type === 'identifier') {
    const name = textOf(fn.file, node);
    const values = [...nodesOfBody(fn.body ?? node)].flatMap((one) => {
      const left = one.field === 'left' ? one : null;
      return left &&
        textOf(fn.file, left)
          .split(/[\s,]+/)
          .includes(name)
        ? [one.parent]
        : [];
    });
    const [value] = values;
    const right = value?.type === 'assignment' ? childOf(value, 'right') : null;
    return values.length === 1 && right !== null && isOnCuda(context, fn, right);
  }
  const call = node.type === 'call' ? fn.file.calls.find((one) => one.node === node) : undefined;
  if (!call) return false;
  const device = call.keywords.get('device');
  const { file } = fn;
  if (MAKERS.test(call.callee ?? ''))
    return device !== undefined && isCuda(deviceOf(context, file, device));
  // Of a model, `.to("cuda")` is returned by nobody who means to.
  const to = call.method === 'to' ? call.positional[0] : undefined;
  if (call.method === 'cuda')
    return call.positional.length === 0 && childOf(node, 'function')?.type === 'attribute';
  return to !== undefined && isCuda(deviceOf(context, file, to)) && call.method === 'to';
}
