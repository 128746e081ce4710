/** Snapshots of every size, always the same for the same arguments. */
import {
  type Snapshot,
  type SnapshotCall,
  type SnapshotQueueEntry,
  type SnapshotSlice,
  type SnapshotVisitor,
  snapshotSchema,
} from '../../../src/allocator/client/snapshot.js';

/** Noon, wherever the test runs: the view shows the local time of day. */
const AT = new Date(2026, 10, 24, 12, 0, 0);

const EMPTY: Snapshot = {
  version: 1,
  at: AT.toISOString(),
  allocator: {
    kind: 'run',
    zerogpuVersion: '0.1.0',
    pid: 4_100,
    upSeconds: 761,
    platform: { name: 'h200', title: 'NVIDIA H200', asOf: '2026-08-01' },
    backend: { name: 'mock', description: 'emulated GPU, 70.0 GB' },
    defaultDurationSeconds: 60,
    longestCallSeconds: null,
    queueTimeoutSeconds: 60,
    ledger: { path: null, status: 'memory', problem: null },
    faults: [],
    traced: false,
  },
  spaces: [{ id: 's1', name: 'demo', owner: 'you', pid: 4_200 }],
  cards: [],
  slices: [slice(0), slice(1)],
  queue: { total: 0, entries: [] },
  visitors: { total: 0, entries: [] },
  lastMinute: {
    granted: 0,
    ended: 0,
    refused: 0,
    killed: 0,
    timedOut: 0,
    waitP50Seconds: null,
    waitP95Seconds: null,
    grantedPerStep: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  },
};

export function slice(index: number, fields: Partial<SnapshotSlice> = {}): SnapshotSlice {
  return {
    index,
    gpu: 0,
    uuid: `MIG-${index}`,
    vramBytes: 70e9,
    use: 'free',
    lost: false,
    call: null,
    warm: null,
    pid: null,
    forSeconds: null,
    deadlineInSeconds: null,
    memory: null,
    ...fields,
  };
}

export function call(number: number, fields: Partial<SnapshotCall> = {}): SnapshotCall {
  return {
    call: number,
    space: 's1',
    spaceName: 'demo',
    function: 'generate',
    visitor: 'free:ada',
    tier: 'free',
    askedSeconds: 60,
    size: 'large',
    ...fields,
  };
}

export function waiting(
  number: number,
  position: number,
  fields: Partial<SnapshotQueueEntry> = {},
): SnapshotQueueEntry {
  return {
    ...call(number),
    position,
    waitedSeconds: 9,
    reason: 'node',
    behind: position === 1 ? null : { call: number - 1, because: 'arrival' },
    waitsAtMostSeconds: 60 * position,
    timesOutInSeconds: 51,
    ...fields,
  };
}

export function visitor(name: string, fields: Partial<SnapshotVisitor> = {}): SnapshotVisitor {
  return {
    visitor: name,
    tier: 'free',
    limitSeconds: 210,
    usedSeconds: 0,
    reservedSeconds: 0,
    leftSeconds: 210,
    resetsInSeconds: null,
    resetsAt: null,
    runs: 0,
    runsLimit: null,
    creditSeconds: null,
    nextDefaultCall: null,
    ...fields,
  };
}

export const emptySnapshot = (): Snapshot => snapshotSchema.parse(EMPTY);

/** One call runs, none waits. */
export function oneSnapshot(): Snapshot {
  return snapshotSchema.parse({
    ...EMPTY,
    slices: [slice(0, running(7, 12)), slice(1)],
    visitors: {
      total: 1,
      entries: [visitor('free:ada', { reservedSeconds: 60, leftSeconds: 150 })],
    },
  });
}

function running(number: number, forSeconds: number, fields: Partial<SnapshotCall> = {}) {
  const holder = call(number, fields);
  return {
    use: 'running',
    call: holder,
    pid: 5_000 + number,
    forSeconds,
    deadlineInSeconds: holder.askedSeconds - forSeconds,
    memory: { allocatedBytes: 12e9, callPeakBytes: 14e9 },
  } as const;
}

