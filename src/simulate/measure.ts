/** One replication, and what it shows. */
import type { RefusalKind } from '../allocator/core/types.js';
import { percentile } from '../shared/percentile.js';
import { CallLog, type CallRow } from './call-log.js';
import { gpusOf, type SimulationPlan } from './plan.js';
import { Column } from './sample.js';
import { mean, mser5 } from './statistics.js';
import { SimulatedWorld } from './world.js';

const HOUR_MS = 3_600_000;
/** A wait from which on a call counts as starved: half the platform's time-out of 60 s. */
export const STARVED_SECONDS = 30;
/** How often a replication reports its progress. */
const PROGRESS_STEPS = 100;

/**
 * Seconds from a request to its grant, or to the moment at which the call left the queue without one: a
 * call that times out is not left out, so that a policy under which the slow ones time out does not look
 * fast. Refused calls have no wait.
 */
export interface Waits {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}

export interface Counts {
  /** Calls asked for after the warm-up. */
  readonly calls: number;
  readonly granted: number;
  /** Granted on a worker of the same function that was still there. */
  readonly warm: number;
  readonly refused: Readonly<Partial<Record<RefusalKind, number>>>;
  readonly timedOut: number;
  /** Visitors who lost patience. */
  readonly left: number;
  /** Killed at the declared duration. */
  readonly killed: number;
  readonly waits: Waits;
}

export interface Hour {
  readonly calls: number;
  readonly waitP95: number;
  /** Share of the slices' time that calls held. */
  readonly busy: number;
}

export interface Measurement {
  readonly all: Counts;
  /** By tier, in the order of the workload. */
  readonly tiers: Readonly<Record<string, Counts>>;
  readonly spaces: Readonly<Record<string, Counts>>;
  /** Share of the slices' time that calls held. */
  readonly utilisation: number;
  /** Of calls that have ended: held; charged, with the size's factor; asked for. */
  readonly usedSeconds: number;
  readonly chargedSeconds: number;
  readonly declaredSeconds: number;
  /** Charged seconds that prepaid credits paid. */
  readonly creditSeconds: number;
  /** Share of the calls in the queue that waited STARVED_SECONDS or more. */
  readonly starved: number;
  readonly gpuHours: number;
  readonly warmupSeconds: number;
  readonly hours: readonly Hour[];
}

/** @param onProgress called now and then with the share that is done; it may throw to stop */
export function measure(
  plan: SimulationPlan,
  seed: number,
  replication: number,
  onProgress: (share: number) => void = () => {},
): Measurement {
  const log = new CallLog();
  const world = new SimulatedWorld(plan, seed, replication, log);
  for (let part = 1; ; part += 1) {
    const goesOn = world.runUntil((plan.horizonMs * part) / PROGRESS_STEPS);
    onProgress(part / PROGRESS_STEPS);
    if (!goesOn) return readLog(plan, log);
  }
}

/** What a log of calls shows, whoever made them: a simulation, or visitors of a running Space. */
export function readLog(plan: SimulationPlan, log: CallLog): Measurement {
  const fromMs = warmupEndMs(plan, log);
  const all = new Tally();
  const tiers = plan.tiers.map(() => new Tally());
  const spaceNames = [...new Set(plan.functions.map(({ space }) => space))];
  const spaces = new Map(spaceNames.map((name) => [name, new Tally()]));
  const hours = new HourTally(plan);
  const sums = { used: 0, charged: 0, declared: 0, credit: 0 };
  for (let index = 0; index < log.length; index += 1) {
    const row = log.row(index);
    hours.add(row);
    if (row.askedAtMs < fromMs) continue;
    all.add(row);
    tiers[row.tierIndex]?.add(row);
    spaces.get(plan.functions[row.functionIndex]?.space ?? '')?.add(row);
    sums.used += row.usedSeconds;
    sums.charged += row.chargedSeconds;
    sums.declared += row.declaredSeconds;
    sums.credit += row.creditSeconds;
  }
  return {
    all: all.counts(),
    tiers: Object.fromEntries(plan.tiers.map(({ tier }, i) => [tier, tallyAt(tiers, i).counts()])),
    spaces: Object.fromEntries([...spaces].map(([name, tally]) => [name, tally.counts()])),
    utilisation: hours.busyBetween(fromMs, plan.horizonMs),
    usedSeconds: sums.used,
    chargedSeconds: sums.charged,
    declaredSeconds: sums.declared,
    creditSeconds: sums.credit,
    starved: all.starved(),
    gpuHours: (gpusOf(plan) * (plan.horizonMs - fromMs)) / HOUR_MS,
    warmupSeconds: fromMs / 1000,
    hours: hours.hours(),
  };
}

