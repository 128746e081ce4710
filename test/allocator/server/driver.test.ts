/** What an event comes to, and when: the one answer path, on a disk that the test holds. */
import { describe, expect, it } from 'vitest';
import { createState } from '../../../src/allocator/core/index.js';
import type { AllocatorEvent, CallRecord, Effect } from '../../../src/allocator/core/types.js';
import type { Answer } from '../../../src/allocator/server/answers.js';
import { createDriver } from '../../../src/allocator/server/driver.js';
import { departureOf } from '../../../src/allocator/server/outbox.js';
import type { LedgerPorts } from '../../../src/allocator/store/ledger.js';
import { loadProfile } from '../../../src/platform/index.js';
import { makeSlices, processOf, visitor } from '../../support/allocator/world.js';

const rules = {
  profile: loadProfile('h200'),
  longestCallSeconds: null,
  concurrencyPerSpace: null,
};

/** A driver whose ledger is durable, or fails, when the test says so. */
function createBench() {
  let nowMs = 1_000;
  let seq = 0;
  let ports: LedgerPorts | null = null;
  let timers: { atMs: number; act: () => void }[] = [];
  const killed: number[] = [];
  const records: CallRecord[] = [];
  let reportDeath: (pid: number) => void = () => {};
  const clock = {
    now: () => ({ wallMs: nowMs, monotonicMs: nowMs }),
    after(delayMs: number, act: () => void) {
      const timer = { atMs: nowMs + delayMs, act };
      timers.push(timer);
      const cancel = () => {
        timers = timers.filter((other) => other !== timer);
      };
      return { cancel };
    },
  };
  const state = createState(rules, makeSlices(1, 1));
  const driver = createDriver(state, {
    clock,
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
    onRecord: (record) => void records.push(record),
    onLedgerStatus() {},
    onFatal() {},
    createWatch(onDeath) {
      reportDeath = (pid) => onDeath(processOf(pid));
      return { watch() {}, kill: ({ pid }) => void killed.push(pid), size: 0, close() {} };
    },
    createLedger(given) {
      ports = given;
      return {
        path: 'made up',
        status: 'ok',
        problem: null,
        append: () => {
          seq += 1;
          return seq;
        },
        flush: async () => {},
        close: async () => {},
      };
    },
  });
  return {
    driver,
    records,
    killed,
    die: (pid: number) => reportDeath(pid),
    save: (upTo = seq) => ports?.onDurable(upTo),
    fail(status: 'failing' | 'ok') {
      ports?.onStatus(status, status === 'ok' ? null : 'full');
    },
    pass(ms: number) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.act();
      }
      nowMs = endMs;
    },
    schedule(id: string, user = 'free') {
      return driver.submit({
        type: 'schedule',
        at: clock.now(),
        requestId: id,
        allowToken: `token-${id}`,
        space: 'a',
        taskId: '1',
        visitor: visitor(user),
        durationSeconds: 10,
        size: 'large',
        tokenExpired: false,
      });
    },
    command: (event: { type: 'advance'; seconds: number } | { type: 'tick' | 'stop' }) =>
      driver.submit({ ...event, at: clock.now() } as AllocatorEvent),
    /** Allows and releases the call, so that its worker is warm. */
    warm(id: string, pid: number) {
      const token = { allowToken: `token-${id}`, at: clock.now() };
      void driver.submit({
        type: 'allow',
        requestId: `a-${id}`,
        process: processOf(pid),
        ...token,
      });
      const how = { fail: false, gpuUsed: true, peakVramBytes: null };
      void driver.submit({ type: 'release', requestId: `r-${id}`, ...how, ...token });
    },
  };
}

async function nowOrNotYet(answer: Promise<Answer>): Promise<Answer | 'not yet'> {
  const later = new Promise<'not yet'>((resolve) => setImmediate(() => resolve('not yet')));
  return Promise.race([answer, later]);
}

