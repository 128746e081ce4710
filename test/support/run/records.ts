import type { Visitor } from '../../../src/allocator/core/types.js';
import type { NamedRecord } from '../../../src/run/console/call-log.js';

export const ADA: Visitor = { key: 'free:ada', tier: 'free', hasToken: true };

const COMMON = {
  call: 7,
  at: { wallMs: 0, monotonicMs: 0 },
  space: '/zerogpu/test',
  taskId: '140',
  visitor: ADA,
  askedSeconds: 60,
  size: 'large',
  function: 'generate',
} as const;

const FIELDS = {
  granted: { nvidiaIndex: 0, warm: false, waitedSeconds: 0 },
  queued: { reason: 'node', position: 2 },
  refused: {
    refusal: {
      kind: 'quota-exceeded',
      leftSeconds: 12,
      waitSeconds: 3_600,
      requestedSeconds: 60,
      longestSeconds: 120,
    },
  },
  allowed: { process: { pid: 42, startTime: 1 } },
  killing: { reason: 'deadline' },
  ended: {
    end: 'released',
    gpuUsed: true,
    usedSeconds: 7.94,
    chargedSeconds: 7.94,
    peakVramBytes: 1_500_000_000,
    leftBeforeSeconds: 210,
    leftAfterSeconds: 202.06,
  },
  'timed-out': { waitedSeconds: 60 },
  abandoned: { why: 'visitor-left', waitedSeconds: 3.21 },
} as const;

/** A record of one event with the fields that matter to a test. */
export function recordOf(event: keyof typeof FIELDS, fields: object = {}): NamedRecord {
  return { ...COMMON, event, ...FIELDS[event], ...fields } as NamedRecord;
}

/** A refusal of that kind. */
export function refusalOf(kind: string, fields: object = {}): NamedRecord {
  return recordOf('refused', { refusal: { ...FIELDS.refused.refusal, kind, ...fields } });
}
