/** How many bytes the tensors and modules take that a line makes, where its numbers are written. */
import {
  bare,
  childOf,
  type PyCall,
  type PyNode,
  type PythonFile,
} from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';
import { LOADERS } from './facts.js';
import { modelBytes } from './model-size.js';

const BYTES: Readonly<Record<string, number>> = {
  float64: 8,
  double: 8,
  float32: 4,
  float: 4,
  float16: 2,
  half: 2,
  bfloat16: 2,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  int64: 8,
  long: 8,
  int32: 4,
  int: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
  complex64: 8,
  complex128: 16,
};
/** What torch makes without a `dtype`. */
const DEFAULT_BYTES = 4;

const OF_SHAPE = /^torch\.(?:empty|zeros|ones|rand|randn|full)$/;
/** Their names say a size too, and they have no weights. */
const WITHOUT_WEIGHTS = /Tokenizer|Processor|Config|FeatureExtractor|Scheduler/;

/** What a call makes: the bytes that are sure, and numbers of a type that can be changed after. */
export interface Made {
  /** Null for a loaded model, whose bytes are those of its name. */
  readonly numbers: number | null;
  readonly bytes: number;
}

/** @returns null for calls that make no weights, and where a number is not written in the Space */
export function madeBy(context: RuleContext, call: PyCall): Made | null {
  const { callee, method } = call;
  if (LOADERS.test(callee ?? method ?? '') || method === 'from_pretrained') {
    const bytes = WITHOUT_WEIGHTS.test(callee ?? '') ? null : modelBytes(context, call);
    return bytes === null ? null : { numbers: null, bytes };
  }
  const numbers = numbersOf(context, call);
  const type = call.keywords.get('dtype');
  const each = type ? bytesOfType(context, call.file, type) : DEFAULT_BYTES;
  return numbers === null || each === null ? null : { numbers, bytes: numbers * each };
}

/** Bytes of one number of `torch.float16` and the like; null for other expressions. */
export function bytesOfType(context: RuleContext, file: PythonFile, node: PyNode): number | null {
  const name = context.python.nameOf(file, bare(node)) ?? '';
  return BYTES[/^torch\.(\w+)$/.exec(name)?.[1] ?? ''] ?? null;
}

function numbersOf(context: RuleContext, call: PyCall): number | null {
  const { callee, positional, keywords, file } = call;
  const given = (index: number, name: string): number | null => {
    const node = positional[index] ?? keywords.get(name);
    return node ? context.python.numberOf(file, node) : null;
  };
  if (callee === 'torch.nn.Embedding') {
    return product([given(0, 'num_embeddings'), given(1, 'embedding_dim')]);
  }
  if (callee === 'torch.nn.Linear') {
    return product([given(0, 'in_features'), given(1, 'out_features')]);
  }
  if (!OF_SHAPE.test(callee ?? '')) return null;
  const [first] = positional;
  const shape = keywords.get('size') ?? first;
  if (!shape) return null;
  const at = bare(shape);
  const isList = at.type === 'tuple' || at.type === 'list';
  const sizes = isList ? at.children : callee === 'torch.full' ? [shape] : positional;
  return product((sizes.length > 0 ? sizes : [shape]).map((one) => numberOf(context, file, one)));
}

function numberOf(context: RuleContext, file: PythonFile, node: PyNode): number | null {
  return node.type.endsWith('splat') ? null : context.python.numberOf(file, node);
}

function product(factors: readonly (number | null)[]): number | null {
  return factors.reduce<number | null>(
    (all, one) => (all === null || one === null || one < 0 ? null : all * one),
    1,
  );
}

/** How often a loop over this runs: `range(10)`, a list that is written out; null for others. */
export function lengthOf(context: RuleContext, file: PythonFile, node: PyNode): number | null {
  const at = bare(node);
  if (at.type === 'list' || at.type === 'tuple' || at.type === 'set') {
    return at.children.some(({ type }) => type.endsWith('splat')) ? null : at.children.length;
  }
  if (at.type === 'identifier') {
    const [value, ...others] = context.python.valuesOf(file, at);
    const isOne = value !== undefined && others.length === 0 && value.node.type !== 'identifier';
    return isOne ? lengthOf(context, value.file, value.node) : null;
  }
  const callee = at.type === 'call' ? childOf(at, 'function') : null;
  if (!callee || context.python.nameOf(file, callee) !== 'range') return null;
  const numbers = (childOf(at, 'arguments')?.children ?? []).map((one) =>
    numberOf(context, file, one),
  );
  const [first, second, step = 1] = numbers;
  if (first === undefined || numbers.includes(null) || !step) return null;
  const [from, to] = second === undefined ? [0, first] : [first, second];
  return Math.max(0, Math.ceil(((to ?? 0) - (from ?? 0)) / step));
}
