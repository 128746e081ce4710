import type { Option } from 'commander';
import { twin } from './env-twins.js';

/** What `run` and `serve` both offer of the platform that they play. */
export const platformOptions = (): readonly Option[] => [
  twin('--platform <name>', 'h200, rtx-pro-6000', 'h200'),
  twin('--gpu <kind>', 'auto, mock, nvidia', 'auto'),
  twin('--gpus <n>', 'GPUs to offer', '1'),
  twin('--slices <n>', 'calls that share each GPU (--gpu nvidia; default: 1)'),
  twin('--vram <size>', 'memory of a slice, e.g. 2GB (default: the platform’s)'),
  twin('--duration <time>', 'longest GPU time one call may hold, e.g. 90s'),
];

/** What bends their day: a quick one, or a bad one. */
export const dayOptions = (): readonly Option[] => [
  twin('--speed <n>', 'quota time runs n times faster', '1'),
  twin(
    '--fault <spec>',
    'refusals and failures on demand: no-gpu, quota@3, kill=2s@10% (docs/faults.md)',
  ),
  twin('--seed <n>', 'seed of the faults’ shares', '1'),
];

/** Adds options to a command, under the heading that was set last. */
export function addOptions<T extends { addOption(option: Option): unknown }>(
  command: T,
  options: readonly Option[],
): T {
  for (const option of options) command.addOption(option);
  return command;
}
