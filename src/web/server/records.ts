/** The allocator's records, as the control stream has them, become calls of the console. Pure. */
import * as z from 'zod';
import { GPU_SIZES, TIERS } from '../../platform/tiers.js';
import type { ConsoleCall } from '../model/calls.js';

/** What every record has; a newer allocator may have more. */
const common = {
  call: z.int(),
  space: z.string(),
  function: z.string(),
  visitor: z.looseObject({ key: z.string(), tier: z.enum(TIERS) }),
  askedSeconds: z.number(),
  size: z.enum(GPU_SIZES),
  at: z.looseObject({ wallMs: z.number() }),
};
const waited = { waitedSeconds: z.number() };

const recordSchema = z.discriminatedUnion('event', [
  z.looseObject({
    ...common,
    event: z.literal('refused'),
    refusal: z.looseObject({ kind: z.string() }),
  }),
  z.looseObject({ ...common, event: z.literal('queued') }),
  z.looseObject({
    ...common,
    ...waited,
    event: z.literal('granted'),
    nvidiaIndex: z.int(),
    warm: z.boolean(),
  }),
  z.looseObject({ ...common, event: z.literal('allowed') }),
  z.looseObject({ ...common, event: z.literal('killing'), reason: z.string() }),
  z.looseObject({
    ...common,
    event: z.literal('ended'),
    end: z.string(),
    usedSeconds: z.number(),
    chargedSeconds: z.number(),
    peakVramBytes: z.number().nullable(),
    leftAfterSeconds: z.number(),
  }),
  z.looseObject({ ...common, ...waited, event: z.literal('timed-out') }),
  z.looseObject({ ...common, ...waited, event: z.literal('abandoned'), why: z.string() }),
]);

type Record = z.infer<typeof recordSchema>;

/** Null for what is not a record of this version. */
export function parseRecord(data: string): Record | null {
  return recordSchema.safeParse(parsed(data)).data ?? null;
}

/** The records of a list, less those that are not of this version. */
export function parseRecords(data: string): readonly Record[] {
  const list = z.array(z.unknown()).safeParse(parsed(data)).data ?? [];
  return list.flatMap((one) => recordSchema.safeParse(one).data ?? []);
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

/**
 * The call after one more record.
 *
 * @param before undefined for a call that was not known
 */
export function callAfter(before: ConsoleCall | undefined, record: Record): ConsoleCall {
  const atMs = record.at.wallMs;
  const { call, space, visitor, askedSeconds, size } = record;
  const known: ConsoleCall = before ?? {
    ...{ call, space, askedSeconds, size, function: record.function },
    ...{ visitor: visitor.key, tier: visitor.tier },
    ...{ phase: 'queued', seenMs: atMs, memory: [], why: null },
    ...{ grantedMs: null, startedMs: null, killedMs: null, endedMs: null },
    ...{ slice: null, warm: null, waitedSeconds: null },
    ...{ usedSeconds: null, chargedSeconds: null, leftSeconds: null, peakVramBytes: null },
  };
  return { ...known, ...newsOf(record, atMs) };
}

function newsOf(record: Record, atMs: number): Partial<ConsoleCall> {
  switch (record.event) {
    case 'refused':
      return { phase: 'refused', endedMs: atMs, why: record.refusal.kind };
    case 'queued':
      return { phase: 'queued' };
    case 'granted': {
      const { warm, waitedSeconds, nvidiaIndex: slice } = record;
      // A warm worker begins with its grant: no /allow follows.
      const started = warm ? { phase: 'running' as const, startedMs: atMs } : {};
      return { phase: 'granted', grantedMs: atMs, slice, warm, waitedSeconds, ...started };
    }
    case 'allowed':
      return { phase: 'running', startedMs: atMs };
    case 'killing':
      return { phase: 'killing', killedMs: atMs, why: record.reason };
    case 'ended': {
      const { end: why, usedSeconds, chargedSeconds, peakVramBytes } = record;
      const leftSeconds = record.leftAfterSeconds;
      return {
        ...{ phase: 'ended', endedMs: atMs, why, usedSeconds, chargedSeconds, peakVramBytes },
        leftSeconds,
      };
    }
    case 'timed-out':
    case 'abandoned':
      return {
        ...{ phase: record.event, endedMs: atMs, waitedSeconds: record.waitedSeconds },
        why: record.event === 'abandoned' ? record.why : 'queue-timeout',
      };
  }
}
