import { describe, expect, it } from 'vitest';
import { quotaClock } from '../../../src/run/allocator/quota-clock.js';
import type { Clock } from '../../../src/shared/clock.js';

describe('quotaClock', () => {
  it('runs wall time faster and leaves monotonic time alone', () => {
    let passedMs = 0;
    const clock: Clock = {
      now: () => ({ wallMs: 1_000_000 + passedMs, monotonicMs: passedMs }),
      after: () => ({ cancel() {} }),
    };
    const fast = quotaClock(clock, 60);
    passedMs = 1_000;
    expect(fast.now()).toEqual({ wallMs: 1_060_000, monotonicMs: 1_000 });
    expect(quotaClock(clock, 1)).toBe(clock);
  });
});