/** The picture of docs/quota.md: two slices, three that wait, four visitors, one nearly out of quota. */
export function busySnapshot(): Snapshot {
  const lin = { visitor: 'pro:lin', tier: 'pro', function: 'upscale' } as const;
  const anon = { visitor: 'anonymous:10.0.0.7', tier: 'anonymous' } as const;
  return snapshotSchema.parse({
    ...EMPTY,
    slices: [
      slice(0, { ...running(17, 44, lin), memory: { allocatedBytes: 31e9, callPeakBytes: 33e9 } }),
      slice(1, running(16, 3, { visitor: 'free:bob', askedSeconds: 15 })),
    ],
    queue: {
      total: 3,
      entries: [
        waiting(18, 1, {
          visitor: 'pro:sam',
          tier: 'pro',
          askedSeconds: 15,
          waitedSeconds: 2,
          waitsAtMostSeconds: 12,
          timesOutInSeconds: 58,
        }),
        waiting(19, 2, {
          askedSeconds: 15,
          waitsAtMostSeconds: 16,
          behind: { call: 18, because: 'tier' },
        }),
        waiting(20, 3, {
          ...anon,
          function: 'upscale',
          waitedSeconds: 52,
          waitsAtMostSeconds: 27,
          timesOutInSeconds: 8,
          behind: { call: 19, because: 'duration' },
        }),
      ],
    },
    visitors: {
      total: 4,
      entries: [
        quotaOf('pro:lin', 'pro', 1_500, 380, 68_531),
        quotaOf('pro:sam', 'pro', 1_500, 65, 79_840),
        { ...quotaOf('free:ada', 'free', 210, 169, 41_462), nextDefaultCall: 'quota-exceeded' },
        quotaOf('anonymous:10.0.0.7', 'anonymous', 120, 48, 18_753),
      ],
    },
    lastMinute: {
      granted: 14,
      ended: 12,
      refused: 1,
      killed: 0,
      timedOut: 0,
      waitP50Seconds: 3,
      waitP95Seconds: 12,
      grantedPerStep: [1, 2, 3, 1, 0, 0, 1, 3, 1, 2, 0, 0],
    },
  });
}

function quotaOf(
  name: string,
  tier: SnapshotVisitor['tier'],
  limitSeconds: number,
  usedSeconds: number,
  resetsInSeconds: number,
): SnapshotVisitor {
  return visitor(name, {
    tier,
    limitSeconds,
    usedSeconds,
    leftSeconds: limitSeconds - usedSeconds,
    resetsInSeconds,
    resetsAt: new Date(AT.getTime() + resetsInSeconds * 1_000).toISOString(),
  });
}

/** As many as asked for, in three Spaces; every seventh visitor has no quota left. */
export function manySnapshot(queued: number, visitors: number, round = 0): Snapshot {
  const tiers = ['anonymous', 'free', 'pro'] as const;
  const limit = { anonymous: 120, free: 210, pro: 1_500 };
  const names = (index: number) => {
    const tier = tiers[index % 3] ?? 'free';
    return {
      tier,
      name:
        tier === 'anonymous'
          ? `anonymous:10.0.${index >> 8}.${index & 255}`
          : `${tier}:user${index}`,
    };
  };
  return snapshotSchema.parse({
    ...EMPTY,
    at: new Date(AT.getTime() + round * 1_000).toISOString(),
    allocator: { ...EMPTY.allocator, kind: 'serve', upSeconds: 761 + round },
    spaces: ['demo', 'paint', 'talk'].map((name, index) => ({
      id: `s${index + 1}`,
      name,
      owner: 'you',
      pid: 4_200 + index,
    })),
    slices: Array.from({ length: 8 }, (_, index) =>
      slice(index, running(index + 1, (index * 7 + round) % 60)),
    ),
    queue: {
      total: queued,
      entries: Array.from({ length: queued }, (_, index) => {
        const { tier, name } = names(index);
        return waiting(100 + index, index + 1, {
          visitor: name,
          tier,
          spaceName: ['demo', 'paint', 'talk'][index % 3] ?? 'demo',
          askedSeconds: 15 + (index % 4) * 15,
          waitedSeconds: (index + round) % 60,
        });
      }),
    },
    visitors: {
      total: visitors,
      entries: Array.from({ length: visitors }, (_, index) => {
        const { tier, name } = names(index);
        const used = index % 7 === 0 ? limit[tier] : (index + round) % limit[tier];
        return {
          ...quotaOf(name, tier, limit[tier], used, 86_400 - index - round),
          nextDefaultCall: limit[tier] - used < 60 ? ('quota-exceeded' as const) : null,
        };
      }),
    },
  });
}
