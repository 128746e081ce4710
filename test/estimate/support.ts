import type { CallRecord } from '../../src/estimate/records.js';

const times = (seconds: number) => ({
  ...{ seconds, busySeconds: seconds, hostSeconds: seconds / 2, kernels: 10 },
  byKind: { 'matrix products': seconds },
});

/** A call of 10 GB of weights that takes 2 to 6 seconds. */
export function record(changes: Partial<CallRecord> = {}): CallRecord {
  return {
    version: 1,
    function: 'draw',
    size: 'large',
    error: null,
    weightBytes: 10e9,
    peakBytes: 12e9,
    reservedBytes: 13e9,
    workspaceBytes: 33_554_432,
    limitBytes: 74_625_056_768,
    peakAt: { module: 'UNet.mid_block', operator: 'aten::silu', file: '/space/app.py', line: 7 },
    times: { large: [times(6), times(2)], xlarge: [times(3), times(1)] },
    compiledTimes: { large: [times(4), times(1.5)], xlarge: [times(2), times(0.75)] },
    flash3Speedups: null,
    madeUp: [{ operator: 'argmax', count: 3, places: ['app.py:7'] }],
    notModelled: {},
    timeline: [],
    ...changes,
  };
}
