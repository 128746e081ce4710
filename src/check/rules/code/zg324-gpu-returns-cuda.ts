import type { PyFunction, PyNode } from '../../../space/python/index.js';
import { bare, childOf, isInside, nodesOfBody, textOf } from '../../../space/python/index.js';
import { defineRule, type Found, type RuleContext, type Severity } from '../../rule.js';
import { insertAfterNode, unsafe } from './edits.js';
import { at, deviceOf, gpuBodies, isCuda } from './facts.js';
import { kindOnCuda } from './on-cuda.js';

type Data = { readonly function: string; readonly what: string };

/** Makes of a tensor: `torch.zeros(1, device="cuda")`. */
const MAKERS = /^torch\.(?:zeros|ones|empty|rand|randn|randint|full|arange|linspace|tensor|eye)$/;

export const gpuReturnsCuda = defineRule<Data>({
  id: 'ZG324',
  name: 'gpu-returns-cuda',
  severity: 'error',
  summary: 'a GPU function returns a tensor that is on CUDA',
  docs: {
    why: "Results travel back by pickle. Reading a CUDA tensor asks for CUDA in the app's own process, which has none: the call hangs or fails.",
    instead: '`.cpu()`, `.item()`, or a NumPy array or image.',
    notFound:
      'Tensors whose device is not visible in the function itself. In a dictionary, and for the result of a model on CUDA, it is a warning.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'net = Net().to("cuda")\n\n@spaces.GPU\ndef embed(x):\n    return {"features": net(x).mean(0)}',
      },
      {
        title: 'Passes',
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
          if (isOnCuda(context, fn, value)) {
            const isSimple = /^(?:identifier|call|attribute|subscript)$/.test(value.type);
            const fix = isSimple ? insertAfterNode(fn.file, value, '.cpu()') : undefined;
            yield { ...found(fn, value, 'error'), ...unsafe(fix) };
          } else {
            const held = heldOnCuda(context, fn, value);
            if (held) yield found(fn, held, 'warning');
          }
        }
      }
    }
  },
  words({ function: name, what }) {
    return {
      message: `\`${name}\` returns \`${what}\`, which is on CUDA`,
      note: "the app's process has no CUDA to read it with",
      help: '.cpu() before it is returned',
    };
  },
});

function found(fn: PyFunction, node: PyNode, severity: Severity): Found<Data> {
  const what = textOf(fn.file, node).replaceAll(/\s+/g, ' ').slice(0, 60);
  return at(fn.file, node, { function: fn.name, what }, { severity });
}

/** Methods of a tensor whose result is where the tensor is. */
const STAYS =
  /^(?:mean|sum|max|min|argmax|argmin|softmax|log_softmax|sigmoid|tanh|relu|exp|log|abs|sqrt|clamp|clone|contiguous|detach|float|half|bfloat16|double|int|long|bool|squeeze|unsqueeze|view|reshape|permute|transpose|flatten|expand|repeat|norm|std|var|topk|sort|round)$/;
/** Attributes of what a model returns that are tensors. */
const OUTPUTS =
  /^(?:logits|last_hidden_state|pooler_output|hidden_states|T|mT|data|image_embeds|text_embeds)$/;

/** A tensor on CUDA inside a dictionary or a call's result, and the result of a model on CUDA. */
function heldOnCuda(context: RuleContext, fn: PyFunction, node: PyNode, steps = 0): PyNode | null {
  if (steps > 8) return null;
  const value = bare(node);
  if (value.type === 'dictionary') {
    for (const pair of value.children) {
      const inner = childOf(pair, 'value');
      const held = inner && heldOnCuda(context, fn, inner, steps + 1);
      if (held) return held;
    }
    return null;
  }
  if (value.type === 'list' || value.type === 'tuple') {
    return value.children.reduce<PyNode | null>(
      (one, child) => one ?? heldOnCuda(context, fn, child, steps + 1),
      null,
    );
  }
  return isOnCuda(context, fn, value) || isResultOnCuda(context, fn, value, steps) ? value : null;
}

