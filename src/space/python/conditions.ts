/** Conditions whose outcome on the platform is known before anything runs. */
import type { Resolver } from './targets.js';
import { bare, childOf, stringOf, textOf } from './tree.js';
import type { PyNode, PythonFile } from './types.js';

/** What a condition comes to. One that is not sure holds as long as no variable of the Space changes it. */
export interface Outcome {
  readonly value: boolean;
  readonly isSure: boolean;
}

/**
 * Variables that the platform sets for an app on ZeroGPU; null where the value differs from Space to
 * Space. Hugging Face documentation, page "Spaces overview", and spaces 0.51.3, config.py (2025-10).
 */
const PLATFORM_VARIABLES: Readonly<Record<string, string | null>> = {
  SYSTEM: 'spaces',
  SPACE_ID: null,
  SPACE_HOST: null,
  SPACE_AUTHOR_NAME: null,
  SPACE_REPO_NAME: null,
  SPACES_ZERO_GPU: null,
  GRADIO_SERVER_NAME: '0.0.0.0',
  GRADIO_SERVER_PORT: '7860',
};
/** What Linux with an NVIDIA card answers. */
const MACHINE: Readonly<Record<string, string>> = {
  'sys.platform': 'linux',
  'os.name': 'posix',
  'platform.system()': 'Linux',
};
const NEVER = new Set(['typing.TYPE_CHECKING', 'typing_extensions.TYPE_CHECKING', 'TYPE_CHECKING']);
const NO_MPS = new Set(['torch.backends.mps.is_available', 'torch.mps.is_available']);
/** spaces 0.51.3, config.py. */
const ZERO_GPU = 'spaces.config.Config.zero_gpu';
const FALSE_NODES = new Set(['false', 'none']);

/** A value that is known: text, a truth, or a variable that is set to something. */
type Value =
  | { readonly kind: 'text'; readonly text: string; readonly isSure: boolean }
  | { readonly kind: 'truth'; readonly value: boolean; readonly isSure: boolean }
  | { readonly kind: 'set' }
  | { readonly kind: 'none'; readonly isSure: boolean };

const MOST_STEPS = 12;

/** What a condition comes to on the platform; null for what only a run can tell. */
export function outcomeOf(names: Resolver, file: PythonFile, node: PyNode): Outcome | null {
  const value = knownValue(names, file, node, 0);
  return value && truthOf(value);
}

function truthOf(value: Value): Outcome {
  switch (value.kind) {
    case 'text':
      return { value: value.text !== '', isSure: value.isSure };
    case 'truth':
      return { value: value.value, isSure: value.isSure };
    case 'set':
      return { value: true, isSure: true };
    case 'none':
      return { value: false, isSure: value.isSure };
  }
}

function knownValue(names: Resolver, file: PythonFile, node: PyNode, steps: number): Value | null {
  if (steps > MOST_STEPS) return null;
  const at = bare(node);
  const truth = (child: PyNode | null) => {
    const value = child && knownValue(names, file, child, steps + 1);
    return value ? truthOf(value) : null;
  };
  const text = stringOf(file, at);
  if (text !== null) return { kind: 'text', text, isSure: true };
  switch (at.type) {
    case 'true':
      return { kind: 'truth', value: true, isSure: true };
    case 'integer':
      return { kind: 'truth', value: Number(textOf(file, at)) !== 0, isSure: true };
    case 'not_operator': {
      const inner = truth(childOf(at, 'argument'));
      return inner && { kind: 'truth', value: !inner.value, isSure: inner.isSure };
    }
    case 'boolean_operator':
      return combine(file, at, truth);
    case 'comparison_operator':
      return compare(names, file, at, steps);
    case 'identifier':
    case 'attribute':
      return valueOfName(names, file, at, steps);
    case 'subscript':
    case 'call':
      return valueOfCall(names, file, at, steps);
    default:
      return FALSE_NODES.has(at.type) ? { kind: 'none', isSure: true } : null;
  }
}

function combine(
  file: PythonFile,
  node: PyNode,
  truth: (child: PyNode | null) => Outcome | null,
): Value | null {
  const [left, right] = [childOf(node, 'left'), childOf(node, 'right')];
  const isAnd = left && right && /^\s*\)*\s*and\b/.test(file.text.slice(left.end, right.start));
  const [a, b] = [truth(left), truth(right)];
  // One side that decides is enough, whatever the other one is.
  const deciding = [a, b].find((one) => one?.isSure && one.value !== isAnd);
  if (deciding) return { kind: 'truth', value: deciding.value, isSure: true };
  if (!a || !b) {
    const weak = [a, b].find((one) => one && one.value !== isAnd);
    return weak ? { kind: 'truth', value: weak.value, isSure: false } : null;
  }
  const value = isAnd ? a.value && b.value : a.value || b.value;
  return { kind: 'truth', value, isSure: a.isSure && b.isSure };
}

