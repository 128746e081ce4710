import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/allocator/core/types.js';
import { measureLoads } from '../../../src/cluster/registry/measured-load.js';

const at = { wallMs: 0, monotonicMs: 0 };
const base = {
  ...{ call: 1, at, space: 's', taskId: 't', askedSeconds: 60, size: 'large' as const },
  visitor: { key: 'pro:ada', tier: 'pro' as const, hasToken: true },
};
const ended = (usedSeconds: number, size: CallRecord['size'] = 'large'): CallRecord => ({
  ...base,
  ...{ event: 'ended', end: 'released', gpuUsed: true, usedSeconds, size, creditSeconds: 0 },
  ...{
    chargedSeconds: usedSeconds,
    peakVramBytes: null,
    leftBeforeSeconds: 9,
    leftAfterSeconds: 9,
  },
});

function measured() {
  let seconds = 0;
  const loads = measureLoads(
    () => seconds * 1_000,
    (size) => (size === 'large' ? 1 : 2),
  );
  const pass = (more: number) => {
    seconds += more;
  };
  return { loads, pass };
}

describe('the load of a Space', () => {
  it('is its calls, the slices that they keep busy and the squares of their seconds', () => {
    const { loads, pass } = measured();
    for (let n = 0; n < 3_600; n += 1) {
      loads.add(ended(5));
      pass(10);
    }
    const load = loads.of('s');
    expect(load.callsPerSecond).toBeCloseTo(0.1, 2);
    expect(load.busySlices).toBeCloseTo(0.5, 1);
    expect(load.squaredSeconds).toBeCloseTo(2.5, 1);
  });

  it('is about the same soon after the start', () => {
    const { loads, pass } = measured();
    for (let n = 0; n < 12; n += 1) {
      loads.add(ended(5));
      pass(10);
    }
    expect(loads.of('s').busySlices).toBeCloseTo(0.5, 1);
  });

  it('counts calls that got no slice as if they had got one, and both slices of a large one', () => {
    const { loads, pass } = measured();
    loads.add(ended(5));
    loads.add({ ...base, event: 'timed-out', waitedSeconds: 60 });
    pass(100);
    const half = loads.of('s').busySlices;
    const whole = measured();
    whole.loads.add(ended(5, 'xlarge'));
    whole.pass(100);
    expect(whole.loads.of('s').busySlices).toBeCloseTo(half);
  });

  it('fades, and is nothing for a Space that was not called or left', () => {
    const { loads, pass } = measured();
    expect(loads.of('s').busySlices).toBe(0);
    loads.add(ended(50));
    pass(60);
    const soon = loads.of('s').busySlices;
    pass(3_600);
    expect(loads.of('s').busySlices).toBeLessThan(soon / 20);
    loads.keep(new Set());
    expect(loads.of('s').callsPerSecond).toBe(0);
  });
});
