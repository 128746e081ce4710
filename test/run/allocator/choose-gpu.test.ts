import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/platform/index.js';
import { chooseBackend, type GpuChoice } from '../../../src/run/allocator/choose-gpu.js';
import { type FakeCard, fakeSmi } from '../../support/gpu/fake-smi.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function choose(card: FakeCard | null, more: Partial<GpuChoice> = {}) {
  const said: string[] = [];
  const runDir = mkdtempSync(join(tmpdir(), 'choose-gpu-'));
  cleanups.push(() => rmSync(runDir, { recursive: true, force: true }));
  const smi = card && fakeSmi(card);
  if (smi) cleanups.push(smi.remove);
  const backend = await chooseBackend({
    ...{ gpu: 'auto', gpus: 1, slices: null, vramBytes: null, runDir },
    profile: loadProfile('h200'),
    env: smi?.env ?? { PATH: '/nonexistent' },
    lacksCuda: async () => null,
    say: (message) => said.push(message),
    ...more,
  });
  return { backend, said };
}

describe('--gpu auto', () => {
  it('takes a usable GPU and a PyTorch with CUDA, and says so', async () => {
    const { backend, said } = await choose('h100');
    expect(backend).toMatchObject({
      name: 'nvidia',
      description: 'NVIDIA H100 80GB HBM3, 85.5 GB a slice',
    });
    expect(said).toEqual(['--gpu auto: the GPU of this machine is used, and PyTorch has CUDA']);
  });

  it.each([
    ['h100', 'PyTorch 2.13.0 is built without CUDA'],
    ['error', "couldn't communicate with the NVIDIA driver"],
  ] as const)('says why it takes the emulated one instead: %s', async (card, why) => {
    const { backend, said } = await choose(card, { lacksCuda: async () => why });
    expect(backend.name).toBe('mock');
    expect(said.join()).toContain(why);
  });

  it('is silent on a machine without a driver, and looks for no Python', async () => {
    let asked = false;
    const lacksCuda = async () => {
      asked = true;
      return null;
    };
    const { backend, said } = await choose(null, { lacksCuda });
    expect([backend.name, said, asked]).toEqual(['mock', [], false]);
  });
});

describe('--slices that a file of the Space says', () => {
  it('is for the machines of its team that have a GPU: here the emulated one serves', async () => {
    const { backend, said } = await choose(null, { slices: 2 });
    expect(backend.name).toBe('mock');
    expect(said.join()).toContain('--slices is for a real GPU');
  });
});

describe('--gpu nvidia', () => {
  it('hides every GPU from the app: the package shows a worker the one that it was handed', async () => {
    const { backend } = await choose('rtx-4090', { gpu: 'nvidia', slices: 2 });
    expect(backend.environment()).toMatchObject({
      CUDA_VISIBLE_DEVICES: '',
      ZEROGPU_VRAM_SHARE_BYTES: String(backend.slices[0]?.vramBytes),
    });
  });

  it('is refused with a PyTorch that has no CUDA', async () => {
    const lacksCuda = async () => 'PyTorch 2.13.0 is built without CUDA';
    await expect(choose('h100', { gpu: 'nvidia', lacksCuda })).rejects.toMatchObject({
      code: 'E_GPU_UNAVAILABLE',
      exitCode: 3,
      why: 'PyTorch 2.13.0 is built without CUDA.',
    });
  });

  it('knows --slices, and --gpu mock does not', async () => {
    const asked = choose(null, { gpu: 'mock', slices: 2 });
    await expect(asked).rejects.toMatchObject({ code: 'E_USAGE' });
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
    const { backend } = await choose('rtx-4090', { ...nvidia, env: withMps });
    expect(backend.environment()).toMatchObject(limit);
    const without = await choose('rtx-4090', nvidia);
    expect(without.backend.environment()).not.toMatchObject(limit);
  });
});
