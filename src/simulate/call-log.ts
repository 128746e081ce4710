/** What became of each call of a replication: one row a call, in the order of asking. */
import type { CallEnd } from '../allocator/core/effects.js';
import type { RefusalKind } from '../allocator/core/types.js';
import { Column } from './sample.js';
import type { SimulatedCall } from './visits.js';
import type { Observer } from './world.js';

/** How a call left the queue; `pending` when the simulation ended first. */
export const OUTCOMES = ['pending', 'granted', 'refused', 'timed-out', 'left'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const REFUSALS: readonly RefusalKind[] = [
  ...(['expired-token', 'illegal-duration', 'quota-exceeded'] as const),
  ...(['pending-credits', 'runs-exceeded', 'no-gpu'] as const),
];

export interface CallRow {
  readonly askedAtMs: number;
  readonly tierIndex: number;
  readonly functionIndex: number;
  readonly outcome: Outcome;
  readonly refusal: RefusalKind | null;
  /** Seconds from the request to the grant, or to the moment at which the call left the queue. */
  readonly waitSeconds: number;
  readonly isWarm: boolean;
  readonly isEnded: boolean;
  readonly isKilled: boolean;
  readonly usedSeconds: number;
  readonly chargedSeconds: number;
  readonly creditSeconds: number;
  readonly declaredSeconds: number;
  /** When it was granted its slice, and when it gave it back; NaN while it has not. */
  readonly grantedAtMs: number;
  readonly endedAtMs: number;
}

const ENDED = 1;
const KILLED = 2;
const WARM = 4;

/** What a log takes of a record. */
export type LoggedRecord =
  | { readonly event: 'refused'; readonly refusal: { readonly kind: RefusalKind } }
  | { readonly event: 'granted'; readonly waitedSeconds: number; readonly warm: boolean }
  | { readonly event: 'timed-out' | 'abandoned'; readonly waitedSeconds: number }
  | {
      readonly event: 'ended';
      readonly end: CallEnd;
      readonly usedSeconds: number;
      readonly chargedSeconds: number;
      readonly creditSeconds: number;
      readonly askedSeconds: number;
    }
  | { readonly event: 'queued' | 'allowed' | 'killing' };

/** Rows as columns; a row is made on demand. */
export class CallLog implements Observer {
  private readonly askedAt = new Column();
  private readonly tier = new Column();
  private readonly fn = new Column();
  private readonly outcome = new Column();
  private readonly refusal = new Column();
  private readonly wait = new Column();
  private readonly flags = new Column();
  private readonly used = new Column();
  private readonly charged = new Column();
  private readonly credit = new Column();
  private readonly declared = new Column();
  private readonly grantedAt = new Column();
  private readonly endedAt = new Column();

  get length(): number {
    return this.askedAt.length;
  }

  asked(call: Pick<SimulatedCall, 'tierIndex' | 'functionIndex'>, atMs: number): void {
    this.askedAt.push(atMs);
    this.tier.push(call.tierIndex);
    this.fn.push(call.functionIndex);
    for (const column of [this.outcome, this.refusal, this.wait, this.flags]) column.push(0);
    for (const column of [this.used, this.charged, this.credit, this.declared]) column.push(0);
    for (const column of [this.grantedAt, this.endedAt]) column.push(Number.NaN);
  }

  recorded(record: LoggedRecord, call: Pick<SimulatedCall, 'id'>, atMs: number): void {
    const row = call.id - 1;
    switch (record.event) {
      case 'refused':
        this.leaves(row, 'refused', 0);
        this.refusal.set(row, REFUSALS.indexOf(record.refusal.kind));
        break;
      case 'granted':
        this.leaves(row, 'granted', record.waitedSeconds);
        this.grantedAt.set(row, atMs);
        if (record.warm) this.flags.set(row, WARM);
        break;
      case 'timed-out':
        this.leaves(row, 'timed-out', record.waitedSeconds);
        break;
      case 'abandoned':
        this.leaves(row, 'left', record.waitedSeconds);
        break;
      case 'ended': {
        const killed = record.end === 'deadline' ? KILLED : 0;
        this.flags.set(row, this.flags.at(row) | ENDED | killed);
        this.used.set(row, record.usedSeconds);
        this.charged.set(row, record.chargedSeconds);
        this.credit.set(row, record.creditSeconds);
        this.declared.set(row, record.askedSeconds);
        this.endedAt.set(row, atMs);
        break;
      }
      default:
    }
  }

  row(index: number): CallRow {
    const outcome = OUTCOMES[this.outcome.at(index)] ?? 'pending';
    const flags = this.flags.at(index);
    return {
      askedAtMs: this.askedAt.at(index),
      tierIndex: this.tier.at(index),
      functionIndex: this.fn.at(index),
      outcome,
      refusal: outcome === 'refused' ? (REFUSALS[this.refusal.at(index)] ?? null) : null,
      waitSeconds: this.wait.at(index),
      isWarm: (flags & WARM) !== 0,
      isEnded: (flags & ENDED) !== 0,
      isKilled: (flags & KILLED) !== 0,
      usedSeconds: this.used.at(index),
      chargedSeconds: this.charged.at(index),
      creditSeconds: this.credit.at(index),
      declaredSeconds: this.declared.at(index),
      grantedAtMs: this.grantedAt.at(index),
      endedAtMs: this.endedAt.at(index),
    };
  }

  private leaves(row: number, outcome: Outcome, waitSeconds: number): void {
    this.outcome.set(row, OUTCOMES.indexOf(outcome));
    this.wait.set(row, waitSeconds);
  }
}
