/** What becomes of each call of a load, from the allocator's records and from the clients' answers. Pure. */
import * as z from 'zod';
import type { CallEnd } from '../allocator/core/effects.js';
import type { RefusalKind } from '../allocator/core/types.js';
import { CallLog, type LoggedRecord } from '../simulate/call-log.js';
import type { Arrival } from './plan.js';

const recordSchema = z.looseObject({
  event: z.string(),
  askedSeconds: z.number(),
  refusal: z.looseObject({ kind: z.string() }).optional(),
  ...{ warm: z.boolean().optional(), waitedSeconds: z.number().optional() },
  ...{ end: z.string().optional(), usedSeconds: z.number().optional() },
  ...{ chargedSeconds: z.number().optional(), creditSeconds: z.number().optional() },
});

interface OpenCall {
  readonly id: number;
  readonly tierIndex: number;
  /** When it was to be sent: from then on its visitor waits. */
  readonly dueMs: number;
  /** The allocator has refused it, or ended it otherwise: its client fails for that reason. */
  isExplained: boolean;
  isOnGpu: boolean;
  isOver: boolean;
}

export interface Failure {
  readonly words: string;
  count: number;
}

/** Failures that are listed; the others are counted. */
const MOST_WORDS = 20;

export class LoadTally {
  readonly log = new CallLog();
  /** Calls that failed for no reason of the allocator, by tier and by the words of the error. */
  readonly failedByTier = new Map<number, number>();
  readonly failures = new Map<string, Failure>();
  readonly late: number[] = [];
  /** Seconds from when a granted call was due until the app asked for its GPU: Gradio's queue, mostly. */
  readonly inApp: number[] = [];
  answered = 0;
  /** Answered calls that asked for no GPU. */
  withoutGpu = 0;
  private readonly byClient = new Map<string, OpenCall>();
  private sent = 0;

  get calls(): number {
    return this.sent;
  }

  get open(): number {
    return this.byClient.size;
  }

  /** @param client of the connection, which has no other call */
  begins(client: string, arrival: Arrival, lateMs: number): void {
    this.sent += 1;
    this.late.push(lateMs);
    this.log.asked({ tierIndex: arrival.tierIndex, functionIndex: 0 }, arrival.atMs);
    this.byClient.set(client, {
      ...{ id: this.sent, tierIndex: arrival.tierIndex, dueMs: arrival.atMs },
      ...{ isExplained: false, isOnGpu: false, isOver: false },
    });
  }

  /** @param data a record of the allocator, as its stream has it */
  recorded(client: string, data: unknown, atMs: number): void {
    const call = this.byClient.get(client);
    const parsed = recordSchema.safeParse(data);
    if (!call || !parsed.success) return;
    const waitedSeconds = Math.max(0, atMs - call.dueMs) / 1_000;
    const record = logged(parsed.data, waitedSeconds);
    if (record === null) return;
    if (record.event === 'granted') {
      this.inApp.push(Math.max(0, waitedSeconds - (parsed.data.waitedSeconds ?? 0)));
    }
    call.isOnGpu = true;
    call.isOver = record.event !== 'granted';
    call.isExplained = record.event === 'ended' ? record.end !== 'released' : call.isOver;
    this.log.recorded(record, call, atMs);
  }

  /** Whether the allocator has said the last of the client's call; null while it has said nothing. */
  isOver(client: string): boolean | null {
    const call = this.byClient.get(client);
    return call?.isOnGpu ? call.isOver : null;
  }

  /** @param failure the words that the visitor reads; null when the call has answered */
  ends(client: string, failure: string | null): void {
    const call = this.byClient.get(client);
    if (!call) return;
    this.byClient.delete(client);
    if (failure === null) {
      this.answered += 1;
      if (!call.isOnGpu) this.withoutGpu += 1;
    } else if (!call.isExplained) {
      this.fails(call.tierIndex, failure);
    }
  }

  /** A call that could not be sent. */
  neverSent(arrival: Arrival, why: string): void {
    this.sent += 1;
    this.log.asked({ tierIndex: arrival.tierIndex, functionIndex: 0 }, arrival.atMs);
    this.fails(arrival.tierIndex, why);
  }

  private fails(tierIndex: number, words: string): void {
    this.failedByTier.set(tierIndex, (this.failedByTier.get(tierIndex) ?? 0) + 1);
    const known = this.failures.get(words);
    if (known) known.count += 1;
    else if (this.failures.size < MOST_WORDS) this.failures.set(words, { words, count: 1 });
  }
}

function logged(record: z.infer<typeof recordSchema>, waitedSeconds: number): LoggedRecord | null {
  const { event, warm = false, askedSeconds } = record;
  switch (event) {
    case 'granted':
      return { event, warm, waitedSeconds };
    case 'timed-out':
    case 'abandoned':
      return { event, waitedSeconds };
    case 'refused':
      return { event, refusal: { kind: (record.refusal?.kind ?? 'no-gpu') as RefusalKind } };
    case 'ended': {
      const { usedSeconds = 0, chargedSeconds = 0, creditSeconds = 0 } = record;
      const end = (record.end ?? 'released') as CallEnd;
      return { event, end, usedSeconds, chargedSeconds, creditSeconds, askedSeconds };
    }
    default:
      return null;
  }
}
