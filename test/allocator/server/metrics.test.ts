import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/allocator/client/snapshot.js';
import { createMetrics } from '../../../src/allocator/server/metrics.js';
import { emptySnapshot } from '../../support/tui/snapshots.js';

type Card = Snapshot['cards'][number];

const H100: Card = {
  ...{ gpu: 0, name: 'NVIDIA "H100"', utilizationPercent: 87, memoryUsedBytes: 61e9 },
  ...{ memoryTotalBytes: 80e9, temperatureCelsius: 63, powerWatts: 412.5 },
};

const linesOf = (cards: readonly Card[]) =>
  createMetrics()
    .render({ ...emptySnapshot(), cards: [...cards] })
    .split('\n')
    .filter((line) => line.includes('zerogpu_card_'));

describe('the metrics of cards', () => {
  it('have what each tells, in base units, under one head', () => {
    const second = { ...H100, gpu: 1, powerWatts: null };
    expect(linesOf([H100, second])).toEqual(
      expect.arrayContaining([
        '# TYPE zerogpu_card_utilization_ratio gauge',
        'zerogpu_card_utilization_ratio{gpu="0",name="NVIDIA \\"H100\\""} 0.87',
        'zerogpu_card_memory_used_bytes{gpu="1",name="NVIDIA \\"H100\\""} 61000000000',
        'zerogpu_card_power_watts{gpu="0",name="NVIDIA \\"H100\\""} 412.5',
      ]),
    );
    const power = linesOf([H100, second]).filter((line) => line.includes('power'));
    expect(power).toHaveLength(3);
  });

  it('are absent where no figures are known', () => {
    const silent = { ...H100, utilizationPercent: null, memoryUsedBytes: null, powerWatts: null };
    const names = linesOf([{ ...silent, temperatureCelsius: null, memoryTotalBytes: null }]);
    expect([names, linesOf([])]).toEqual([[], []]);
  });
});
