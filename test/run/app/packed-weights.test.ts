import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/platform/index.js';
import { packedBytesIn, packedReport } from '../../../src/run/app/packed-weights.js';

const h200 = loadProfile('h200');
const rtx = loadProfile('rtx-pro-6000');

describe('the progress of packing', () => {
  it.each([
    ['ZeroGPU tensors packing:   0%|          | 0.00/50.0G [00:00<?, ?B/s]', 50e9],
    ['ZeroGPU tensors packing:   0%|          | 0.00/400M [00:00<?, ?B/s]', 400e6],
    ['ZeroGPU tensors packing: 100%|██████████| 16.0/16.0 [00:00<00:00, 1.27kB/s]', 16],
    ['ZeroGPU tensors packing:   0%|          | 0.00/1.05k [00:00<?, ?B/s]', 1_050],
  ])('%s', (line, bytes) => {
    expect(packedBytesIn(line)).toBe(bytes);
  });

  it.each([
    '',
    'ZeroGPU tensors packing: 0it [00:00, ?it/s]',
    'Downloading:   0%|          | 0.00/50.0G [00:00<?, ?B/s]',
    'ZeroGPU tensors packing: 0.00B [00:00, ?B/s]',
  ])('is not in the line %j', (line) => {
    expect(packedBytesIn(line)).toBeNull();
  });
});

describe('the report of packed weights', () => {
  it('is their size, without a warning below the limits', () => {
    expect(packedReport(1.5e9, rtx)).toEqual({
      line: 'weights on cuda at start: 1.5 GB, packed to disk for the workers',
      warnings: [],
    });
  });

  it('warns when they fill the disk of the Space', () => {
    expect(packedReport(49_999_999_999, h200).warnings).toEqual([]);
    expect(packedReport(50_000_000_000, h200).warnings).toEqual([
      "50.0 GB of weights are packed to disk at start, and the Space's ephemeral disk has 50.0 GB: on h200 they do not fit",
    ]);
  });

  it('warns above the size where xlarge becomes the default, where the platform has it', () => {
    expect(packedReport(45_097_156_608, rtx).warnings).toEqual([]);
    expect(packedReport(45_097_156_609, rtx).warnings).toEqual([
      expect.stringContaining('makes xlarge the default size'),
    ]);
    expect(packedReport(45_097_156_609, h200).warnings).toEqual([]);
    expect(packedReport(50_000_000_000, rtx).warnings).toHaveLength(2);
  });
});
