/**
 * Who comes, and what each visit wants: all of it drawn by position, so that it does not depend on what
 * the allocator decides.
 */
import type { Visitor } from '../allocator/core/types.js';
import { type Arrivals, createArrivals } from './arrivals.js';
import type { PlannedFunction, PlannedTier, SimulationPlan } from './plan.js';
import { createStream, type RandomStream } from './random.js';

/** Draws of one call, from `FIRST_DRAW + call * DRAWS_PER_CALL`. */
const REAL = 0;
const COLD = 1;
const THINK = 2;
const PATIENCE = 3;
const DRAWS_PER_CALL = 4;
/** Draws of a visit. */
const CALL_COUNT_DRAW = 0;
const FUNCTION_DRAW = 1;
const PERSON_DRAW = 2;
const FIRST_DRAW = 3;

export interface Visit {
  /** Of its tier, from 0. */
  readonly index: number;
  readonly tierIndex: number;
  /** All calls of a visit are of one function. */
  readonly functionIndex: number;
  readonly visitor: Visitor;
  readonly calls: number;
  /** Calls made so far. */
  turn: number;
}

export interface SimulatedCall {
  /** From 1, in the order of asking. */
  readonly id: number;
  /** Names it in the core's events. */
  readonly key: string;
  readonly tierIndex: number;
  readonly functionIndex: number;
  readonly visit: Visit;
  /** The call of its visit, from 0. */
  readonly turn: number;
  readonly askedAtMs: number;
  isOver: boolean;
}

export class Visits {
  private readonly arrivals: readonly Arrivals[];
  private readonly streams: readonly RandomStream[];
  private readonly counts: number[];

  constructor(
    private readonly plan: SimulationPlan,
    seed: number,
    replication: number,
  ) {
    this.streams = plan.tiers.map(({ tier }) => createStream(seed, replication, `visit/${tier}`));
    this.arrivals = plan.tiers.map(({ tier, perDay }) =>
      createArrivals(perDay, plan.hourly, createStream(seed, replication, `arrival/${tier}`)),
    );
    this.counts = plan.tiers.map(() => 0);
  }

  /** When the next visit of a tier begins; Infinity when none does within the horizon. */
  nextArrivalMs(tierIndex: number): number {
    const atMs = this.arrivals[tierIndex]?.next() ?? Number.POSITIVE_INFINITY;
    return atMs < this.plan.horizonMs ? atMs : Number.POSITIVE_INFINITY;
  }

  begin(tierIndex: number): Visit {
    const { tier, people, calls } = this.tierOf(tierIndex);
    const stream = this.streamOf(tierIndex);
    const index = this.counts[tierIndex] ?? 0;
    this.counts[tierIndex] = index + 1;
    const person = people === null ? index : Math.floor(people * stream.at(index, PERSON_DRAW));
    return {
      index,
      tierIndex,
      functionIndex: pickShare(this.plan.shares, stream.at(index, FUNCTION_DRAW)),
      visitor: { key: `${tier}:${person}`, tier, hasToken: tier !== 'anonymous' },
      calls: Math.max(1, Math.round(calls(stream.at(index, CALL_COUNT_DRAW)))),
      turn: 0,
    };
  }

  /** Seconds that the call computes for, if nothing kills it. */
  serviceSeconds(call: SimulatedCall, isWarm: boolean): number {
    const { real, cold } = this.functionOf(call.functionIndex);
    return real(this.draw(call, REAL)) + (isWarm ? 0 : cold(this.draw(call, COLD)));
  }

  /** Seconds until the next call of the visit. */
  thinkSeconds(call: SimulatedCall): number {
    return this.tierOf(call.tierIndex).think(this.draw(call, THINK));
  }

  /** Seconds that the visitor waits in the queue; null when only the platform's time-out ends it. */
  patienceSeconds(call: SimulatedCall): number | null {
    const { patience } = this.tierOf(call.tierIndex);
    return patience ? patience(this.draw(call, PATIENCE)) : null;
  }

  tierOf(index: number): PlannedTier {
    return itemAt(this.plan.tiers, index);
  }

  functionOf(index: number): PlannedFunction {
    return itemAt(this.plan.functions, index);
  }

  private streamOf(index: number): RandomStream {
    return itemAt(this.streams, index);
  }

  private draw({ visit, turn, tierIndex }: SimulatedCall, which: number): number {
    return this.streamOf(tierIndex).at(visit.index, FIRST_DRAW + turn * DRAWS_PER_CALL + which);
  }
}

/** @throws when the index is out of range: an index made here is always in it */
export function itemAt<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`no item ${index} in a list of ${list.length}`);
  return item;
}

/** The first share whose upper end is above `u`. */
function pickShare(shares: readonly number[], u: number): number {
  let low = 0;
  let high = shares.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (u < (shares[middle] ?? 1)) high = middle;
    else low = middle + 1;
  }
  return low;
}
