/**
 * The virtual world round the allocator core: visitors that arrive, wait and leave, workers that
 * compute and are killed, and a clock that jumps from one event to the next. The core is the
 * server's own `step`; this file only plays the part of everything outside of it.
 *
 * Time is milliseconds from the start. A host is one core with its own queue and slices; the quota
 * accounts are one for all hosts, as on the platform.
 */
import type {
  AllocatorEvent,
  AllocatorState,
  CallRecord,
  Effect,
} from '../allocator/core/types.js';
import type { Instant } from '../shared/clock.js';
import type { ProcessId } from '../shared/host.js';
import { createHeap } from './heap.js';
import type { SimulationPlan } from './plan.js';
import { makeSlices, VirtualHost } from './virtual-host.js';
import { itemAt, type SimulatedCall, type Visit, Visits } from './visits.js';

/** Between a grant and the new worker's /allow: the order of what `zerogpu run` shows; not charged. */
const FORK_MS = 50;
/** From SIGKILL to the end of a worker that holds 200 MiB: the median that was measured for it. */
const DEATH_MS = 15;

const ARRIVAL = 0;
const CALL = 1;
const ALLOW = 2;
const END = 3;
const LEAVE = 4;
const DEATH = 5;
const TICK = 6;

/** What happens to calls, as it happens. Times are milliseconds from the start. */
export interface Observer {
  asked(call: SimulatedCall, atMs: number): void;
  /** A record of the core, and the call that it is about. */
  recorded(record: CallRecord, call: SimulatedCall, atMs: number): void;
}

interface Host {
  readonly core: VirtualHost;
  /** By the core's number of a call. */
  readonly calls: Map<number, SimulatedCall>;
  /** When a tick is on its way; Infinity when none is. */
  tickAtMs: number;
}

/** One replication. The same plan, seed and number give the same events, always. */
export class SimulatedWorld {
  readonly visits: Visits;
  private nowMs = 0;
  private readonly heap = createHeap();
  private readonly hosts: readonly Host[];
  private readonly calls = new Map<number, SimulatedCall>();
  /** Calls that hold a slice. */
  private readonly started = new Set<number>();
  /** Visits between two calls, and processes that are dying, by the id of their event. */
  private readonly thinking = new Map<number, Visit>();
  private readonly dying = new Map<number, { host: number; process: ProcessId }>();
  private lastId = 0;
  private lastPid = 1;
  private lastCall = 0;

  constructor(
    private readonly plan: SimulationPlan,
    seed: number,
    replication: number,
    private readonly observer: Observer,
  ) {
    this.hosts = createHosts(plan);
    this.visits = new Visits(plan, seed, replication);
    for (const tierIndex of plan.tiers.keys()) this.expectArrival(tierIndex);
  }

  /**
   * Runs up to a time, or until nothing happens any more.
   *
   * @returns false once the horizon is reached
   */
  runUntil(limitMs: number): boolean {
    const { heap, plan } = this;
    const endMs = Math.min(limitMs, plan.horizonMs);
    while (heap.nextMs < endMs) {
      heap.pop();
      this.nowMs = heap.timeMs;
      this.happen(heap.kind, heap.id);
    }
    return endMs < plan.horizonMs;
  }

  private happen(kind: number, id: number): void {
    switch (kind) {
      case ARRIVAL:
        this.expectArrival(id);
        this.ask(this.visits.begin(id));
        break;
      case CALL: {
        const visit = this.thinking.get(id);
        this.thinking.delete(id);
        if (visit) this.ask(visit);
        break;
      }
      case ALLOW:
        this.allow(id);
        break;
      case END:
        this.end(id);
        break;
      case LEAVE:
        this.leave(id);
        break;
      case DEATH: {
        const death = this.dying.get(id);
        this.dying.delete(id);
        if (death)
          this.send(death.host, { type: 'process-died', at: this.at, process: death.process });
        break;
      }
      default:
        this.tick(id);
    }
  }

  private expectArrival(tierIndex: number): void {
    const atMs = this.visits.nextArrivalMs(tierIndex);
    if (Number.isFinite(atMs)) this.heap.push(atMs, ARRIVAL, tierIndex);
  }

  private ask(visit: Visit): void {
    const { visitor, functionIndex, tierIndex, turn } = visit;
    const fn = this.visits.functionOf(functionIndex);
    this.lastCall += 1;
    const id = this.lastCall;
    const call: SimulatedCall = {
      id,
      key: String(id),
      tierIndex,
      functionIndex,
      visit,
      turn,
      askedAtMs: this.nowMs,
      isOver: false,
    };
    visit.turn += 1;
    this.calls.set(id, call);
    const { creditSeconds } = this.visits.tierOf(tierIndex);
    if (turn === 0 && creditSeconds > 0) {
      this.send(fn.host, {
        type: 'set-credits',
        at: this.at,
        visitor: visitor.key,
        seconds: creditSeconds,
      });
    }
    this.observer.asked(call, this.nowMs);
    const host = itemAt(this.hosts, fn.host);
    host.calls.set(host.core.state.nextCall, call);
    this.send(fn.host, {
      type: 'schedule',
      at: this.at,
      requestId: call.key,
      allowToken: call.key,
      space: fn.space,
      taskId: fn.name,
      visitor,
      durationSeconds: fn.sentSeconds,
      size: fn.size,
      tokenExpired: false,
    });
    const patience = this.visits.patienceSeconds(call);
    if (patience !== null && !call.isOver && !this.started.has(id)) {
      this.heap.push(this.nowMs + patience * 1000, LEAVE, id);
    }
  }

