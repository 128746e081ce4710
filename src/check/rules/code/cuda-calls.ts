/** Which row of the table of CUDA calls a call in the code is. */
import { childOf, type PyCall, type PyNode, textOf } from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';
import { isKnownCudaCall } from '../../tables/main-process-cuda.js';
import { deviceOf, isCuda, putsOnCuda } from './facts.js';

/** Calls that take a device, and fail with "cuda" where the same call without it works. */
const WITH_DEVICE: Readonly<Record<string, { key: string; keyword: string; position: number }>> = {
  'torch.Generator': { key: 'torch.Generator(device="cuda")', keyword: 'device', position: 0 },
  'torch.set_default_device': {
    key: 'torch.set_default_device("cuda")',
    keyword: 'device',
    position: 0,
  },
  'torch.load': { key: 'torch.load(map_location="cuda")', keyword: 'map_location', position: 1 },
  'torch.jit.load': {
    key: 'torch.jit.load(map_location="cuda")',
    keyword: 'map_location',
    position: 1,
  },
  'safetensors.torch.load_file': {
    key: 'safetensors.torch.load_file(device="cuda")',
    keyword: 'device',
    position: 1,
  },
  'safetensors.safe_open': {
    key: 'safetensors.safe_open(device="cuda")',
    keyword: 'device',
    position: 2,
  },
};

const EVENT_METHODS = new Set(['record', 'wait', 'synchronize', 'elapsed_time']);

/**
 * The row of a call in the table of CUDA calls.
 *
 * @returns null for calls that have nothing to do with CUDA, and for those that are not in the table
 */
export function cudaRowOf(context: RuleContext, call: PyCall): string | null {
  const { callee, method, positional, keywords, file } = call;
  const special = callee ? WITH_DEVICE[callee] : undefined;
  if (special) {
    const node = keywords.get(special.keyword) ?? positional[special.position];
    return node && isCuda(deviceOf(context, file, node)) ? special.key : null;
  }
  if (callee === 'torch.set_default_tensor_type') {
    const type = positional[0] ? textOf(file, positional[0]) : '';
    return type.includes('cuda') ? 'torch.set_default_tensor_type' : null;
  }
  if (callee && isKnownCudaCall(callee)) return callee;
  const object = objectOf(call);
  if (!object) return null;
  if (method === 'pin_memory' && positional.length === 0) return 'torch.Tensor.pin_memory';
  if (method === 'record' || EVENT_METHODS.has(method ?? '')) {
    return isEvent(context, call, object) ? 'torch.cuda.Event.record' : null;
  }
  return null;
}

/** The row of a call that moves or makes something on CUDA. */
export function cudaMoveOf(context: RuleContext, call: PyCall): string | null {
  if (cudaRowOf(context, call) !== null || !putsOnCuda(context, call)) return null;
  if (call.method === 'cuda') return '.cuda()';
  return call.method === 'to' ? '.to("cuda")' : 'torch.zeros(device="cuda")';
}

function objectOf({ node }: PyCall): PyNode | null {
  const callee = childOf(node, 'function');
  return callee?.type === 'attribute' ? childOf(callee, 'object') : null;
}

/** `torch.cuda.Event().record()`, or a name that such an event is assigned to in the same scope. */
function isEvent(context: RuleContext, { file, inFunction }: PyCall, object: PyNode): boolean {
  const isMade = (node: PyNode | null | undefined) => {
    const callee = node?.type === 'call' ? childOf(node, 'function') : null;
    return callee !== null && context.python.nameOf(file, callee) === 'torch.cuda.Event';
  };
  if (object.type === 'call') return isMade(object);
  if (object.type !== 'identifier') return false;
  const name = textOf(file, object);
  return file.calls.some(({ node, inFunction: other }) => {
    const left = node.parent?.type === 'assignment' ? childOf(node.parent, 'left') : null;
    const isSame = left?.type === 'identifier' && textOf(file, left) === name;
    return isSame && (other === inFunction || other === null) && isMade(node);
  });
}