describe('an answer', () => {
  it('leaves when its own event is durable, whatever comes after it', async () => {
    const bench = createBench();
    const grant = bench.schedule('one');
    const advanced = bench.command({ type: 'advance', seconds: 60 });
    const own = 2;
    // A steady load: the ledger never has everything.
    for (let event = 0; event < 1_000; event += 1) void bench.command({ type: 'tick' });
    expect(await nowOrNotYet(grant)).toBe('not yet');
    bench.save(1);
    expect(await nowOrNotYet(grant)).toMatchObject({ type: 'grant' });
    expect(await nowOrNotYet(advanced)).toBe('not yet');
    bench.save(own);
    expect(await nowOrNotYet(advanced)).toEqual({ type: 'done' });
  });

  it('of a waiting request comes in two parts', async () => {
    const bench = createBench();
    void bench.schedule('one');
    const waits = bench.schedule('two', 'free:2');
    bench.save();
    const queued = await waits;
    expect(queued).toMatchObject({ type: 'queue', reason: 'node' });
    bench.warm('one', 101);
    bench.save();
    const end = queued.type === 'queue' ? await queued.end : null;
    expect(end).toMatchObject({ type: 'stream-grant', grant: { idle: true } });
  });

  it('is not wanted any more when its client has left', async () => {
    const bench = createBench();
    const grant = bench.schedule('one');
    const at = { wallMs: 1_000, monotonicMs: 1_000 };
    void bench.driver.submit({ type: 'abandon', at, requestId: 'one' });
    expect(await nowOrNotYet(grant)).toEqual({ type: 'gone' });
    expect(bench.driver.state.leases.size).toBe(0);
  });
});

describe('a disk that takes nothing', () => {
  it('refuses a warm grant free of charge, and the worker stays warm', async () => {
    const bench = createBench();
    void bench.schedule('one');
    bench.warm('one', 101);
    bench.save();
    const grant = bench.schedule('two');
    bench.fail('failing');
    bench.pass(1_100);
    expect(await nowOrNotYet(grant)).toEqual({ type: 'unavailable' });
    const { leases, warmWorkers, accounts } = bench.driver.state;
    expect([leases.size, warmWorkers.length, bench.killed]).toEqual([0, 1, []]);
    expect(accounts.get('free:')).toMatchObject({ reservedMs: 0, runs: 1, usedMs: 0 });
    bench.pass(60_000);
    expect(bench.killed).toEqual([]);
  });

  it('ends a waiting stream whose turn comes, free of charge', async () => {
    const bench = createBench();
    void bench.schedule('one');
    const waits = bench.schedule('two', 'free:2');
    bench.save();
    const queued = await waits;
    bench.fail('failing');
    bench.pass(1_100);
    bench.warm('one', 101);
    expect(queued.type === 'queue' && (await queued.end)).toMatchObject({ type: 'stream-fail' });
    expect(bench.driver.state.leases.size).toBe(0);
    expect(bench.driver.state.accounts.get('free:2')).toMatchObject({ reservedMs: 0, runs: 0 });
  });

  it('promises no command', async () => {
    const bench = createBench();
    const before = bench.command({ type: 'advance', seconds: 1 });
    bench.fail('failing');
    bench.pass(1_100);
    expect(await nowOrNotYet(before)).toEqual({ type: 'unavailable' });
    const after = bench.command({ type: 'advance', seconds: 1 });
    expect(await nowOrNotYet(after)).toEqual({ type: 'unavailable' });
  });
});

describe('a stop', () => {
  it('refuses what waits, ends and charges what runs, and writes both down', async () => {
    const bench = createBench();
    void bench.schedule('one');
    const at = { wallMs: 1_000, monotonicMs: 1_000 };
    const allow = { requestId: 'allow', allowToken: 'token-one', process: processOf(101) };
    void bench.driver.submit({ type: 'allow', at, ...allow });
    const waits = bench.schedule('two', 'free:2');
    bench.save();
    const queued = await waits;
    bench.pass(2_000);
    void bench.command({ type: 'stop' });
    const ended = bench.driver.untilEnded(() => true);
    const late = bench.schedule('three');
    bench.die(101);
    await ended;
    bench.save();
    expect(queued.type === 'queue' && (await queued.end).type).toBe('stream-fail');
    expect(await late).toMatchObject({ type: 'refuse', refusal: { kind: 'stopping' } });
    expect(bench.killed).toEqual([101]);
    expect(bench.records.slice(-4)).toMatchObject([
      { event: 'abandoned', why: 'stopped' },
      { event: 'killing', reason: 'stopped' },
      { event: 'refused' },
      { event: 'ended', end: 'stopped', chargedSeconds: 2 },
    ]);
  });

  it('waits no longer than three seconds for a worker that does not die', async () => {
    const bench = createBench();
    void bench.schedule('one');
    const ended = bench.driver.untilEnded(() => true);
    bench.pass(3_000);
    await ended;
  });
});

describe('the persistence contract', () => {
  const status = (code: 200 | 404): Effect => ({ type: 'status', requestId: 'r', status: code });
  it('lets an /allow wait for the disk, and a /release only while it works', () => {
    expect(departureOf('allow', status(200))).toBe('when-saved');
    expect(departureOf('allow', status(404))).toBe('harmless');
    expect(departureOf('release', status(200))).toBe('harmless');
    expect(departureOf('tick', { type: 'kill', process: processOf(9), why: 'deadline' })).toBe(
      'at-once',
    );
  });
});
