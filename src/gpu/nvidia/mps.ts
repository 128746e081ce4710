/**
 * NVIDIA's Multi-Process Service, where the operator of this machine runs it: then the service too
 * keeps each worker within its share, of memory and of the card's multiprocessors. We set what its
 * clients read and never start, stop or set up the service itself.
 *
 * Variables and default folder: docs.nvidia.com/deploy/mps, "Environment Variables".
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifyProcess } from '../../shared/process-table.js';
import { CONTEXT_BYTES, type NvidiaSlice } from './slices.js';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PIPES = '/tmp/nvidia-mps';
const MIB = 2 ** 20;

/** Whether the control daemon that this environment's CUDA programs would find is running. */
export function isMpsRunning(env: Environment): boolean {
  const pipes = env['CUDA_MPS_PIPE_DIRECTORY'] || DEFAULT_PIPES;
  try {
    const text = readFileSync(join(pipes, 'nvidia-cuda-mps-control.pid'), 'utf8').trim();
    return /^\d{1,9}$/.test(text) && identifyProcess(Number(text)) !== null;
  } catch {
    return false;
  }
}

/**
 * A worker's share, in the variables that its CUDA reads. One environment serves all calls of a Space, so the
 * limits are those of the largest call: PyTorch's own limit and the driver's figures hold the rest.
 *
 * @param slicesPerCall slices of the platform's largest size
 * @returns nothing for a whole card, nor what the operator has set
 */
export function mpsLimits(
  slices: readonly NvidiaSlice[],
  slicesPerCall: number,
  env: Environment,
): Readonly<Record<string, string>> {
  const perCard = new Map<string, number>();
  for (const { cardUuid } of slices) perCard.set(cardUuid, (perCard.get(cardUuid) ?? 0) + 1);
  const fewest = Math.min(...perCard.values());
  if (slicesPerCall >= fewest) return {};
  const share = Math.max(...slices.map(({ vramBytes }) => vramBytes + CONTEXT_BYTES));
  const limits = {
    // A worker sees one device, which is its number 0.
    CUDA_MPS_PINNED_DEVICE_MEM_LIMIT: `0=${Math.ceil((share * slicesPerCall) / MIB)}M`,
    CUDA_MPS_ACTIVE_THREAD_PERCENTAGE: String(Math.ceil((100 * slicesPerCall) / fewest)),
  };
  return Object.fromEntries(Object.entries(limits).filter(([name]) => !env[name]));
}
