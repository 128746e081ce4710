import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isMpsRunning, mpsLimits } from '../../../src/gpu/nvidia/mps.js';
import type { NvidiaSlice } from '../../../src/gpu/nvidia/slices.js';

const GIB = 2 ** 30;
const pipes = mkdtempSync(join(tmpdir(), 'zerogpu-mps-'));
afterAll(() => rmSync(pipes, { recursive: true, force: true }));

const slicesOf = (...cards: readonly number[]): readonly NvidiaSlice[] =>
  cards.flatMap((count, gpu) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ index: gpu * 10 + i, gpu, uuid: `GPU-${gpu}`, cardUuid: `GPU-${gpu}` },
      vramBytes: 19 * GIB,
    })),
  );

describe('the limits of a worker', () => {
  it('are those of the largest call', () => {
    expect(mpsLimits(slicesOf(4), 1, {})).toEqual({
      CUDA_MPS_PINNED_DEVICE_MEM_LIMIT: `0=${20 * 1024}M`,
      CUDA_MPS_ACTIVE_THREAD_PERCENTAGE: '25',
    });
    expect(mpsLimits(slicesOf(4), 2, {})).toEqual({
      CUDA_MPS_PINNED_DEVICE_MEM_LIMIT: `0=${40 * 1024}M`,
      CUDA_MPS_ACTIVE_THREAD_PERCENTAGE: '50',
    });
  });

  it('are none where a call may have a whole card', () => {
    expect(mpsLimits(slicesOf(1), 1, {})).toEqual({});
    expect(mpsLimits(slicesOf(2, 2), 2, {})).toEqual({});
  });

  it('leave what the operator has set', () => {
    const env = { CUDA_MPS_ACTIVE_THREAD_PERCENTAGE: '10' };
    expect(Object.keys(mpsLimits(slicesOf(2), 1, env))).toEqual([
      'CUDA_MPS_PINNED_DEVICE_MEM_LIMIT',
    ]);
  });
});

describe('the service', () => {
  const env = { CUDA_MPS_PIPE_DIRECTORY: pipes };
  const write = (text: string) => writeFileSync(join(pipes, 'nvidia-cuda-mps-control.pid'), text);

  it('runs when the process that it has written down does', () => {
    expect(isMpsRunning(env)).toBe(false);
    write(`${process.pid}\n`);
    expect(isMpsRunning(env)).toBe(true);
  });

  it.each(['', 'x', '999999999', '-1'])('does not run with %j written down', (text) => {
    write(text);
    expect(isMpsRunning(env)).toBe(false);
  });
});
