/**
 * The allocator's driver, outbox and core on a clock, a disk and processes that are all made up, so
 * that a whole bad day passes in milliseconds, and the same again from the same seed: crashes between
 * any two effects, commits that come late, workers that die unseen, a wall clock that jumps,
 * requests that come twice or too late. The clients rely on the answers that they get, and on nothing else.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkInvariants,
  createState,
  decodeState,
  step,
} from '../../../src/allocator/core/index.js';
import type {
  AllocatorEvent,
  AllocatorRules,
  AllocatorState,
  CallRecord,
} from '../../../src/allocator/core/types.js';
import type { Answer, StreamEnd } from '../../../src/allocator/server/answers.js';
import { type AllocatorDriver, createDriver } from '../../../src/allocator/server/driver.js';
import type { ProcessWatch } from '../../../src/allocator/server/process-watch.js';
import type { Ledger } from '../../../src/allocator/store/index.js';
import type { LedgerPorts } from '../../../src/allocator/store/ledger.js';
import { loadProfile } from '../../../src/platform/index.js';
import type { Clock } from '../../../src/shared/clock.js';
import type { ProcessId } from '../../../src/shared/host.js';
import { makeSlices, processOf, storedOf, visitor } from '../../support/allocator/world.js';

type Act =
  | {
      readonly do: 'schedule';
      readonly user: string;
      readonly task: string;
      readonly seconds: number;
    }
  | { readonly do: 'allow' | 'release' | 'leave' | 'die' | 'repeat'; readonly pick: number }
  | { readonly do: 'pass' | 'jump'; readonly seconds: number }
  | { readonly do: 'commit'; readonly count: number }
  /** `after` further answers the process is gone. */
  | { readonly do: 'crash'; readonly after: number; readonly dying: number };

const pick = fc.nat(1000);
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('schedule' as const),
      user: fc.constantFrom('free:1', 'free:2', 'pro:1'),
      task: fc.constantFrom('1', '2', '3'),
      seconds: fc.constantFrom(2, 5, 60),
    }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('allow' as const), pick }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'die', 'repeat'), pick }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      seconds: fc.constantFrom(0.01, 1, 4, 20),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      seconds: fc.constantFrom(-3600, 3600, 90_000),
    }),
  },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('commit' as const), count: fc.nat(6) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      after: fc.nat(4),
      dying: fc.nat(3),
    }),
  },
);

/** The answers that one client got, and when it did what. */
interface ClientCall {
  readonly requestId: string;
  token: string | null;
  idle: boolean;
  pid: number | null;
  allowSent: string | null;
  allowTold: boolean;
  releaseSent: string | null;
  releaseTold: number | null;
}

const rules: AllocatorRules = {
  profile: loadProfile('h200'),
  longestCallSeconds: null,
  concurrencyPerSpace: null,
};
const SPACE = 'a';
const ROOT = processOf(50);

class Day {
  readonly records: CallRecord[] = [];
  readonly complaints: string[] = [];
  private wallMs = Date.UTC(2026, 0, 1);
  private monotonicMs = 0;
  private timers: { atMs: number; act: () => void }[] = [];
  private readonly alive = new Set<number>([ROOT.pid]);
  private killed = new Set<number>();
  private watching: ((process: ProcessId) => void) | null = null;
  private readonly calls: ClientCall[] = [];
  private ids = 0;
  private pids = 100;
  /** What is on the disk: a state, and the events after it. */
  private disk: { base: string; events: string[] };
  private pending: AllocatorEvent[] = [];
  private seq = 0;
  private ledgerPorts: LedgerPorts | null = null;
  private answersToCrash: number | null = null;
  /** Which life of the process this is: answers of an earlier one reach no client. */
  private life = 0;
  private hasCrashed = false;
  private driver: AllocatorDriver;

  /** A day whose Space is registered, and has heard so. */
  static async begin(): Promise<Day> {
    const day = new Day();
    await heard();
    return day;
  }

