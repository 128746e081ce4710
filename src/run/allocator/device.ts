/** The cards of this machine, looked at before a device is chosen, and the device that was. */
import { createMockBackend } from '../../gpu/mock/index.js';
import { assertSharesFit, createNvidiaBackend, discoverNvidia } from '../../gpu/nvidia/index.js';
import type { BackendRequest, GpuBackend } from '../../gpu/port.js';
import { UserError } from '../../shared/errors.js';
import type { AskedDevice, CardFacts, DevicePlan } from './plan-device.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Asks the driver of this machine, where the flags leave a choice.
 *
 * @returns null for `--gpu mock`, which asks nothing
 * @throws UserError E_GPU_UNAVAILABLE and E_USAGE for `--gpu nvidia`: no PyTorch is installed for a card that can't be used
 */
export async function readCards(asked: AskedDevice, env: Environment): Promise<CardFacts | null> {
  if (asked.gpu === 'mock') return null;
  try {
    const discovery = await discoverNvidia(env);
    if (asked.gpu === 'nvidia') {
      assertSharesFit(discovery, { ...asked, slices: asked.slices ?? 1 });
    }
    return { kind: 'cards', discovery };
  } catch (error) {
    const isAbsent = error instanceof UserError && error.code === 'E_GPU_UNAVAILABLE';
    if (asked.gpu === 'nvidia' || !isAbsent) throw error;
    return { kind: 'none', why: (error.why ?? error.message).replace(/\.$/, '') };
  }
}

/** @throws UserError E_GPU_UNAVAILABLE, E_USAGE for shares that do not fit the cards */
export async function openDevice(
  plan: DevicePlan,
  request: BackendRequest,
  env: Environment,
): Promise<GpuBackend> {
  if (plan.name === 'mock') return createMockBackend(request);
  const { discovery, slices } = plan;
  return createNvidiaBackend({ ...request, discovery, slices, env });
}