/** Where measuring begins: as the workload says, or after MSER-5's cut of the waits. */
function warmupEndMs(plan: SimulationPlan, log: CallLog): number {
  if (plan.warmup === 'none') return 0;
  if (plan.warmup !== 'auto') return Math.min(plan.warmup * 1000, plan.horizonMs);
  const waits = Array.from({ length: log.length }, (_, index) => log.row(index).waitSeconds);
  const cut = mser5(waits);
  return cut === 0 ? 0 : log.row(cut).askedAtMs;
}

function tallyAt(tallies: readonly Tally[], index: number): Tally {
  return tallies[index] ?? new Tally();
}

class Tally {
  private readonly waits = new Column();
  private calls = 0;
  private warm = 0;
  private killed = 0;
  private readonly left = { granted: 0, 'timed-out': 0, left: 0 };
  private readonly refused: Partial<Record<RefusalKind, number>> = {};

  add(row: CallRow): void {
    this.calls += 1;
    if (row.isWarm) this.warm += 1;
    if (row.isKilled) this.killed += 1;
    if (row.outcome === 'pending') return;
    if (row.outcome === 'refused') {
      const kind = row.refusal ?? 'no-gpu';
      this.refused[kind] = (this.refused[kind] ?? 0) + 1;
      return;
    }
    this.left[row.outcome] += 1;
    this.waits.push(row.waitSeconds);
  }

  starved(): number {
    let count = 0;
    for (const wait of this.waits.view()) if (wait >= STARVED_SECONDS) count += 1;
    return this.waits.length === 0 ? 0 : count / this.waits.length;
  }

  counts(): Counts {
    const sorted = this.waits.view().slice().sort();
    return {
      calls: this.calls,
      granted: this.left.granted,
      warm: this.warm,
      refused: this.refused,
      timedOut: this.left['timed-out'],
      left: this.left.left,
      killed: this.killed,
      waits: {
        mean: mean(sorted),
        p50: percentile(sorted, 0.5) ?? 0,
        p95: percentile(sorted, 0.95) ?? 0,
        p99: percentile(sorted, 0.99) ?? 0,
        longest: sorted[sorted.length - 1] ?? 0,
      },
    };
  }
}

/** Calls, waits and busy slices, hour by hour. */
class HourTally {
  private readonly busyMs: Float64Array;
  private readonly waits: readonly Column[];
  private readonly asked: Float64Array;
  private readonly slices: number;

  constructor(private readonly plan: SimulationPlan) {
    const hours = Math.ceil(plan.horizonMs / HOUR_MS);
    this.busyMs = new Float64Array(hours);
    this.asked = new Float64Array(hours);
    this.waits = Array.from({ length: hours }, () => new Column());
    this.slices = gpusOf(plan) * plan.slicesPerGpu;
  }

  add(row: CallRow): void {
    const hour = Math.floor(row.askedAtMs / HOUR_MS);
    this.asked[hour] = (this.asked[hour] ?? 0) + 1;
    if (row.outcome !== 'refused' && row.outcome !== 'pending') {
      this.waits[hour]?.push(row.waitSeconds);
    }
    if (!Number.isNaN(row.grantedAtMs)) this.hold(row);
  }

  busyBetween(fromMs: number, toMs: number): number {
    const from = Math.floor(fromMs / HOUR_MS);
    const sum = this.busyMs.subarray(from).reduce((total, ms) => total + ms, 0);
    const lengthMs = toMs - from * HOUR_MS;
    return lengthMs <= 0 ? 0 : sum / (lengthMs * this.slices);
  }

  hours(): readonly Hour[] {
    return this.waits.map((waits, index) => ({
      calls: this.asked[index] ?? 0,
      waitP95: percentile(waits.view().slice().sort(), 0.95) ?? 0,
      busy: (this.busyMs[index] ?? 0) / (this.lengthOf(index) * this.slices),
    }));
  }

  private hold({ grantedAtMs, endedAtMs, functionIndex }: CallRow): void {
    const { horizonMs, functions, rules } = this.plan;
    const size = functions[functionIndex]?.size ?? 'large';
    const slices = rules.profile.sizes[size]?.slices ?? 1;
    const endMs = Math.min(horizonMs, Number.isNaN(endedAtMs) ? horizonMs : endedAtMs);
    for (let fromMs = grantedAtMs; fromMs < endMs; ) {
      const hour = Math.floor(fromMs / HOUR_MS);
      const untilMs = Math.min(endMs, (hour + 1) * HOUR_MS);
      this.busyMs[hour] = (this.busyMs[hour] ?? 0) + (untilMs - fromMs) * slices;
      fromMs = untilMs;
    }
  }

  private lengthOf(hour: number): number {
    return Math.min(HOUR_MS, this.plan.horizonMs - hour * HOUR_MS);
  }
}
