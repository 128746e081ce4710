import { describe, expect, it } from 'vitest';
import type { FunctionUse } from '../../../src/run/console/call-log.js';
import { renderUseTable, usageRows } from '../../../src/run/console/use-table.js';

function use(overrides: Partial<FunctionUse>): FunctionUse {
  return {
    name: 'generate',
    startup: false,
    askedSeconds: [60, 60, 60, 60, 60],
    usedSeconds: [7.9, 8.1, 8.3, 8.4, 8.8],
    killed: 0,
    refused: 0,
    peakVramBytes: 1_500_000_000,
    ...overrides,
  };
}

describe('use table', () => {
  it('suggests the 95th percentile with a margin, rounded as a person would', () => {
    const [row] = usageRows([use({})]);
    expect(row).toMatchObject({ calls: 5, p50Seconds: 8.3, p95Seconds: 8.8, suggestedSeconds: 15 });
    expect(row?.advice).toBe('15s (4x the visitors)');
  });

  it('says from how few calls the advice comes', () => {
    const [row] = usageRows([use({ askedSeconds: [60], usedSeconds: [7.9] })]);
    expect(row?.advice).toBe('10s (6x the visitors), from 1 call');
  });

  it('suggests nothing from calls that computed nothing', () => {
    const [row] = usageRows([use({ killed: 1 })], { weightless: true });
    expect(row).toMatchObject({ suggestedSeconds: null, advice: 'zerogpu estimate says' });
    expect(usageRows([use({})], { weightless: false })[0]?.suggestedSeconds).toBe(15);
  });

  it('never suggests more than is declared, and nothing when calls were killed', () => {
    expect(usageRows([use({ askedSeconds: [10], usedSeconds: [9.5] })])[0]).toMatchObject({
      suggestedSeconds: null,
      advice: 'fits',
    });
    expect(usageRows([use({ killed: 1 })])[0]).toMatchObject({
      suggestedSeconds: null,
      advice: 'more, or fewer steps',
    });
  });

  it('has no shorter duration to suggest for a call at start-up', () => {
    expect(usageRows([use({ startup: true, askedSeconds: [1500] })])[0]).toMatchObject({
      suggestedSeconds: null,
      advice: 'start-up, no quota charged',
    });
  });

  it('has a row for a function whose calls were all refused', () => {
    const [row] = usageRows([use({ askedSeconds: [], usedSeconds: [], refused: 2 })]);
    expect(row).toMatchObject({ calls: 0, refused: 2, advice: 'no call finished' });
  });

  it('renders aligned lines, and none without calls', () => {
    expect(renderUseTable([])).toEqual([]);
    const rows = usageRows([use({}), use({ name: 'upscale', killed: 1, peakVramBytes: null })]);
    expect(renderUseTable(rows)).toEqual([
      'function  calls  used p50 / p95  declared  killed  peak VRAM  declare instead',
      'generate      5     8.3s / 8.8s     1m00s       0     1.5 GB  15s (4x the visitors)',
      'upscale       5     8.3s / 8.8s     1m00s       1          -  more, or fewer steps',
    ]);
  });
});
