import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/platform/index.js';
import { openDevice, readCards } from '../../../src/run/allocator/device.js';
import { type AskedDevice, planDevice } from '../../../src/run/allocator/plan-device.js';
import { type FakeCard, fakeSmi } from '../../support/gpu/fake-smi.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

interface Machine {
  readonly card: FakeCard | null;
  readonly lacksCuda?: string | null;
  readonly env?: Readonly<Record<string, string>>;
}

/** Looks, plans and opens, as a run does. */
async function open({ card, lacksCuda = null, env }: Machine, more: Partial<AskedDevice> = {}) {
  const runDir = mkdtempSync(join(tmpdir(), 'device-'));
  cleanups.push(() => rmSync(runDir, { recursive: true, force: true }));
  const smi = card && fakeSmi(card);
  if (smi) cleanups.push(smi.remove);
  const asked: AskedDevice = { gpu: 'auto', gpus: 1, slices: null, vramBytes: null, ...more };
  const path = env ?? smi?.env ?? { PATH: '/nonexistent' };
  const plan = planDevice(asked, await readCards(asked, path), lacksCuda);
  const request = { ...asked, profile: loadProfile('h200'), runDir };
  return { backend: await openDevice(plan, request, path), notes: plan.notes };
}

describe('--gpu auto', () => {
  it('takes a usable GPU and a PyTorch with CUDA, and says so', async () => {
    const { backend, notes } = await open({ card: 'h100' });
    expect(backend).toMatchObject({
      name: 'nvidia',
      description: 'NVIDIA H100 80GB HBM3, 85.5 GB a slice',
    });
    expect(notes).toEqual(['--gpu auto: the GPU of this machine is used, and PyTorch has CUDA']);
  });

  it.each([
    ['h100', 'PyTorch 2.13.0 is built without CUDA'],
    ['error', "couldn't communicate with the NVIDIA driver"],
  ] as const)('says why it takes the emulated one instead: %s', async (card, why) => {
    const { backend, notes } = await open({ card, lacksCuda: why });
    expect(backend.name).toBe('mock');
    expect(notes.join()).toContain(why);
  });

  it('is silent on a machine without a driver, and finds no cards to install a PyTorch for', async () => {
    const { backend, notes } = await open({ card: null });
    expect([backend.name, notes]).toEqual(['mock', []]);
    const asked = { gpu: 'auto', gpus: 1, slices: null, vramBytes: null } as const;
    expect(await readCards(asked, { PATH: '/nonexistent' })).toMatchObject({ kind: 'none' });
  });
});

describe('--slices that a file of the Space says', () => {
  it('is for the machines of its team that have a GPU: here the emulated one serves', async () => {
    const { backend, notes } = await open({ card: null }, { slices: 2 });
    expect(backend.name).toBe('mock');
    expect(notes.join()).toContain('--slices is for a real GPU');
  });
});

describe('--gpu nvidia', () => {
  it('hides every GPU from the app: the package shows a worker the one that it was handed', async () => {
    const { backend } = await open({ card: 'rtx-4090' }, { gpu: 'nvidia', slices: 2 });
    expect(backend.environment()).toMatchObject({
      CUDA_VISIBLE_DEVICES: '',
      ZEROGPU_VRAM_SHARE_BYTES: String(backend.slices[0]?.vramBytes),
    });
  });

  it('is refused with a PyTorch that has no CUDA', async () => {
    const machine = { card: 'h100', lacksCuda: 'PyTorch 2.13.0 is built without CUDA' } as const;
    await expect(open(machine, { gpu: 'nvidia' })).rejects.toMatchObject({
      code: 'E_GPU_UNAVAILABLE',
      exitCode: 3,
      why: 'PyTorch 2.13.0 is built without CUDA.',
    });
  });

  it('knows --slices, and --gpu mock does not', async () => {
    const asked = open({ card: null }, { gpu: 'mock', slices: 2 });
    await expect(asked).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('refuses shares that do not fit before a Python is looked for', async () => {
    const smi = fakeSmi('rtx-4090');
    cleanups.push(smi.remove);
    const asked = { gpu: 'nvidia', gpus: 9, slices: null, vramBytes: null } as const;
    await expect(readCards(asked, smi.env)).rejects.toMatchObject({ code: 'E_GPU_UNAVAILABLE' });
  });

  it('tells MPS of the share, where the operator runs it', async () => {
    const pipes = mkdtempSync(join(tmpdir(), 'choose-gpu-'));
    cleanups.push(() => rmSync(pipes, { recursive: true, force: true }));
    writeFileSync(join(pipes, 'nvidia-cuda-mps-control.pid'), String(process.pid));
    const smi = fakeSmi('rtx-4090');
    cleanups.push(smi.remove);
    const withMps = { ...smi.env, CUDA_MPS_PIPE_DIRECTORY: pipes };
    const limit = { CUDA_MPS_ACTIVE_THREAD_PERCENTAGE: '50' };
    const nvidia = { gpu: 'nvidia', slices: 2 } as const;
    const { backend } = await open({ card: 'rtx-4090', env: withMps }, nvidia);
    expect(backend.environment()).toMatchObject(limit);
    const without = await open({ card: 'rtx-4090' }, nvidia);
    expect(without.backend.environment()).not.toMatchObject(limit);
  });
});
