/** What is on CUDA when the app has started: modules and tensors that names stand for. */
import {
  bare,
  childOf,
  isInside,
  type PyCall,
  type PyNode,
  type PythonFile,
  textOf,
} from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';
import { LOADERS, namesOnCuda, putsOnCuda } from './facts.js';

/** A tensor holds data alone; a module or pipeline is called. */
export type CudaKind = 'tensor' | 'module';

const TENSOR_MAKERS =
  /^torch\.(?:zeros|ones|empty|rand|randn|randint|full|arange|linspace|tensor|eye|as_tensor|from_numpy|stack|cat|load)(?:_like)?$/;

/**
 * What a name or attribute is, if it is on CUDA when the app has started.
 *
 * @returns null for everything else, and where that can't be said from the code
 */
export function kindOnCuda(context: RuleContext, file: PythonFile, node: PyNode): CudaKind | null {
  const at = bare(node);
  if (at.type !== 'identifier' && at.type !== 'attribute') return null;
  for (const value of context.python.valuesOf(file, at)) {
    const calls = callsInside(value.file, value.node);
    const isPlaced =
      calls.some((call) => runsAtStart(context, call) && putsOnCuda(context, call)) ||
      isMovedLater(context, value.file, value.node);
    if (!isPlaced) continue;
    const isTensor = calls.some(({ callee }) => TENSOR_MAKERS.test(callee ?? ''));
    const isLoaded = calls.some(({ callee, method }) => LOADERS.test(callee ?? method ?? ''));
    return isTensor && !isLoaded ? 'tensor' : 'module';
  }
  return null;
}

/** At module level, or in a function that the start of the app calls: `self.net = Net().cuda()`. */
function runsAtStart({ python }: RuleContext, { inFunction }: PyCall): boolean {
  return (
    inFunction === null || (python.calledAtStart.has(inFunction) && !python.onGpu.has(inFunction))
  );
}

/** `net = Net()`, and `net.to("cuda")` in a line of its own. */
function isMovedLater(context: RuleContext, file: PythonFile, value: PyNode): boolean {
  const left = value.parent?.type === 'assignment' ? childOf(value.parent, 'left') : null;
  return left?.type === 'identifier' && namesOnCuda(context, file).has(textOf(file, left));
}

function callsInside(file: PythonFile, around: PyNode): readonly PyCall[] {
  return file.calls.filter(({ node }) => isInside(node, around));
}
