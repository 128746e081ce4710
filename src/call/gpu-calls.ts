/** What the allocator says of the GPU calls that one endpoint makes: read from its records. Pure. */
import * as z from 'zod';

/** The fields of a record that are shown; a newer allocator may have more. */
const recordSchema = z.looseObject({
  event: z.string(),
  call: z.int(),
  space: z.string(),
  function: z.string(),
  askedSeconds: z.number(),
  visitor: z.looseObject({ key: z.string(), client: z.string().optional() }),
});

const grantedSchema = recordSchema.extend({ waitedSeconds: z.number(), warm: z.boolean() });
const endedSchema = recordSchema.extend({
  end: z.string(),
  usedSeconds: z.number(),
  chargedSeconds: z.number(),
  peakVramBytes: z.number().nullable(),
  leftAfterSeconds: z.number(),
});
const refusedSchema = recordSchema.extend({ refusal: z.looseObject({ kind: z.string() }) });
const waitedSchema = recordSchema.extend({ waitedSeconds: z.number() });

export type ControlRecord = z.infer<typeof recordSchema>;

/** One GPU call of the endpoint, as far as it has come. */
export interface GpuCall {
  readonly call: number;
  readonly function: string;
  readonly visitor: string;
  readonly askedSeconds: number;
  readonly state: 'waiting' | 'running' | 'ended' | 'refused';
  readonly waitedSeconds: number;
  readonly warm: boolean | null;
  /** `released` when the function returned; why it ended otherwise. Null before. */
  readonly end: string | null;
  readonly usedSeconds: number | null;
  readonly chargedSeconds: number | null;
  readonly peakVramBytes: number | null;
  readonly leftSeconds: number | null;
  /** Why there was no GPU: the allocator's refusal, `queue-timeout`, or why the call left the queue. */
  readonly refusal: string | null;
}

/** Null for what is not a record. */
export function parseRecord(data: string): ControlRecord | null {
  try {
    return recordSchema.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}

/** The calls after one more record. */
export function withRecord(calls: readonly GpuCall[], record: ControlRecord): readonly GpuCall[] {
  const known = calls.find(({ call }) => call === record.call);
  const before: GpuCall = known ?? {
    call: record.call,
    function: record.function,
    visitor: record.visitor.key,
    askedSeconds: record.askedSeconds,
    state: 'waiting',
    waitedSeconds: 0,
    warm: null,
    end: null,
    usedSeconds: null,
    chargedSeconds: null,
    peakVramBytes: null,
    leftSeconds: null,
    refusal: null,
  };
  const after = { ...before, ...newsOf(record) };
  return known ? calls.map((one) => (one === known ? after : one)) : [...calls, after];
}

function newsOf(record: ControlRecord): Partial<GpuCall> {
  switch (record.event) {
    case 'granted': {
      const { data } = grantedSchema.safeParse(record);
      return data ? { state: 'running', waitedSeconds: data.waitedSeconds, warm: data.warm } : {};
    }
    case 'ended': {
      const { data } = endedSchema.safeParse(record);
      if (!data) return {};
      const { end, usedSeconds, chargedSeconds, peakVramBytes, leftAfterSeconds } = data;
      return {
        ...{ state: 'ended', end, usedSeconds, chargedSeconds, peakVramBytes },
        leftSeconds: leftAfterSeconds,
      };
    }
    case 'refused':
      return {
        state: 'refused',
        refusal: refusedSchema.safeParse(record).data?.refusal.kind ?? '',
      };
    case 'timed-out':
      return { state: 'refused', refusal: 'queue-timeout', ...waitOf(record) };
    case 'abandoned':
      return { state: 'refused', refusal: 'left-the-queue', ...waitOf(record) };
    default:
      return {};
  }
}

function waitOf(record: ControlRecord): { readonly waitedSeconds: number } | Record<string, never> {
  const { data } = waitedSchema.safeParse(record);
  return data ? { waitedSeconds: data.waitedSeconds } : {};
}

/** Whether every call has come to its end. */
export const areOver = (calls: readonly GpuCall[]): boolean =>
  calls.every(({ state }) => state === 'ended' || state === 'refused');
