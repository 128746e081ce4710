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

/** Quota seconds that a call asks for, the platform's factor and the price of the size included. */
export function askedSeconds(
  { gpu, profile }: { gpu: GpuFunction; profile: PlatformProfile },
  seconds: number,
): number {
  return quotaSecondsFor(profile, gpu.size?.value === 'xlarge' ? 'xlarge' : 'large', seconds);
}
