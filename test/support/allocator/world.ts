/** A core with clocks that the test moves, and short words for the events. */
import {
  checkInvariants,
  decodeState,
  encodeState,
  type StoredState,
} from '../../../src/allocator/core/index.js';
import type {
  AllocatorEvent,
  AllocatorRules,
  AllocatorState,
  CallRecord,
  Effect,
  GpuSize,
  SharedAnswer,
  Tier,
  Visitor,
} from '../../../src/allocator/core/types.js';
import { loadProfile } from '../../../src/platform/index.js';
import type { PlatformProfile } from '../../../src/platform/schema.js';
import type { Instant } from '../../../src/shared/clock.js';
import type { ProcessId, SliceSpec } from '../../../src/shared/host.js';
import {
  type EventBody,
  makeSlices as slicesOf,
  VirtualHost,
} from '../../../src/simulate/virtual-host.js';

/** Noon, so that nothing depends on a midnight. */
const START_WALL_MS = Date.UTC(2026, 0, 1, 12);

export interface WorldOptions {
  readonly profile?: PlatformProfile;
  readonly gpus?: number;
  readonly slicesPerGpu?: number;
  readonly longestCallSeconds?: number | null;
  readonly concurrencyPerSpace?: number | null;
}

export interface CallOptions {
  readonly space?: string;
  readonly task?: string;
  readonly user?: string;
  readonly duration?: number | null;
  /** Null for a call that names none. */
  readonly size?: GpuSize | null;
  readonly expired?: boolean;
  /** What a store that has the quotas answered. */
  readonly shared?: SharedAnswer;
}

export class World {
  readonly rules: AllocatorRules;
  /** The core that simulations drive too. */
  private readonly host: VirtualHost;
  /** All events so far, as a ledger has them. */
  readonly events: AllocatorEvent[] = [];
  /** All effects so far, oldest first. */
  readonly effects: Effect[] = [];
  monotonicMs = 0;
  wallMs = START_WALL_MS;
  /** The last event's time: the allocator knows of no other, and of none before its first event. */
  private seen: Instant | null = null;
  private requests = 0;

  constructor(options: WorldOptions = {}) {
    this.rules = {
      profile: options.profile ?? loadProfile('h200'),
      longestCallSeconds: options.longestCallSeconds ?? null,
      concurrencyPerSpace: options.concurrencyPerSpace ?? null,
    };
    const perGpu = options.slicesPerGpu ?? this.rules.profile.gpu.slicesPerGpu;
    this.host = new VirtualHost(this.rules, makeSlices(options.gpus ?? 1, perGpu));
  }

  get state(): AllocatorState {
    return this.host.state;
  }

  get nextTickMs(): number | null {
    return this.host.nextTickMs;
  }

  get now(): Instant {
    return { wallMs: this.wallMs, monotonicMs: this.monotonicMs };
  }

  /** Whether the core had an event at this very moment, by both clocks. */
  get knowsTheTime(): boolean {
    return this.seen?.wallMs === this.wallMs && this.seen.monotonicMs === this.monotonicMs;
  }

  /** Sends one event now, and fails on a broken invariant. */
  send(body: EventBody): readonly Effect[] {
    const at = this.now;
    this.events.push({ ...body, at } as AllocatorEvent);
    this.seen = at;
    const effects = this.host.send(body, at);
    this.effects.push(...effects);
    const broken = checkInvariants(this.state);
    if (broken.length > 0) throw new Error(`after ${body.type}: ${broken.join('; ')}`);
    return effects;
  }

  /** Ends the process and starts it again on what was written down; these processes still live. */
  restart(alive: readonly number[], sameBoot = true): readonly Effect[] {
    this.host.state = decodeState(storedOf(this.state));
    return this.send({
      type: 'restarted',
      rules: this.rules,
      slices: this.state.slices,
      sameBoot,
      alive: alive.map(processOf),
    });
  }

  /** Lets time pass without telling the core. */
  wait(seconds: number): void {
    this.monotonicMs += seconds * 1000;
    this.wallMs += seconds * 1000;
  }

  /** Lets time pass as a driver does: a tick whenever the core asked for one, and one at the end. */
  pass(seconds: number): readonly Effect[] {
    const effects: Effect[] = [];
    const endMs = this.monotonicMs + seconds * 1000;
    while (this.nextTickMs !== null && this.nextTickMs < endMs) {
      this.wait(Math.max(0, this.nextTickMs - this.monotonicMs) / 1000);
      effects.push(...this.send({ type: 'tick' }));
    }
    this.wait((endMs - this.monotonicMs) / 1000);
    effects.push(...this.send({ type: 'tick' }));
    return effects;
  }

