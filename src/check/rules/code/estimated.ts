/** What an estimate says of a GPU function. */

import type { EstimatedFunction } from '../../../platform/estimated-function.js';
import type { GpuFunction } from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';

/** Undefined where no call of it was estimated under this profile, or where two functions share its name. */
export function estimateOf(
  { estimated, profile, python }: RuleContext,
  { name }: GpuFunction,
): EstimatedFunction | undefined {
  const isAlone = python.gpuFunctions.filter((fn) => fn.name === name).length === 1;
  if (!isAlone || estimated?.platform !== profile.name) return undefined;
  return estimated.functions.find((one) => one.name === name);
}
