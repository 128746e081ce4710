/**
 * What the control API shows of an allocator: one versioned form, for the TUI, for `--json` and for
 * other people's scripts (docs/control-api.md). Names end in their unit; times to come are seconds
 * from `at`. A field may be added within a version; nothing is renamed or removed.
 */
import * as z from 'zod';
import { GPU_SIZES, TIERS } from '../../platform/tiers.js';

const tier = z.enum(TIERS);
const size = z.enum(GPU_SIZES);
const seconds = z.number();

/** One call, as every list names it. */
export const callSchema = z.object({
  /** Number of the call, from 1; the same in log, queue and records. */
  call: z.int(),
  /** Id of its Space, see `spaces`. */
  space: z.string(),
  spaceName: z.string(),
  /** The GPU function's name, or `task …` where the app could not tell it. */
  function: z.string(),
  visitor: z.string(),
  tier,
  askedSeconds: seconds,
  size,
});

export const sliceSchema = z.object({
  index: z.int(),
  gpu: z.int(),
  uuid: z.string(),
  vramBytes: z.number(),
  /**
   * `granted`: given, its worker has not begun. `killing`, `evicting`: free when the process is
   * dead. `warm`: a worker waits there for the next call of its function.
   */
  use: z.enum(['free', 'granted', 'running', 'killing', 'warm', 'evicting']),
  /** Its card is gone: no call is placed there until the driver lists it again. */
  lost: z.boolean().default(false),
  /** The call that holds the slice. */
  call: callSchema.nullable(),
  /** Whose worker is warm there. */
  warm: z.object({ space: z.string(), spaceName: z.string(), function: z.string() }).nullable(),
  pid: z.int().nullable(),
  /** Since the call began, or since the worker went idle. */
  forSeconds: seconds.nullable(),
  /** Until the call is killed; null when none runs. */
  deadlineInSeconds: seconds.nullable(),
  /** Device memory of the worker; null when it has none or the backend can't tell. */
  memory: z.object({ allocatedBytes: z.number(), callPeakBytes: z.number() }).nullable(),
});

/** What a card reports about itself; null for what it does not. The emulated one reports nothing. */
export const cardSchema = z.object({
  gpu: z.int(),
  name: z.string(),
  utilizationPercent: z.number().nullable(),
  memoryUsedBytes: z.number().nullable(),
  memoryTotalBytes: z.number().nullable(),
  temperatureCelsius: z.number().nullable(),
  powerWatts: z.number().nullable(),
});

export const queueEntrySchema = callSchema.extend({
  /** From 1, in the order of service. */
  position: z.int(),
  waitedSeconds: seconds,
  /** `node`: no slice is free. `concurrency`: its Space holds all that it may. */
  reason: z.enum(['node', 'concurrency']),
  /** Who is served next before it, and what put them there; null for the first. */
  behind: z
    .object({
      call: z.int(),
      because: z.enum(['tier', 'waited-longer', 'quota', 'duration', 'arrival']),
    })
    .nullable(),
  /** Until a slice is free for it if every call uses all that it asked for. */
  waitsAtMostSeconds: seconds,
  /** Until its visitor reads that no GPU was available. */
  timesOutInSeconds: seconds,
});

export const visitorSchema = z.object({
  /** Whose quota it is: `free:ada`, `anonymous:127.0.0.1`. */
  visitor: z.string(),
  /** The tier that counts for the next call. */
  tier,
  limitSeconds: seconds,
  usedSeconds: seconds,
  /** Held back for calls that wait or run. */
  reservedSeconds: seconds,
  leftSeconds: seconds,
  /** Until the quota is full again; null when no window is open. */
  resetsInSeconds: seconds.nullable(),
  /** The same as a time of day, ISO 8601. */
  resetsAt: z.string().nullable(),
  /** Calls that count against the runs limit. */
  runs: z.int(),
  /** Null when the tier has no such limit. */
  runsLimit: z.int().nullable(),
  /** Prepaid credits left, in seconds; null where the platform profile knows none. */
  creditSeconds: seconds.nullable(),
  /** Why the next call of the default duration would be refused: null when it is accepted. */
  nextDefaultCall: z
    .enum(['illegal-duration', 'quota-exceeded', 'pending-credits', 'runs-exceeded', 'no-gpu'])
    .nullable(),
});

export const spaceSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  /** Pid of its app; null until it has started. */
  pid: z.int().nullable(),
});

export const lastMinuteSchema = z.object({
  granted: z.int(),
  ended: z.int(),
  refused: z.int(),
  /** By deadline or operator. */
  killed: z.int(),
  timedOut: z.int(),
  /** Of the calls granted in this minute; null when there was none. */
  waitP50Seconds: seconds.nullable(),
  waitP95Seconds: seconds.nullable(),
  /** Calls granted in each of the last twelve 5-second steps, oldest first. */
  grantedPerStep: z.array(z.int()).length(12),
});

export const snapshotSchema = z.object({
  version: z.literal(1),
  /** ISO 8601, wall clock. */
  at: z.string(),
  allocator: z.object({
    /** `serve`: on its own; `run`: inside a run, for its one Space. */
    kind: z.enum(['serve', 'run']),
    zerogpuVersion: z.string(),
    pid: z.int(),
    upSeconds: seconds,
    platform: z.object({ name: z.string(), title: z.string(), asOf: z.string() }),
    backend: z.object({ name: z.string(), description: z.string() }),
    defaultDurationSeconds: seconds,
    longestCallSeconds: seconds.nullable(),
    queueTimeoutSeconds: seconds,
    ledger: z.object({
      /** Null for one in memory only. */
      path: z.string().nullable(),
      /** `failing`: it can't be written, new calls are refused; `problem` says why. */
      status: z.enum(['ok', 'memory', 'failing']),
      problem: z.string().nullable(),
    }),
    /** Faults that are on for calls, as `--fault` has them. */
    faults: z.array(z.string()).default([]),
    /** Calls are traced (`--otlp`): a gateway names the request in its visitors' tokens. */
    traced: z.boolean().default(false),
  }),
  spaces: z.array(spaceSchema),
  cards: z.array(cardSchema),
  slices: z.array(sliceSchema),
  queue: z.object({
    /** All that wait; `entries` holds the first of them, as many as were asked for. */
    total: z.int(),
    entries: z.array(queueEntrySchema),
  }),
  visitors: z.object({
    /** All known; `entries` holds those with calls first, then the most recently charged. */
    total: z.int(),
    entries: z.array(visitorSchema),
  }),
  lastMinute: lastMinuteSchema,
});

export type Snapshot = z.infer<typeof snapshotSchema>;
export type SnapshotCall = z.infer<typeof callSchema>;
export type SnapshotSlice = z.infer<typeof sliceSchema>;
export type SnapshotQueueEntry = z.infer<typeof queueEntrySchema>;
export type SnapshotVisitor = z.infer<typeof visitorSchema>;