  private constructor() {
    const fresh = createState(rules, makeSlices(2, 1));
    this.disk = { base: JSON.stringify(storedOf(fresh)), events: [] };
    this.driver = this.start(fresh);
    this.send({
      type: 'register-space',
      at: this.clock.now(),
      requestId: 'register',
      space: SPACE,
      name: SPACE,
      owner: { name: 'ada', kind: 'pro' },
      root: ROOT,
    });
    this.commit(10);
  }

  async play(act: Act): Promise<void> {
    this.act(act);
    await heard();
    if (this.hasCrashed) this.restart(0);
    await heard();
    for (const broken of checkInvariants(this.driver.state)) this.complaints.push(broken);
  }

  /** Everybody goes home: time passes until nothing runs. */
  async finish(): Promise<void> {
    this.answersToCrash = null;
    for (let round = 0; round < 60; round += 1) {
      this.pass(5);
      this.commit(1000);
      await heard();
    }
    const { leases, queue } = this.driver.state;
    if (leases.size + queue.length > 0) this.complaints.push('something never ended');
    this.checkPromises();
    for (const account of this.driver.state.accounts.values()) {
      if (account.reservedMs !== 0) this.complaints.push(`${account.key} still holds seconds`);
    }
  }

  private act(act: Act): unknown {
    switch (act.do) {
      case 'schedule': {
        this.ids += 1;
        const requestId = `r${this.ids}`;
        this.calls.push({
          requestId,
          token: null,
          idle: false,
          pid: null,
          allowSent: null,
          allowTold: false,
          releaseSent: null,
          releaseTold: null,
        });
        return this.send({
          type: 'schedule',
          at: this.clock.now(),
          requestId,
          allowToken: `token-${this.ids}`,
          space: SPACE,
          taskId: act.task,
          visitor: visitor(act.user),
          durationSeconds: act.seconds,
          size: 'large',
          tokenExpired: false,
        });
      }
      case 'allow':
        return this.allow(
          this.pickCall(act.pick, (call) => call.token !== null && !call.idle && call.pid === null),
        );
      case 'release':
        return this.release(
          this.pickCall(act.pick, (call) => call.token !== null && (call.allowTold || call.idle)),
        );
      case 'repeat': {
        // A client that lost the answer asks again; also for what is long over.
        const call = this.pickCall(act.pick, ({ token }) => token !== null);
        if (call?.pid) this.allow(call);
        return this.release(call);
      }
      case 'leave': {
        const call = this.pickCall(act.pick, ({ token }) => token === null);
        if (call) this.send({ type: 'abandon', at: this.clock.now(), requestId: call.requestId });
        return;
      }
      case 'die':
        return this.die(
          [...this.alive].filter((pid) => pid !== ROOT.pid)[
            act.pick % Math.max(1, this.alive.size - 1)
          ],
        );
      case 'pass':
        return this.pass(act.seconds);
      case 'jump':
        this.wallMs += act.seconds * 1000;
        return;
      case 'commit':
        return this.commit(act.count);
      case 'crash':
        this.answersToCrash = act.after;
        if (act.after === 0) this.restart(act.dying);
    }
  }

  private allow(call: ClientCall | undefined): void {
    if (!call?.token) return;
    if (call.pid === null) {
      this.pids += 1;
      call.pid = this.pids;
      this.alive.add(call.pid);
    }
    this.ids += 1;
    call.allowSent = `allow${this.ids}`;
    this.send({
      type: 'allow',
      at: this.clock.now(),
      requestId: call.allowSent,
      allowToken: call.token,
      process: processOf(call.pid),
    });
  }

  private release(call: ClientCall | undefined): void {
    if (!call?.token) return;
    this.ids += 1;
    call.releaseSent = `release${this.ids}`;
    this.send({
      type: 'release',
      at: this.clock.now(),
      requestId: call.releaseSent,
      allowToken: call.token,
      fail: false,
      gpuUsed: true,
      peakVramBytes: null,
    });
  }

