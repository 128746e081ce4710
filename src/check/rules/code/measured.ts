/** What a run measured of a GPU function, and the change that declares it. */
import { bare, childOf, type GpuFunction, textOf } from '../../../space/python/index.js';
import type { Fix, RuleContext } from '../../rule.js';
import type { FixedDuration } from './durations.js';
import { addKeyword, insertAfterNode, replaceNode, unsafe } from './edits.js';

/** Whole seconds to declare for a function; null where no run measured it, or calls were killed. */
export function suggestedSeconds({ measured }: RuleContext, fn: GpuFunction): number | null {
  const found = measured?.functions.find(({ name }) => isSame(name, fn));
  return found?.suggestedSeconds ?? null;
}

/** Runs report qualified names, with the module in front where the function is imported. */
function isSame(name: string, fn: GpuFunction): boolean {
  return name === fn.qualifiedName || name === fn.name || name.endsWith(`.${fn.qualifiedName}`);
}

/** Declares seconds where nothing was declared; undefined for a decorator that is made elsewhere. */
export function declareSeconds(
  { python }: RuleContext,
  { kind, file, maker }: GpuFunction,
  seconds: number,
): Fix | undefined {
  const text = `duration=${seconds}`;
  const at = bare(maker);
  if (kind === 'wrapper') return undefined;
  if (at.type === 'call') {
    const callee = childOf(at, 'function');
    const isOwn = callee && python.nameOf(file, callee) === 'spaces.GPU';
    return isOwn ? unsafe(addKeyword(file, at, text)).fix : undefined;
  }
  if (python.nameOf(file, at) !== 'spaces.GPU') return undefined;
  return unsafe(insertAfterNode(file, at, `(${text})`)).fix;
}

/** Puts other seconds where a number stands; undefined for names and sums, which others may use. */
export function changeSeconds({ file, node }: FixedDuration, seconds: number): Fix | undefined {
  const isNumber = /^\d+(?:\.\d+)?$/.test(textOf(file, node));
  return isNumber ? unsafe(replaceNode(file, node, String(seconds))).fix : undefined;
}