/** `net(x)`, `net(x).mean()`, `net(x).logits[0] * 2`, `torch.softmax(net(x), -1)`. */
function isResultOnCuda(
  context: RuleContext,
  fn: PyFunction,
  node: PyNode,
  steps: number,
): boolean {
  const again = (inner: PyNode | null | undefined) =>
    inner != null && steps < 8 && heldOnCuda(context, fn, inner, steps + 1) !== null;
  const value = bare(node);
  switch (value.type) {
    case 'identifier': {
      const held = valueIn(fn, value);
      return held !== null && again(held);
    }
    case 'binary_operator':
      return again(childOf(value, 'left')) || again(childOf(value, 'right'));
    case 'subscript':
      return again(childOf(value, 'value'));
    case 'attribute': {
      const attribute = childOf(value, 'attribute');
      return (
        attribute !== null &&
        OUTPUTS.test(textOf(fn.file, attribute)) &&
        again(childOf(value, 'object'))
      );
    }
    case 'call':
      return isCallOnCuda(context, fn, value, again);
    default:
      return false;
  }
}

function isCallOnCuda(
  context: RuleContext,
  fn: PyFunction,
  value: PyNode,
  again: (inner: PyNode | null | undefined) => boolean,
): boolean {
  const callee = childOf(value, 'function');
  if (!callee) return false;
  const name = context.python.nameOf(fn.file, callee) ?? '';
  if (
    /^torch\.(?:nn\.functional\.)?(?:softmax|sigmoid|argmax|mean|sum|cat|stack|relu)$/.test(name)
  ) {
    return again(childOf(value, 'arguments')?.children[0]);
  }
  const attribute = callee.type === 'attribute' ? childOf(callee, 'attribute') : null;
  if (attribute && textOf(fn.file, attribute) === 'encode') {
    return encodesToTensor(context, fn, value, callee);
  }
  if (attribute) return STAYS.test(textOf(fn.file, attribute)) && again(childOf(callee, 'object'));
  return returnsTensor(context, fn, callee);
}

/** `SentenceTransformer(…).encode(text, convert_to_tensor=True)`: on the device of the model, CUDA where there is one. */
function encodesToTensor(
  { python }: RuleContext,
  { file }: PyFunction,
  node: PyNode,
  callee: PyNode,
): boolean {
  const call = file.calls.find((one) => one.node === node);
  const asked = call?.keywords.get('convert_to_tensor');
  const object = childOf(callee, 'object');
  if (!asked || textOf(file, asked) !== 'True' || !object) return false;
  return python.valuesOf(file, object).some((value) => {
    const made = bare(value.node);
    const maker = made.type === 'call' ? childOf(made, 'function') : null;
    const name = maker && python.nameOf(value.file, maker);
    const onCpu = /device\s*=\s*["']cpu/.test(textOf(value.file, made));
    return name === 'sentence_transformers.SentenceTransformer' && !onCpu;
  });
}

/** A module of torch, or a model of transformers: pipelines and wrappers answer with other things. */
function returnsTensor(context: RuleContext, { file }: PyFunction, callee: PyNode): boolean {
  if (kindOnCuda(context, file, callee) !== 'module') return false;
  const owner = context.python.classOf(file, callee);
  if (owner) {
    return owner.bases.some((base) =>
      /(?:^|\.)nn\.Module$/.test(context.python.nameOf(owner.file, base) ?? ''),
    );
  }
  return context.python
    .valuesOf(file, callee)
    .some(({ file: from, node }) =>
      from.calls.some(
        (call) =>
          isInside(call.node, node) &&
          /^torch\.nn\.[A-Z]|^transformers\.(?:Auto)?Model\w*\.from_pretrained$|^transformers\.\w+Model\.from_pretrained$|^timm\.create_model$|^torchvision\.models\./.test(
            call.callee ?? '',
          ),
      ),
    );
}

/** The one value that a local name of a function is given. */
function valueIn(fn: PyFunction, node: PyNode): PyNode | null {
  const name = textOf(fn.file, node);
  const values: PyNode[] = [];
  for (const one of fn.body ? nodesOfBody(fn.body) : []) {
    if (one.type !== 'assignment') continue;
    const [left, right] = [childOf(one, 'left'), childOf(one, 'right')];
    if (left?.type === 'identifier' && right && textOf(fn.file, left) === name) values.push(right);
  }
  const [value] = values;
  return values.length === 1 && value ? value : null;
}

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
  // A model's `.to("cuda")` is not returned on purpose.
  const to = call.method === 'to' ? call.positional[0] : undefined;
  if (call.method === 'cuda')
    return call.positional.length === 0 && childOf(node, 'function')?.type === 'attribute';
  return to !== undefined && isCuda(deviceOf(context, file, to)) && call.method === 'to';
}