  private hear(answer: Answer | StreamEnd, life: number): void {
    if (life !== this.life || this.hasCrashed || answer.type === 'done') return;
    if (this.answersToCrash !== null) {
      this.answersToCrash -= 1;
      this.hasCrashed = this.answersToCrash < 0;
      if (this.hasCrashed) return;
    }
    if (answer.type === 'queue') void answer.end.then((end) => this.hear(end, life));
    for (const call of this.calls) {
      if ('grant' in answer && answer.requestId === call.requestId) {
        if (call.token !== null) this.complaints.push(`${call.requestId} was granted twice`);
        call.token = answer.grant.allowToken;
        call.idle = answer.grant.idle;
      }
      if (answer.type !== 'status') continue;
      if (answer.requestId === call.allowSent && answer.status === 200) call.allowTold = true;
      if (answer.requestId === call.releaseSent && answer.status !== 404) {
        call.releaseTold ??= this.monotonicMs;
      }
    }
  }

  /** Gone between two effects, and up again on what the disk has. */
  private restart(dying: number): void {
    this.answersToCrash = null;
    this.hasCrashed = false;
    this.life += 1;
    this.timers = [];
    this.pending = [];
    // Whom the kill reached is dead; of the others some die unobserved.
    for (const pid of this.killed) this.alive.delete(pid);
    const workers = [...this.alive].filter((pid) => pid !== ROOT.pid);
    for (const pid of workers.slice(0, dying)) this.alive.delete(pid);
    this.killed = new Set();
    const state = decodeState(JSON.parse(this.disk.base));
    for (const event of this.disk.events) step(state, JSON.parse(event));
    this.driver = this.start(state);
    this.send({
      type: 'restarted',
      at: this.clock.now(),
      rules,
      slices: state.slices,
      sameBoot: true,
      alive: [...this.alive].map(processOf),
    });
    this.commit(1000);
    this.checkPromises();
  }

  /** An answer that a client got still holds. */
  private checkPromises(): void {
    const { leases, released } = this.driver.state;
    for (const call of this.calls) {
      if (call.token === null) continue;
      const isOpen = leases.has(call.token);
      if (call.releaseTold !== null && isOpen) {
        this.complaints.push(`${call.requestId} was released, and holds its slice again`);
      }
      const isKnown = isOpen || released.recent.has(call.token) || released.older.has(call.token);
      if (call.releaseTold !== null && !isKnown) {
        this.complaints.push(`${call.requestId}: its release is forgotten`);
      }
    }
  }

  private start(state: AllocatorState): AllocatorDriver {
    return createDriver(state, {
      clock: this.clock,
      backend: {
        name: 'mock',
        description: '',
        slices: state.slices,
        environment: () => ({}),
        pythonPath: () => [],
        beginCall() {},
        readMemory: () => null,
        forget() {},
        close: async () => {},
      },
      onRecord: (record) => void this.records.push(record),
      onLedgerStatus() {},
      onFatal() {},
      createWatch: (onDeath) => this.watch(onDeath),
      createLedger: (ports) => this.ledger(ports),
    });
  }

  private watch(onDeath: (process: ProcessId) => void): ProcessWatch {
    this.watching = onDeath;
    // The next look tells of whoever is dead by then, also of one who was before it was watched.
    const look = (act: () => void) => this.timers.push({ atMs: this.monotonicMs + 5, act });
    return {
      watch: (process) => {
        if (!this.alive.has(process.pid)) look(() => onDeath(process));
      },
      kill: (process) => {
        this.killed.add(process.pid);
        look(() => {
          this.alive.delete(process.pid);
          onDeath(process);
        });
      },
      size: 0,
      close() {},
    };
  }