  private granted(id: number, isWarm: boolean): void {
    const call = this.calls.get(id);
    if (!call) return;
    this.started.add(id);
    if (isWarm) this.begin(call, true);
    else this.heap.push(this.nowMs + FORK_MS, ALLOW, id);
  }

  private allow(id: number): void {
    const call = this.calls.get(id);
    if (!call) return;
    this.lastPid += 1;
    const process = { pid: this.lastPid, startTime: this.lastPid };
    const { key } = call;
    const event = { type: 'allow', at: this.at, requestId: key, allowToken: key, process } as const;
    this.send(this.hostOf(call), event);
    this.begin(call, false);
  }

  private begin(call: SimulatedCall, isWarm: boolean): void {
    const ms = this.visits.serviceSeconds(call, isWarm) * 1000;
    this.heap.push(this.nowMs + ms, END, call.id);
  }

  private end(id: number): void {
    const call = this.calls.get(id);
    if (!call) return;
    this.send(this.hostOf(call), {
      type: 'release',
      at: this.at,
      requestId: call.key,
      allowToken: call.key,
      fail: false,
      gpuUsed: true,
      peakVramBytes: null,
    });
  }

  private leave(id: number): void {
    const call = this.calls.get(id);
    if (!call || this.started.has(id)) return;
    this.send(this.hostOf(call), { type: 'abandon', at: this.at, requestId: call.key });
  }

  private tick(hostIndex: number): void {
    const host = itemAt(this.hosts, hostIndex);
    // An earlier tick came in between.
    if (host.tickAtMs > this.nowMs) return;
    host.tickAtMs = Number.POSITIVE_INFINITY;
    this.send(hostIndex, { type: 'tick', at: this.at });
  }

  private get at(): Instant {
    return { monotonicMs: this.nowMs, wallMs: this.nowMs };
  }

  private send(hostIndex: number, event: AllocatorEvent): void {
    const host = itemAt(this.hosts, hostIndex);
    const effects = host.core.apply(event);
    const next = host.core.nextTickMs;
    if (next !== null && next < host.tickAtMs) {
      host.tickAtMs = Math.max(this.nowMs, next);
      this.heap.push(host.tickAtMs, TICK, hostIndex);
    }
    for (const effect of effects) this.obey(hostIndex, host, effect);
  }

  private obey(hostIndex: number, host: Host, effect: Effect): void {
    switch (effect.type) {
      case 'grant':
      case 'stream-grant':
        this.granted(Number(effect.requestId), effect.grant.idle);
        break;
      case 'kill': {
        const id = this.nextId();
        this.dying.set(id, { host: hostIndex, process: effect.process });
        this.heap.push(this.nowMs + DEATH_MS, DEATH, id);
        break;
      }
      case 'record': {
        const call = host.calls.get(effect.record.call);
        if (!call) return;
        this.observer.recorded(effect.record, call, this.nowMs);
        if (isLast(effect.record)) this.close(host, effect.record, call);
        break;
      }
      default:
    }
  }

  /** The visitor continues after a call that has ended, and leaves after any other end. */
  private close(host: Host, record: CallRecord, call: SimulatedCall): void {
    call.isOver = true;
    host.calls.delete(record.call);
    this.calls.delete(call.id);
    this.started.delete(call.id);
    const { visit } = call;
    if (record.event !== 'ended' || visit.turn >= visit.calls) return;
    const id = this.nextId();
    this.thinking.set(id, visit);
    this.heap.push(this.nowMs + this.visits.thinkSeconds(call) * 1000, CALL, id);
  }

  private hostOf(call: SimulatedCall): number {
    return this.visits.functionOf(call.functionIndex).host;
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }
}

function isLast({ event }: CallRecord): boolean {
  return event === 'ended' || event === 'refused' || event === 'timed-out' || event === 'abandoned';
}

function createHosts(plan: SimulationPlan): readonly Host[] {
  const { rules, gpusOfHosts, slicesPerGpu } = plan;
  const { vramBytes } = rules.profile.sizes.large;
  // One book for all hosts: quotas belong to a person, queues to a host.
  const accounts: AllocatorState['accounts'] = new Map();
  return gpusOfHosts.map((gpus) => ({
    core: new VirtualHost(rules, makeSlices(gpus, slicesPerGpu, vramBytes), accounts),
    calls: new Map(),
    tickAtMs: Number.POSITIVE_INFINITY,
  }));
}
