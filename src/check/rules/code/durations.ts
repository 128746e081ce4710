import { type PlatformProfile, quotaSecondsFor } from '../../../platform/index.js';
import type { GpuFunction, PyNode, PythonFile } from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';

/** A GPU function whose declared seconds are the same at each call. */
export interface FixedDuration {
  readonly gpu: GpuFunction;
  /** As declared. */
  readonly seconds: number;
  readonly isTimedelta: boolean;
  readonly node: PyNode;
  /** Where the node stands: a configured decorator may come from another file. */
  readonly file: PythonFile;
}

export function fixedDurations({ python }: RuleContext): readonly FixedDuration[] {
  return python.gpuFunctions.flatMap((gpu) => {
    const { duration } = gpu;
    if (duration.kind !== 'seconds' || !gpu.isReachable) return [];
    const { seconds, isTimedelta, node } = duration;
    return [{ gpu, seconds, isTimedelta, node, file: fileOf(python.files, gpu, node) }];
  });
}

function fileOf(files: readonly PythonFile[], gpu: GpuFunction, node: PyNode): PythonFile {
  let root = node;
  while (root.parent) root = root.parent;
  return files.find((file) => file.root === root) ?? gpu.file;
}

/** Seconds; a difference below that lets no further call in. */
const WORTHWHILE = 10;

/** Whether a declaration refuses visitors for nothing: so many times what is suggested, and worth a change. */
export const isFarAbove = (declared: number, suggested: number, times: number): boolean =>
  declared >= suggested * times && declared - suggested >= WORTHWHILE;

/** What a declaration costs that is not what is suggested. */
export const costOfDeclaring = (declared: number, suggested: number): string =>
  declared > suggested
    ? 'visitors who have less left are refused'
    : 'calls that take longer are killed at the deadline';

/** Quota seconds that a call asks for, the platform's factor and the price of the size included. */
export function askedSeconds(
  { gpu, profile }: { gpu: GpuFunction; profile: PlatformProfile },
  seconds: number,
): number {
  return quotaSecondsFor(profile, gpu.size?.value === 'xlarge' ? 'xlarge' : 'large', seconds);
}