function compare(names: Resolver, file: PythonFile, node: PyNode, steps: number): Value | null {
  const [left, right, ...more] = node.children;
  if (!left || !right || more.length > 0) return null;
  const operator = file.text
    .slice(left.end, right.start)
    .replaceAll(/[\s()\\]+/g, ' ')
    .trim();
  if (operator === 'in' || operator === 'not in') {
    return contains(names, file, left, right, operator === 'in', steps);
  }
  if (!['==', '!=', 'is', 'is not'].includes(operator)) return null;
  const isEqual = operator === '==' || operator === 'is';
  const sides = [left, right].map((one) => textOf(file, bare(one)));
  if (sides.includes('__name__') && sides.some((one) => /^["']__main__["']$/.test(one))) {
    return { kind: 'truth', value: file.isMain === isEqual, isSure: true };
  }
  // `__name__ == "main"` is a slip; in another module the name may be right.
  if (file.isMain && sides.includes('__name__') && sides.some((one) => /^["']\w*["']$/.test(one))) {
    return { kind: 'truth', value: !isEqual, isSure: true };
  }
  const [a, b] = [left, right].map((one) => knownValue(names, file, one, steps + 1));
  if (!a || !b) return null;
  const same = areSame(a, b);
  return same && { kind: 'truth', value: same.value === isEqual, isSure: same.isSure };
}

function areSame(a: Value, b: Value): Outcome | null {
  if (a.kind === 'text' && b.kind === 'text') {
    return { value: a.text === b.text, isSure: a.isSure && b.isSure };
  }
  const none = a.kind === 'none' ? a : b.kind === 'none' ? b : null;
  const other = none === a ? b : a;
  if (!none) return null;
  if (other.kind === 'none') return { value: true, isSure: none.isSure && other.isSure };
  const isSure = none.isSure && (other.kind === 'set' || other.isSure);
  return { value: false, isSure };
}

/** `"SPACE_ID" in os.environ`, `os.getenv("MODE") in ("fast", "best")`. */
function contains(
  names: Resolver,
  file: PythonFile,
  left: PyNode,
  right: PyNode,
  isIn: boolean,
  steps: number,
): Value | null {
  const key = stringOf(file, left);
  if (key !== null && names.nameOf(file, bare(right)) === 'os.environ') {
    const isSet = Object.hasOwn(PLATFORM_VARIABLES, key);
    return { kind: 'truth', value: isSet === isIn, isSure: isSet };
  }
  const at = bare(right);
  if (!['tuple', 'list', 'set'].includes(at.type)) return null;
  const value = knownValue(names, file, left, steps + 1);
  const words = at.children.map((one) => stringOf(file, one));
  if (!value || value.kind === 'set' || value.kind === 'truth' || words.includes(null)) return null;
  const isFound = value.kind === 'text' && words.includes(value.text);
  return { kind: 'truth', value: isFound === isIn, isSure: value.isSure };
}

function valueOfName(names: Resolver, file: PythonFile, at: PyNode, steps: number): Value | null {
  const name = names.nameOf(file, at) ?? '';
  if (NEVER.has(name)) return { kind: 'truth', value: false, isSure: true };
  if (name === ZERO_GPU) return { kind: 'truth', value: true, isSure: true };
  const machine = MACHINE[name];
  if (machine !== undefined) return { kind: 'text', text: machine, isSure: true };
  const [value, ...more] = names.valuesOf(file, at);
  return value && more.length === 0 ? knownValue(names, value.file, value.node, steps + 1) : null;
}

function valueOfCall(names: Resolver, file: PythonFile, at: PyNode, steps: number): Value | null {
  const callee = childOf(at, at.type === 'call' ? 'function' : 'value');
  if (!callee) return null;
  const name = names.nameOf(file, callee) ?? '';
  const list =
    at.type === 'call' ? (childOf(at, 'arguments')?.children ?? []) : at.children.slice(1);
  const [first, second] = list;
  const key = first ? stringOf(file, first) : null;
  if (NO_MPS.has(name)) return { kind: 'truth', value: false, isSure: true };
  const machine = MACHINE[`${name}()`];
  if (machine !== undefined) return { kind: 'text', text: machine, isSure: true };
  const isAsked = name === 'os.getenv' || name === 'os.environ.get' || name === 'os.environ';
  if (isAsked && key !== null) return variable(names, file, key, second, steps);
  if ((name === 'int' || name === 'float') && first) {
    const value = knownValue(names, file, first, steps + 1);
    if (value?.kind !== 'text' || !Number.isFinite(Number(value.text))) return null;
    return { kind: 'truth', value: Number(value.text) !== 0, isSure: value.isSure };
  }
  if (name === 'bool' && first) {
    const value = knownValue(names, file, first, steps + 1);
    return value && { kind: 'truth', ...truthOf(value) };
  }
  return textMethod(names, file, callee, key, steps);
}

function variable(
  names: Resolver,
  file: PythonFile,
  key: string,
  fallback: PyNode | undefined,
  steps: number,
): Value | null {
  const known = Object.hasOwn(PLATFORM_VARIABLES, key) ? PLATFORM_VARIABLES[key] : undefined;
  if (known === null) return { kind: 'set' };
  if (known !== undefined) return { kind: 'text', text: known, isSure: true };
  if (!fallback) return { kind: 'none', isSure: false };
  const value = knownValue(names, file, fallback, steps + 1);
  if (!value || value.kind === 'set') return null;
  return { ...value, isSure: false };
}

/** `sys.platform.startswith("win")`, `os.getenv("FAST", "0").lower()`. */
function textMethod(
  names: Resolver,
  file: PythonFile,
  callee: PyNode,
  key: string | null,
  steps: number,
): Value | null {
  const [object, method] = [childOf(callee, 'object'), childOf(callee, 'attribute')];
  const value = object && knownValue(names, file, object, steps + 1);
  if (value?.kind !== 'text' || !method) return null;
  const { text, isSure } = value;
  switch (textOf(file, method)) {
    case 'lower':
      return { kind: 'text', text: text.toLowerCase(), isSure };
    case 'upper':
      return { kind: 'text', text: text.toUpperCase(), isSure };
    case 'strip':
      return key === null ? { kind: 'text', text: text.trim(), isSure } : null;
    case 'startswith':
      return key === null ? null : { kind: 'truth', value: text.startsWith(key), isSure };
    default:
      return null;
  }
}