  /** A /schedule; the call's number, request and token are r1/t1, r2/t2 and so on. */
  schedule(options: CallOptions = {}): readonly Effect[] {
    this.requests += 1;
    return this.send({
      type: 'schedule',
      requestId: `r${this.requests}`,
      allowToken: `t${this.requests}`,
      space: options.space ?? 'a',
      taskId: options.task ?? '1',
      visitor: visitor(options.user ?? 'free'),
      durationSeconds: options.duration === undefined ? 60 : options.duration,
      size: options.size === undefined ? 'large' : options.size,
      tokenExpired: options.expired ?? false,
      ...(options.shared && { shared: options.shared }),
    });
  }

  allow(call: number, pid = 100 + call): readonly Effect[] {
    const body = { requestId: `allow${call}`, allowToken: `t${call}`, process: processOf(pid) };
    return this.send({ type: 'allow', ...body });
  }

  release(
    call: number,
    how: { fail?: boolean; gpuUsed?: boolean; peak?: number } = {},
  ): readonly Effect[] {
    return this.send({
      type: 'release',
      requestId: `release${call}`,
      allowToken: `t${call}`,
      fail: how.fail ?? false,
      gpuUsed: how.gpuUsed ?? true,
      peakVramBytes: how.peak ?? null,
    });
  }

  died(pid: number): readonly Effect[] {
    return this.send({ type: 'process-died', process: processOf(pid) });
  }

  abandon(call: number): readonly Effect[] {
    return this.send({ type: 'abandon', requestId: `r${call}` });
  }

  /** A whole cold call, from /schedule to /release. */
  run(options: CallOptions & { readonly seconds: number }): number {
    this.schedule(options);
    const call = this.requests;
    this.allow(call);
    this.pass(options.seconds);
    this.release(call);
    return call;
  }
}

/** The state as a file has it. */
export function storedOf(state: AllocatorState): StoredState {
  return JSON.parse(JSON.stringify(encodeState(state))) as StoredState;
}

/** `free`, `pro:lin`, `anon:10.0.0.7`: a tier and a name. */
export function visitor(user: string): Visitor {
  const [word = '', name = ''] = user.split(':', 2);
  const tier: Tier = word === 'anon' ? 'anonymous' : (word as Tier);
  return { key: `${word}:${name}`, tier, hasToken: tier !== 'anonymous' };
}

export function processOf(pid: number): ProcessId {
  return { pid, startTime: pid * 10 };
}

export const makeSlices = (gpus: number, slicesPerGpu: number): readonly SliceSpec[] =>
  slicesOf(gpus, slicesPerGpu, 70e9);

/** h200 with changes, for the laws that need another number. */
export function profileWith(change: (draft: PlatformProfile) => void): PlatformProfile {
  const draft = structuredClone(loadProfile('h200'));
  change(draft);
  return draft;
}

export function recordsOf(effects: readonly Effect[]): CallRecord[] {
  return effects.flatMap((effect) => (effect.type === 'record' ? [effect.record] : []));
}

/** The effects that are no records, in short words: `grant r1 slice 0`, `kill 101 deadline`. */
export function answersOf(effects: readonly Effect[]): string[] {
  return effects.filter((effect) => effect.type !== 'record').map(shortly);
}

function shortly(effect: Exclude<Effect, { type: 'record' }>): string {
  switch (effect.type) {
    case 'grant':
    case 'stream-grant': {
      const { nvidiaIndex, idle } = effect.grant;
      return `${effect.type} ${effect.requestId} slice ${nvidiaIndex}${idle ? ' idle' : ''}`;
    }
    case 'refuse':
      return `refuse ${effect.requestId} ${effect.refusal.kind}`;
    case 'queue':
      return `queue ${effect.requestId} ${effect.reason}`;
    case 'stream-fail':
      return `stream-fail ${effect.requestId}`;
    case 'space-registered':
      return `registered ${effect.requestId}`;
    case 'space-refused':
      return `space-refused ${effect.requestId} ${effect.hosted}/${effect.limit}`;
    case 'status':
      return `status ${effect.status}`;
    case 'watch':
      return `watch ${effect.process.pid}`;
    case 'begin':
      return `begin ${effect.requestId}`;
    case 'deliver':
      return 'deliver';
    case 'kill':
      return `kill ${effect.process.pid} ${effect.why}`;
  }
}
