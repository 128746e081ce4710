/** Numbers that are the same at each run, and lengths of time among them. */
import type { Resolver } from './targets.js';
import { bare, childOf, textOf } from './tree.js';
import type { PyNode, PythonFile } from './types.js';

export interface FoldedNumber {
  readonly value: number;
  readonly isTimedelta: boolean;
}

const MOST_DEPTH = 24;
const UNITS: Readonly<Record<string, number>> = {
  days: 86_400,
  seconds: 1,
  microseconds: 1e-6,
  milliseconds: 1e-3,
  minutes: 60,
  hours: 3_600,
  weeks: 604_800,
};
/** In the order of its positional arguments. */
const TIMEDELTA_ORDER = Object.keys(UNITS);

/**
 * The number that an expression always has; a timedelta in seconds.
 *
 * @returns null when it depends on anything that is not written here, such as the environment
 */
export function foldNumber(
  names: Resolver,
  file: PythonFile,
  node: PyNode,
  depth = 0,
): FoldedNumber | null {
  if (depth > MOST_DEPTH) return null;
  const at = bare(node);
  const fold = (child: PyNode | null) => child && foldNumber(names, file, child, depth + 1);
  const text = textOf(file, at);
  switch (at.type) {
    case 'integer':
    case 'float':
      return plain(Number(text.replaceAll('_', '')));
    case 'unary_operator': {
      const inner = fold(childOf(at, 'argument'));
      return inner && text.startsWith('-') ? { ...inner, value: -inner.value } : inner;
    }
    case 'binary_operator': {
      const [left, right] = [fold(childOf(at, 'left')), fold(childOf(at, 'right'))];
      return left && right ? operate(file, at, left, right) : null;
    }
    case 'identifier':
    case 'attribute': {
      const [value, ...more] = names.valuesOf(file, at);
      const isOne = value !== undefined && more.length === 0;
      return isOne ? foldNumber(names, value.file, value.node, depth + 1) : null;
    }
    case 'call':
      return foldCall(names, file, at, depth);
    default:
      return null;
  }
}

function plain(value: number): FoldedNumber | null {
  return Number.isFinite(value) ? { value, isTimedelta: false } : null;
}

function operate(
  file: PythonFile,
  node: PyNode,
  left: FoldedNumber,
  right: FoldedNumber,
): FoldedNumber | null {
  const [first, second] = [childOf(node, 'left'), childOf(node, 'right')];
  if (!first || !second) return null;
  const operator = file.text.slice(first.end, second.start).replaceAll(/[\s()\\]/g, '');
  const isTimedelta = left.isTimedelta || right.isTimedelta;
  const value = compute(operator, left.value, right.value);
  return value === null || !Number.isFinite(value) ? null : { value, isTimedelta };
}

function compute(operator: string, a: number, b: number): number | null {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.floor(a / b);
    case '%':
      return a - b * Math.floor(a / b);
    case '**':
      return a ** b;
    default:
      return null;
  }
}

function foldCall(
  names: Resolver,
  file: PythonFile,
  node: PyNode,
  depth: number,
): FoldedNumber | null {
  const callee = childOf(node, 'function');
  const list = childOf(node, 'arguments');
  const name = callee && names.nameOf(file, callee);
  if (!name || list?.type !== 'argument_list') return null;
  const positional = list.children.filter(({ type }) => type !== 'keyword_argument');
  const numbers = positional.map((one) => foldNumber(names, file, one, depth + 1)?.value ?? null);
  if (name === 'datetime.timedelta') return foldTimedelta(names, file, list, numbers, depth);
  const known = numbers.filter((one) => one !== null);
  if (known.length !== list.children.length || known.length === 0) return null;
  const [first = 0] = known;
  if (name === 'min') return plain(Math.min(...known));
  if (name === 'max') return plain(Math.max(...known));
  if (known.length > 1) return null;
  if (name === 'int') return plain(Math.trunc(first));
  if (name === 'float') return plain(first);
  if (name === 'abs') return plain(Math.abs(first));
  return name === 'round' ? plain(Math.round(first)) : null;
}

function foldTimedelta(
  names: Resolver,
  file: PythonFile,
  list: PyNode,
  numbers: readonly (number | null)[],
  depth: number,
): FoldedNumber | null {
  let seconds = 0;
  for (const [index, value] of numbers.entries()) {
    const unit = UNITS[TIMEDELTA_ORDER[index] ?? ''];
    if (value === null || unit === undefined) return null;
    seconds += value * unit;
  }
  for (const one of list.children) {
    if (one.type !== 'keyword_argument') continue;
    const [key, valueNode] = [childOf(one, 'name'), childOf(one, 'value')];
    const unit = key && UNITS[textOf(file, key)];
    const value = valueNode && foldNumber(names, file, valueNode, depth + 1);
    if (!unit || !value) return null;
    seconds += value.value * unit;
  }
  return { value: Math.round(seconds * 1e6) / 1e6, isTimedelta: true };
}
