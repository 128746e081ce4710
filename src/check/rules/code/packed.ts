/** What of the weights that a Space makes is on CUDA when it has started, and stays. */
import {
  ancestorsOf,
  childOf,
  nodesOfBody,
  type PyCall,
  type PyNode,
  type PythonFile,
  textOf,
} from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';
import { namesOnCuda, putsOnCuda, reachableCalls } from './facts.js';
import { bytesOfType, lengthOf, type Made, madeBy } from './tensor-bytes.js';

/** Weights on CUDA at start-up, and the call that makes them. */
export interface PackedWeights {
  readonly call: PyCall;
  readonly bytes: number;
}

/** Methods that change the type of all numbers, with the bytes of one afterwards. */
const CASTS: Readonly<Record<string, number>> = { half: 2, bfloat16: 2, float: 4, double: 8 };
/** Methods whose result is the same weights. */
const SAME =
  /^(?:to|cuda|eval|train|half|bfloat16|float|double|contiguous|requires_grad_|zero_|normal_|uniform_|fill_)$/;
const HOLDERS = /^torch\.nn\.(?:Parameter|Sequential|ModuleList|ModuleDict|ParameterList)$/;
const CONTAINERS = new Set(['list', 'tuple', 'set', 'dictionary', 'pair', 'argument_list']);
const COMPREHENSIONS = new Set([
  'list_comprehension',
  'set_comprehension',
  'dictionary_comprehension',
]);

/** Each place whose size is known; the others are left out, so that a sum is a lower bound. */
export function packedWeights(context: RuleContext): readonly PackedWeights[] {
  const calls = reachableCalls(context);
  // Then a tensor without a dtype may be anything.
  if (calls.some(({ callee }) => callee === 'torch.set_default_dtype')) return [];
  return calls.flatMap((call) => {
    const made = isAtStart(context, call) ? madeBy(context, call) : null;
    const bytes = made ? keptBytes(context, call, made) : 0;
    return bytes > 0 ? [{ call, bytes }] : [];
  });
}

function isAtStart({ python }: RuleContext, { file, node, inFunction }: PyCall): boolean {
  if (inFunction && (python.onGpu.has(inFunction) || !python.calledAtStart.has(inFunction))) {
    return false;
  }
  return python.executionOf(file, node) === 'executed' && !python.isConditional(file, node);
}

/** From the call outwards, through what holds its result, to the statement that keeps it. */
function keptBytes(context: RuleContext, call: PyCall, made: Made): number {
  const { file } = call;
  let isOnCuda = putsOnCuda(context, call);
  let { bytes } = made;
  let times = 1;
  let at = call.node;
  for (let up = at.parent; up; at = up, up = up.parent) {
    if (up.type === 'parenthesized_expression' || CONTAINERS.has(up.type)) continue;
    if (up.type === 'keyword_argument' || up.type === 'attribute') continue;
    if (COMPREHENSIONS.has(up.type)) {
      const length = comprehended(context, file, up);
      if (length === null) return 0;
      times *= length;
    } else if (up.type === 'call') {
      const outer = file.calls.find(({ node }) => node === up);
      if (!outer) return 0;
      if (/^(?:append|add|insert)$/.test(outer.method ?? '') && at.type === 'argument_list') {
        return isOnCuda ? bytes * times * repeats(context, file, up) : 0;
      }
      if (!isSame(outer, at)) return 0;
      isOnCuda ||= putsOnCuda(context, outer);
      const each = castTo(context, outer);
      if (each !== null && made.numbers !== null) bytes = made.numbers * each;
    } else
      return isOnCuda || isMovedLater(context, call, up)
        ? bytes * times * kept(context, call, up)
        : 0;
  }
  return 0;
}

function isSame({ callee, method }: PyCall, inner: PyNode): boolean {
  return inner.type === 'argument_list'
    ? HOLDERS.test(callee ?? '')
    : inner.type === 'attribute' && SAME.test(method ?? '');
}

function castTo(
  context: RuleContext,
  { file, method, positional, keywords }: PyCall,
): number | null {
  const cast = CASTS[method ?? ''];
  if (cast !== undefined) return cast;
  if (method !== 'to') return null;
  const types = [keywords.get('dtype'), ...positional];
  for (const one of types) {
    const bytes = one ? bytesOfType(context, file, one) : null;
    if (bytes !== null) return bytes;
  }
  return null;
}

/** How often a comprehension makes its element; null where that depends on something. */
function comprehended(context: RuleContext, file: PythonFile, node: PyNode): number | null {
  let times = 1;
  for (const clause of node.children) {
    if (clause.type === 'if_clause') return null;
    const over = clause.type === 'for_in_clause' ? childOf(clause, 'right') : null;
    if (!over) continue;
    const length = lengthOf(context, file, over);
    if (length === null) return null;
    times *= length;
  }
  return times;
}

/** How often a statement runs whose results are all kept; at least once where that is unknown. */
function repeats(context: RuleContext, file: PythonFile, statement: PyNode): number {
  let times = 1;
  for (const around of ancestorsOf(statement)) {
    if (around.type === 'function_definition') break;
    const over = around.type === 'for_statement' ? childOf(around, 'right') : null;
    if (over) times *= lengthOf(context, file, over) ?? 1;
  }
  return times;
}

/** How many results of a statement stay: all that an index or attribute keeps, the last of a name. */
function kept(context: RuleContext, { file, inFunction }: PyCall, statement: PyNode): number {
  if (statement.type === 'return_statement') return 1;
  const left = statement.type === 'assignment' ? childOf(statement, 'left') : null;
  if (!left) return 0;
  if (left.type === 'subscript') return repeats(context, file, statement);
  if (left.type === 'attribute') return 1;
  if (left.type !== 'identifier') return 0;
  const name = textOf(file, left);
  const scope = inFunction?.body ?? file.root;
  for (const node of nodesOfBody(scope)) {
    const other = node.type === 'assignment' ? childOf(node, 'left') : null;
    const isOther = other !== null && node !== statement && textOf(file, other) === name;
    if (isOther || (node.type === 'delete_statement' && mentions(file, node, name))) return 0;
  }
  if (!inFunction) return 1;
  const isReturned = [...nodesOfBody(scope)].some(
    (node) =>
      (node.type === 'return_statement' || node.type === 'global_statement') &&
      mentions(file, node, name),
  );
  return isReturned ? 1 : 0;
}

function mentions(file: PythonFile, node: PyNode, name: string): boolean {
  return textOf(file, node).split(/\W+/).includes(name);
}

/** `net = Net()`, and `net.to("cuda")` in a line of its own. */
function isMovedLater(
  context: RuleContext,
  { file, inFunction }: PyCall,
  statement: PyNode,
): boolean {
  const left = statement.type === 'assignment' ? childOf(statement, 'left') : null;
  return !inFunction && left !== null && namesOnCuda(context, file).has(textOf(file, left));
}
