import { createMockBackend } from '../../gpu/mock/index.js';
import { createNvidiaBackend, discoverNvidia } from '../../gpu/nvidia/index.js';
import type { BackendRequest, GpuBackend } from '../../gpu/port.js';
import { UserError } from '../../shared/errors.js';

export interface GpuChoice extends BackendRequest {
  readonly gpu: 'auto' | 'mock' | 'nvidia';
  /** Slices of each card; null for the backend's own. */
  readonly slices: number | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Why the Space's PyTorch can't use a GPU, null when it can. Asked only when there is a card. */
  readonly lacksCuda: () => Promise<string | null>;
  readonly say: (message: string) => void;
}

/**
 * The backend that was asked for. `auto` takes the GPU of this machine when it can be used and the
 * Space's PyTorch can use it; where there is a driver it says what it took and why.
 *
 * @throws UserError E_GPU_UNAVAILABLE, E_USAGE
 */
export async function chooseBackend(choice: GpuChoice): Promise<GpuBackend> {
  const { gpu, say } = choice;
  if (gpu === 'nvidia') {
    const backend = await createNvidiaBackend({ ...choice, slices: choice.slices ?? 1 });
    const lack = await choice.lacksCuda().catch(async (error: unknown) => {
      await backend.close();
      throw error;
    });
    if (lack === null) return backend;
    await backend.close();
    throw new UserError('E_GPU_UNAVAILABLE', '--gpu nvidia needs a PyTorch with CUDA', {
      why: `${lack}.`,
      fix: ['--python PATH   (a Python whose torch has CUDA)', '--gpu mock'],
      exitCode: 3,
    });
  }
  if (gpu === 'auto') {
    const why = await whyNotNvidia(choice);
    if (typeof why !== 'string') {
      say('--gpu auto: the GPU of this machine is used, and PyTorch has CUDA');
      return createNvidiaBackend({ ...choice, ...why, slices: choice.slices ?? 1 });
    }
    if (hasDriver(why)) say(`--gpu auto: the emulated GPU is used, since ${why}`);
  }
  if (choice.slices !== null && gpu === 'auto') {
    say('--slices is for a real GPU: the emulated one has the slices of its platform');
  } else if (choice.slices !== null) {
    throw new UserError('E_USAGE', `--slices is ${choice.slices}, and the GPU is emulated`, {
      why: 'An emulated GPU has the slices of its platform.',
      fix: ['--gpus N   (more calls at a time)', '--gpu nvidia --slices 2'],
    });
  }
  return createMockBackend(choice);
}

async function whyNotNvidia({ env, lacksCuda }: GpuChoice) {
  try {
    const discovery = await discoverNvidia(env);
    const lack = await lacksCuda();
    return lack ?? { discovery };
  } catch (error) {
    if (error instanceof UserError && error.code === 'E_GPU_UNAVAILABLE') {
      return (error.why ?? error.message).replace(/\.$/, '');
    }
    throw error;
  }
}

/** A machine without any driver is the common case, and nothing to talk about. */
function hasDriver(why: string): boolean {
  return why !== 'there is no nvidia-smi on PATH';
}