  private ledger(ports: LedgerPorts): Ledger {
    this.ledgerPorts = ports;
    const day = this;
    return {
      path: 'made up',
      status: 'ok',
      problem: null,
      append(event) {
        day.pending.push(event);
        day.seq += 1;
        return day.seq;
      },
      flush: async () => {},
      close: async () => {},
    };
  }

  private commit(count: number): void {
    const written = this.pending.splice(0, count);
    for (const event of written) this.disk.events.push(JSON.stringify(event));
    if (written.length > 0) this.ledgerPorts?.onDurable(this.seq - this.pending.length);
  }

  private die(pid: number | undefined): void {
    if (pid === undefined || !this.alive.delete(pid)) return;
    this.watching?.(processOf(pid));
  }

  private send(event: AllocatorEvent): void {
    const { life } = this;
    void this.driver.submit(event).then((answer) => this.hear(answer, life));
  }

  private pass(seconds: number): void {
    const endMs = this.monotonicMs + seconds * 1000;
    for (;;) {
      const [next] = [...this.timers].sort((a, b) => a.atMs - b.atMs);
      if (!next || next.atMs > endMs) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.moveTo(Math.max(this.monotonicMs, next.atMs));
      next.act();
    }
    this.moveTo(endMs);
  }

  private moveTo(monotonicMs: number): void {
    this.wallMs += monotonicMs - this.monotonicMs;
    this.monotonicMs = monotonicMs;
  }

  private pickCall(at: number, fits: (call: ClientCall) => boolean): ClientCall | undefined {
    const fitting = this.calls.filter(fits);
    return fitting[at % Math.max(1, fitting.length)];
  }

  private get clock(): Clock {
    return {
      now: () => ({ wallMs: this.wallMs, monotonicMs: this.monotonicMs }),
      after: (delayMs, callback) => {
        const timer = { atMs: this.monotonicMs + Math.max(0, delayMs), act: callback };
        this.timers.push(timer);
        return {
          cancel: () => {
            this.timers = this.timers.filter((other) => other !== timer);
          },
        };
      },
    };
  }
}

/** Every answer that was on its way has arrived. */
function heard(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * Was two days: the answer to the Space's registration came before or after the first act, so that the
 * fourth answer was another one.
 */
const CRASHES_AT_THE_FOURTH_ANSWER: Act[] = [
  { do: 'crash', after: 3, dying: 0 },
  { do: 'schedule', user: 'free:1', task: '1', seconds: 2 },
  { do: 'schedule', user: 'free:1', task: '1', seconds: 2 },
  { do: 'schedule', user: 'free:1', task: '1', seconds: 2 },
  { do: 'commit', count: 3 },
  { do: 'schedule', user: 'free:1', task: '1', seconds: 2 },
  { do: 'pass', seconds: 0.01 },
  { do: 'jump', seconds: -3600 },
  { do: 'commit', count: 0 },
];

const SEEDS = Number(process.env['ZEROGPU_SIMULATION_RUNS'] ?? 300);

describe('faults of the whole server', () => {
  it(`keeps what it promised, in ${SEEDS} of them`, async () => {
    const day = fc.array(anyAct, { minLength: 5, maxLength: 150, size: 'max' });
    await fc.assert(
      fc.asyncProperty(day, async (acts) => {
        const day = await Day.begin();
        for (const act of acts) await day.play(act);
        await day.finish();
        expect(day.complaints).toEqual([]);
      }),
      { numRuns: SEEDS },
    );
  });

  it('is the same day again from the same acts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyAct, { minLength: 5, maxLength: 80 }), async (acts) => {
        const [one, other] = [await Day.begin(), await Day.begin()];
        for (const act of acts) {
          await one.play(act);
          await other.play(act);
        }
        expect(other.records).toEqual(one.records);
      }),
      { numRuns: 30, examples: [[CRASHES_AT_THE_FOURTH_ANSWER]] },
    );
  });
});
