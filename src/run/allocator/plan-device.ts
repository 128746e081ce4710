/** Which device an allocator offers. Pure: the machine was looked at before. */
import type { Discovery } from '../../gpu/nvidia/discover.js';
import { UserError } from '../../shared/errors.js';

/** What the flags of `run` and `serve` ask of the device. */
export interface AskedDevice {
  readonly gpu: 'auto' | 'mock' | 'nvidia';
  readonly gpus: number;
  /** Slices of each card; null for the backend's own. */
  readonly slices: number | null;
  readonly vramBytes: number | null;
}

/** The cards of this machine, or why none can be used. */
export type CardFacts =
  | { readonly kind: 'cards'; readonly discovery: Discovery }
  | { readonly kind: 'none'; readonly why: string };

/** The device of one allocator. */
export type DevicePlan = {
  /** One sentence each for the log: what was chosen, and why. */
  readonly notes: readonly string[];
} & (
  | { readonly name: 'mock' }
  | { readonly name: 'nvidia'; readonly discovery: Discovery; readonly slices: number }
);

/**
 * The device that was asked for. `auto` takes the GPU of this machine when it can be used and the
 * Space's PyTorch can use it; where there is a driver a note says what it took and why.
 *
 * @param lacksCuda why the Space's PyTorch can't use a card, null when it can; counts only where there are cards
 * @throws UserError E_GPU_UNAVAILABLE, E_USAGE
 */
export function planDevice(
  { gpu, slices }: Pick<AskedDevice, 'gpu' | 'slices'>,
  cards: CardFacts | null,
  lacksCuda: string | null,
): DevicePlan {
  const why = cards?.kind === 'cards' ? lacksCuda : (cards?.why ?? 'no card was looked for');
  if (cards?.kind === 'cards' && why === null) {
    const notes =
      gpu === 'auto' ? ['--gpu auto: the GPU of this machine is used, and PyTorch has CUDA'] : [];
    return { name: 'nvidia', discovery: cards.discovery, slices: slices ?? 1, notes };
  }
  if (gpu === 'nvidia') {
    throw new UserError('E_GPU_UNAVAILABLE', '--gpu nvidia needs a PyTorch with CUDA', {
      why: `${why}.`,
      fix: ['--python PATH   (a Python whose torch has CUDA)', '--gpu mock'],
      exitCode: 3,
    });
  }
  if (slices !== null && gpu === 'mock') {
    throw new UserError('E_USAGE', `--slices is ${slices}, and the GPU is emulated`, {
      why: 'An emulated GPU has the slices of its platform.',
      fix: ['--gpus N   (more calls at a time)', '--gpu nvidia --slices 2'],
    });
  }
  return {
    name: 'mock',
    notes: [
      ...(gpu === 'auto' && why !== null && hasDriver(why)
        ? [`--gpu auto: the emulated GPU is used, since ${why}`]
        : []),
      ...(slices === null
        ? []
        : ['--slices is for a real GPU: the emulated one has the slices of its platform']),
    ],
  };
}

/** A machine without any driver is the common case, and needs no note. */
function hasDriver(why: string): boolean {
  return why !== 'there is no nvidia-smi on PATH';
}
